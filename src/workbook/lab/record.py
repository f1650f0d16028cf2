"""``record``: put a measured claim into the notebook and into the ledger; ``cite``: show a documented one.

The notebook gets a card to read and the same result for machines, under
:data:`MIME`, which survives papermill. Committed notebooks hold no time of
day, so a result is dated by its day only.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbook.core.environment import hardware, versions
from workbook.core.errors import WorkbookError
from workbook.core.settings import PROFILES, Profile
from workbook.core.settings import profile as find_profile
from workbook.core.stats import Interval
from workbook.lab.card import card, describe_rule, draw_interval, foot_line
from workbook.lab.claims import Claim, find_claim
from workbook.lab.ledger import append_row, finite, kept, row_interval
from workbook.lab.units import show_interval, show_number
from workbook.lab.verdicts import Rule, failure_bound, tries_needed, verdict

if TYPE_CHECKING:
    from workbook.models.base import LanguageModel

MIME = "application/vnd.workbook.result+json"


@dataclass(frozen=True)
class Result:
    """What a notebook displays: ``row`` for machines, ``text`` and ``html`` for people."""

    row: dict[str, Any]
    text: str
    html: str

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {MIME: self.row, "text/html": self.html, "text/plain": self.text}


_recorded: dict[str, tuple[Claim, Interval, str]] = {}


def record(
    claim: str,
    interval: Interval,
    *,
    model: LanguageModel | str,
    profile: Profile | str,
    seed: int = 0,
    ladder: Sequence[Interval] | None = None,
    note: str = "",
) -> None:
    """Judge the claim by its rule, display the result, and add it to the ledger.

    ``ladder`` is the same measure for the checkpoints of the ladder, earliest
    first. ``model`` is a name where no language model took part. Gives nothing
    back, or a cell that ends with it would show it twice; :func:`recorded` has
    the verdict. Raises :class:`WorkbookError` for an unknown claim, and for one
    that is documented.
    """
    found = find_claim(claim)
    if found.rule is None:
        raise WorkbookError(f"{claim!r} is documented, not measured", f"Show it with cite({claim!r}).")
    reached = verdict(found.rule, interval, ladder or ())
    row = {
        **_names(found),
        **interval.to_dict(),
        "verdict": reached,
        **_circumstances(model, profile, seed),
        "ladder": [rung.to_dict() for rung in ladder or ()],
        "note": note,
    }
    append_row(row)
    _recorded[claim] = (found, interval, reached)
    lines = [*_summary(found, interval, ladder or ()), note, _larger(found, row)]
    _display(_measured(found, row, lines, draw_interval(interval, found.rule, found.unit)))


def cite(claim: str) -> None:
    """Display a documented claim: its verdict, the reasoning, the published figures.

    Raises :class:`WorkbookError` for an unknown claim, and for one that is measured.
    """
    found = find_claim(claim)
    known = found.documented
    if known is None:
        raise WorkbookError(f"{claim!r} is measured, not documented", f"Run {found.notebook}, which records it.")
    row = {**_names(found), "kind": "documented"}
    row |= {key: getattr(known, key) for key in ("estimate", "low", "high", "n", "verdict", "model")}
    figure = f"{show_number(known.estimate, found.unit)} ({known.model})" if known.estimate is not None else ""
    html = card(found.claim, known.verdict, [figure, known.reasoning], "", found.known, f"documented; {known.model}")
    _display(Result(row, f"{found.claim}\n  {known.verdict}: {known.reasoning}", html))


def recorded() -> dict[str, tuple[Claim, Interval, str]]:
    """What this process has recorded, by claim: the claim, its interval, the verdict."""
    return dict(_recorded)


def _measured(claim: Claim, row: dict[str, Any], lines: Sequence[str], drawing: str) -> Result:
    html = card(claim.claim, row["verdict"], lines, drawing, claim.known, foot_line(row))
    return Result(finite(row), _text(claim, row["verdict"], lines), html)


def _names(claim: Claim) -> dict[str, Any]:
    return {"id": claim.id, "claim": claim.claim, "notebook": claim.notebook, "metric": claim.metric}


def _circumstances(model: LanguageModel | str, profile: Profile | str, seed: int) -> dict[str, Any]:
    size = profile if isinstance(profile, Profile) else find_profile(profile)
    return {
        "model": model if isinstance(model, str) else model.name,
        "sha256": None if isinstance(model, str) else model.fingerprint,
        "hardware": hardware(),
        "profile": size.name,
        "seed": seed,
        "versions": versions(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def _summary(claim: Claim, interval: Interval, ladder: Sequence[Interval]) -> list[str]:
    assert claim.rule is not None
    rungs = "; ".join(f"{show_interval(rung, claim.unit)} {verdict(claim.rule, rung)}" for rung in ladder)
    return [
        f"{claim.said or claim.metric}: {show_interval(interval, claim.unit)}, n = {interval.n}",
        f"The claim asks for: {describe_rule(claim.rule, claim.unit)}.",
        _no_failure(claim.rule, interval),
        f"Along the ladder, earliest first: {rungs}." if ladder else "",
    ]


def _no_failure(rule: Rule, interval: Interval) -> str:
    """What tries without a counterexample leave open, and whether so few could have shown more."""
    bound, needed = failure_bound(rule, interval), tries_needed(rule)
    if bound is None or needed is None:
        return ""
    few = f" So few can refute the claim and not confirm it: that takes {needed}." if interval.n < needed else ""
    rate = show_number(bound)
    return f"No failure in {interval.n} independent tries: a failure rate of up to {rate} remains possible.{few}"


def _larger(claim: Claim, row: dict[str, Any]) -> str:
    """What a larger run gave that is shipped: a small one is for trying, and shows little."""
    other, sizes = kept(claim.id), list(PROFILES)
    if other is None or sizes.index(other["profile"]) <= sizes.index(row["profile"]):
        return ""
    found = f"{show_interval(row_interval(other), claim.unit)}, n = {other['n']}: {other['verdict']}"
    return f"Shipped, from profile {other['profile']} ({other['model']}; {other['hardware']}): {found}."


def _text(claim: Claim, reached: str, lines: Sequence[str]) -> str:
    return "\n".join([claim.claim, f"  {reached}", *(f"  {line}" for line in lines if line)])


def _display(result: Result) -> None:
    from IPython.display import display

    display(result)
