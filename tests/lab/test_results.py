"""The shipped reference results: complete, of the shipped checkpoint, and with the verdicts of today's rules."""

import json
import re

import pytest

from workbook.core.settings import PROFILES, data_dir
from workbook.lab import ledger
from workbook.lab.claims import load_claims
from workbook.lab.verdicts import verdict

FIELDS = "id metric estimate n verdict model sha256 hardware profile seed versions date".split()
ROWS = [row for path in sorted((data_dir() / "results").glob("*.jsonl")) for row in ledger.read_rows(path)]


def faults(row, shipped):
    """What is wrong with a reference row."""
    claim = load_claims().get(row.get("id"))
    if claim is None or claim.rule is None:
        return ["no measured claim of that id"]
    found = [f"no {field}" for field in FIELDS if field not in row]
    if found:
        return found
    if row["model"].startswith("pocket") and row["sha256"] not in shipped:
        found.append("another checkpoint than the one shipped: make results")
    if row["metric"] != claim.metric or row["profile"] not in PROFILES:
        found.append("another metric, or an unknown profile")
    ladder = [ledger.row_interval(rung) for rung in row.get("ladder") or ()]
    if verdict(claim.rule, ledger.row_interval(row), ladder) != row["verdict"]:
        found.append("another verdict than the rule gives")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", row["date"]):
        found.append("a date that is not a day")
    return found


def test_reference_results_are_fresh():
    if not ROWS:
        pytest.skip("no reference results under data/results yet: make results")
    shipped = ledger.shipped_fingerprints()
    assert {row["id"]: faults(row, shipped) for row in ROWS if faults(row, shipped)} == {}


GOOD = {
    "id": "q1.prompting_95", "metric": "schema_valid.prompt", "estimate": 0.5, "low": 0.4, "high": 0.6, "n": 90,
    "verdict": "fails", "model": "pocket", "sha256": "a", "hardware": "h", "profile": "full", "seed": 0,
    "versions": {}, "date": "2026-01-01",
}  # fmt: skip


def test_a_good_row_has_no_faults():
    assert faults(GOOD, {"a"}) == []


@pytest.mark.parametrize(
    "change",
    [
        {"id": "q1.unknown"},
        {"id": "q2.under_the_hood"},
        {"sha256": "b"},
        {"metric": "parses.prompt"},
        {"profile": "huge"},
        {"verdict": "holds"},
        {"date": "2026-01-01T10:00:00"},
        {"ladder": [{"estimate": 0.95, "low": 0.94, "high": 0.96, "n": 9}]},
    ],
)
def test_a_bad_row_is_seen(change):
    assert len(faults({**json.loads(json.dumps(GOOD)), **change}, {"a"})) == 1
