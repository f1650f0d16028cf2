"""The claims of the course, read from ``course/claims.yaml`` and checked.

A claim is *measured* (it has a metric and a rule, written before the first
run) or *documented* (it cannot be run here: it has sources, a published
figure where there is one, a verdict and the reasoning). Leaves out the
measurements themselves (``workbook.lab.ledger``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.settings import repo_root, unknown
from workbook.lab.verdicts import VERDICTS, Rule

STATUSES = ("seen", "published", "second hand")
"""How well a figure is known: recomputed by us from published data, the authors' own, or quoted from elsewhere."""


@dataclass(frozen=True)
class Source:
    """A figure that others published, whose it is, and how well we know it."""

    figure: str
    source: str
    status: str


@dataclass(frozen=True)
class Documented:
    """What stands in place of a measurement: the figure, whose it is, and why the verdict is what it is."""

    verdict: str
    model: str
    reasoning: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None


@dataclass(frozen=True)
class Claim:
    """One sentence of the folklore, and how it is put to the test; ``said`` is the metric in words, for cards."""

    id: str
    claim: str
    question: str
    notebook: str
    metric: str
    unit: str = "share"
    rule: Rule | None = None
    documented: Documented | None = None
    known: tuple[Source, ...] = field(default=())
    said: str = ""

    @property
    def kind(self) -> str:
        """``measured`` or ``documented``."""
        return "documented" if self.documented else "measured"


def load_claims(path: Path | None = None) -> dict[str, Claim]:
    """All claims by id, in the order of the file."""
    return _read(path or repo_root() / "course" / "claims.yaml")


def find_claim(id: str, path: Path | None = None) -> Claim:
    """The claim of that id; an unknown one names the nearest."""
    claims = load_claims(path)
    if id not in claims:
        raise unknown("claim", id, claims)
    return claims[id]


@lru_cache(maxsize=4)
def _read(path: Path) -> dict[str, Claim]:
    import yaml

    if not path.is_file():
        raise WorkbookError(f"no claims at {path}", "Run inside a clone, or set WORKBOOK_ROOT to it.")
    claims: dict[str, Claim] = {}
    for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["claims"]:
        claim = _claim(entry, path)
        if claim.id in claims:
            raise WorkbookError(f"{path}: the claim {claim.id!r} stands twice")
        claims[claim.id] = claim
    return claims


def _claim(entry: Mapping[str, Any], path: Path) -> Claim:
    where = f"{path}, claim {entry.get('id', '?')!r}"
    if ("rule" in entry) == ("documented" in entry):
        raise WorkbookError(f"{where}: a claim has either a rule or a documented verdict")
    try:
        data = dict(entry)
        rule = Rule.from_dict(data.pop("rule")) if "rule" in data else None
        documented = Documented(**data.pop("documented")) if "documented" in data else None
        known = tuple(Source(**source) for source in data.pop("known", ()))
        claim = Claim(**data, rule=rule, documented=documented, known=known)
    except (TypeError, WorkbookError) as error:
        raise WorkbookError(f"{where}: {error}") from error
    _check(claim, where)
    return claim


def _check(claim: Claim, where: str) -> None:
    if claim.documented and claim.documented.verdict not in VERDICTS:
        raise WorkbookError(f"{where}: {unknown('verdict', claim.documented.verdict, VERDICTS)}")
    if claim.documented and not claim.known:
        raise WorkbookError(f"{where}: a documented claim needs a source")
    for source in claim.known:
        if source.status not in STATUSES:
            raise WorkbookError(f"{where}: {unknown('status', source.status, STATUSES)}")
