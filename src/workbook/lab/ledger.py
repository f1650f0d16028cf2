"""The ledger: one row a measurement, and the table of all claims with their verdicts.

Live runs append to ``runs/ledger.jsonl`` (or ``WORKBOOK_LEDGER``); reference
measurements are shipped under ``data/results`` with the same fields. A row
carries the checkpoint's sha256, so that the table can tell what was measured
on the model that is shipped now.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.settings import PROFILES, data_dir, repo_root
from workbook.core.stats import Interval
from workbook.lab.claims import Claim, load_claims
from workbook.lab.verdicts import verdict
from workbook.models.adapters import SHIPPED_ADAPTERS, WEIGHTS, base_of, merged_fingerprint
from workbook.models.ladder import TWINS, rung_names, rung_path
from workbook.models.loading import SHIPPED, fingerprint

MEASURED = (
    "estimate", "low", "high", "n", "verdict", "model", "hardware", "profile", "sha256", "seed", "date",
    "grid", "worker",
)  # fmt: skip
"""What a row of the table takes from a measurement; null where there is none."""


def claims_table(all: bool = False, live: bool = True) -> list[dict[str, Any]]:
    """Every claim of the course with its measurement and verdict.

    One row a claim: the largest profile measured for a shipped checkpoint, the
    latest where there are several. With ``all`` every row of the ledger, other
    models' included; without ``live`` only what is shipped. A claim without a
    measurement has nulls.
    """
    rows, shipped = measurements(live), shipped_fingerprints()
    table = []
    for claim in load_claims().values():
        mine = [row for row in rows if row["id"] == claim.id]
        chosen = mine if all else _largest(mine, shipped)
        table += [_row(claim, row) for row in chosen] or [_row(claim, None)]
    return table


def measurements(live: bool = True) -> list[dict[str, Any]]:
    """All measurements, references first, each file in the order in which it was written; then ``live`` runs'."""
    references = sorted((data_dir() / "results").glob("*.jsonl"))
    return [row for path in (*references, *[ledger_path()] * live) for row in read_rows(path)]


def kept(claim: str) -> dict[str, Any] | None:
    """The shipped measurement of a claim, of the largest profile; None where there is none."""
    mine = [row for row in measurements(live=False) if row["id"] == claim]
    return next(iter(_largest(mine, shipped_fingerprints())), None)


def ledger_path() -> Path:
    """Where live runs write."""
    chosen = os.environ.get("WORKBOOK_LEDGER")
    return Path(chosen) if chosen else repo_root() / "runs" / "ledger.jsonl"


def append_row(row: Mapping[str, Any], path: Path | None = None) -> None:
    """Add one row, in one write under a lock: notebooks may run at the same time, and die at any point.

    Raises ``WorkbookError`` where the file cannot be written.
    """
    path = path or ledger_path()
    line = json.dumps(finite(row), ensure_ascii=False, allow_nan=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # A line torn by a full disk must not swallow this one.
            file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
            torn = file.read(1) not in (b"", b"\n")
            file.write(("\n" * torn + line).encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise WorkbookError(f"cannot write the ledger {path}: {error.strerror}", "Set WORKBOOK_LEDGER.") from error


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of one file, none when it is not there; a line that is no row is an error that names it."""
    if not path.is_file():
        return []
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            row["id"], row["estimate"]
        except (ValueError, TypeError, KeyError) as error:
            raise WorkbookError(f"{path}, line {number} is not a measurement", "Delete or mend that line.") from error
        rows.append(row)
    return rows


def row_interval(row: Mapping[str, Any]) -> Interval:
    """The interval of a row; null, which JSON has in place of infinity, is read back as such."""
    estimate, low, high = row["estimate"], row.get("low"), row.get("high")
    return Interval(
        math.inf if estimate is None else float(estimate),
        -math.inf if low is None else float(low),
        math.inf if high is None else float(high),
        int(row["n"]),
    )


def finite(value: Any) -> Any:
    """The value with null for infinities and NaN, which JSON does not have, and plain numbers for numpy's."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


def shipped_fingerprints() -> set[str]:
    """The sha256 of every shipped checkpoint that is here, the ladder, the twins and the adapters included."""
    models = data_dir() / "models"
    whole = [models / name / "model.safetensors" for name in SHIPPED]
    weights = [*whole, *(rung_path(name) for name in (*rung_names(), *TWINS))]
    found = {path: fingerprint([path]) for path in weights if path.is_file()}
    adapters = (models / name for name in SHIPPED_ADAPTERS if (models / name / WEIGHTS).is_file())
    merged = {merged_fingerprint(one, found.get(models / base_of(one) / "model.safetensors", "")) for one in adapters}
    return merged | set(found.values())


def _largest(rows: Iterable[dict[str, Any]], shipped: Collection[str]) -> list[dict[str, Any]]:
    """The row to show: of a shipped checkpoint or of none, of no sweep, of the largest profile, the latest."""
    fit = [row for row in rows if not row.get("grid") and (row.get("sha256") is None or row["sha256"] in shipped)]
    ranks = list(PROFILES)
    best = max(enumerate(fit), key=lambda pair: (ranks.index(pair[1]["profile"]), pair[0]), default=None)
    return [best[1]] if best else []


def _row(claim: Claim, measured: Mapping[str, Any] | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": claim.id,
        "claim": claim.claim,
        "notebook": claim.notebook,
        "metric": claim.metric,
        **dict.fromkeys(MEASURED),
        "question": claim.question,
        "kind": claim.kind,
        "unit": claim.unit,
    }
    if claim.documented:
        row |= {key: getattr(claim.documented, key) for key in ("estimate", "low", "high", "n", "verdict", "model")}
    if measured and claim.rule:
        row |= {key: measured.get(key) for key in MEASURED}
        # Judged anew, so that a table never shows a verdict that today's rule would not give.
        ladder = [row_interval(rung) for rung in measured.get("ladder") or ()]
        row["verdict"] = verdict(claim.rule, row_interval(measured), ladder)
    return row
