"""The shipped claims are complete and consistent; a bad file is told apart from a good one."""

import re
from pathlib import Path

import pytest
import yaml

from workbook.core.errors import WorkbookError
from workbook.core.settings import repo_root
from workbook.lab.claims import find_claim, load_claims

CLAIMS = load_claims()
TOPICS = yaml.safe_load((repo_root() / "course" / "topics.yaml").read_text(encoding="utf-8"))


def test_about_24_claims_and_every_question_of_the_source():
    assert len(CLAIMS) >= 24
    assert {claim.question for claim in CLAIMS.values()} == {
        "Q1", "Q2", "Q3", "Q4", "Q5", "C1", "C2", "C3", "C4", "C5", "SD", "CL"
    }  # fmt: skip


@pytest.mark.parametrize("id", CLAIMS)
def test_a_claim_is_complete(id):
    claim = CLAIMS[id]
    assert re.fullmatch(r"[a-z]+\d?\.[a-z0-9_]+", id)
    assert id.split(".")[0].upper() == claim.question
    assert claim.claim.endswith(".")
    assert claim.notebook in {topic["notebook"] for topic in TOPICS}
    assert (claim.rule is None) == (claim.kind == "documented")


def test_metrics_tell_measured_claims_of_a_notebook_apart():
    measured = [(c.notebook, c.metric) for c in CLAIMS.values() if c.rule and not c.metric.endswith(".difference")]
    assert len(set(measured)) == len(measured)


def test_documented_figures_say_whose_they_are():
    for claim in CLAIMS.values():
        if claim.documented:
            assert claim.documented.model
            assert claim.documented.reasoning
            assert any(source.status != "second hand" for source in claim.known)


def test_an_unknown_claim_names_the_nearest():
    with pytest.raises(WorkbookError, match=r"Did you mean 'q1.grammar_100'"):
        find_claim("q1.grammer_100")


GOOD = {"id": "x.a", "claim": "A.", "question": "X", "notebook": "n", "metric": "m"}
RULE = {"is": "above", "value": 0}
KNOWN = [{"figure": "1", "source": "s", "status": "published"}]
VERDICT = {"verdict": "holds", "model": "m", "reasoning": "r"}


def write(tmp_path, *entries) -> Path:
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": list(entries)}))
    return path


def test_both_kinds_are_read(tmp_path):
    other = {**GOOD, "id": "x.b", "documented": VERDICT, "known": KNOWN}
    claims = load_claims(write(tmp_path, {**GOOD, "rule": RULE}, other))
    assert [claim.kind for claim in claims.values()] == ["measured", "documented"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "either a rule or a documented"),
        ({"rule": RULE, "documented": VERDICT}, "either a rule or a documented"),
        ({"rule": {"is": "over"}}, "unknown rule 'over'"),
        ({"rule": RULE, "colour": "red"}, "colour"),
        ({"documented": VERDICT}, "needs a source"),
        ({"documented": {**VERDICT, "verdict": "true"}, "known": KNOWN}, "unknown verdict"),
        ({"rule": RULE, "known": [{**KNOWN[0], "status": "heard"}]}, "unknown status"),
    ],
)
def test_a_bad_claim_is_named(tmp_path, change, reason):
    with pytest.raises(WorkbookError, match=reason) as caught:
        load_claims(write(tmp_path, {**GOOD, **change}))
    assert "x.a" in str(caught.value)


def test_an_id_stands_once(tmp_path):
    entry = {**GOOD, "rule": RULE}
    with pytest.raises(WorkbookError, match="stands twice"):
        load_claims(write(tmp_path, entry, entry))
