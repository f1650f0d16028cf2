"""The same arms on every checkpoint of the ladder, and what the ladder shows, in words.

An ability of a model can explain a difference between arms; so arms are run on earlier checkpoints of one training
run too. Leaves out the checkpoints themselves (``workbook.models.ladder``) and the picture (``workbook.lab.plots``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbook.core.stats import Interval
from workbook.lab.scoring import score
from workbook.lab.summary import difference, interval
from workbook.lab.trials import Arm, Sampling, run_trials
from workbook.lab.units import show_interval
from workbook.models.ladder import rung_names, trained_tokens
from workbook.suites.tasks import Task

if TYPE_CHECKING:
    import pandas as pd

    from workbook.models.base import LanguageModel


@dataclass(frozen=True)
class Ladder:
    """Scored trials by rung, earliest first; ``own`` is the rung of the notebook's model, where it stands on it."""

    rows: Mapping[str, pd.DataFrame]
    own: str | None

    @property
    def millions(self) -> dict[str, float]:
        """Where each rung stands: millions of tokens of training."""
        return {rung.removeprefix("pocket@"): (trained_tokens(rung) or 0) / 1e6 for rung in self.rows}

    def intervals(self, metric: str, arm: str) -> list[Interval]:
        """One measure of one arm, rung by rung."""
        return [interval(rows, metric, arm=arm) for rows in self.rows.values()]

    def gaps(self, metric: str, arm: str, baseline: str) -> list[Interval]:
        """``arm`` minus ``baseline``, paired by task, rung by rung."""
        return [difference(rows, metric, arm, baseline) for rows in self.rows.values()]

    def comparable(self, metric: str, arm: str) -> list[Interval]:
        """The intervals that belong beside the model's own on a card: none for a model that is not on the ladder."""
        return self.intervals(metric, arm) if self.own else []


def climb(
    make_arms: Callable[[LanguageModel], Sequence[Arm]],
    tasks: Sequence[Task],
    sampling: Sampling,
    model: LanguageModel,
    greedy: pd.DataFrame,
) -> Ladder:
    """Run the arms on each rung; ``greedy`` holds the trials of ``model`` itself, which are not run again."""
    from workbook.models import load_model

    measured = {}
    for rung in (f"pocket@{name}" for name in rung_names()):
        network = model if rung == model.name else load_model(rung)
        measured[rung] = score(run_trials(make_arms(network), tasks, [sampling], progress=True), tasks)
    on_ladder = trained_tokens(model.name) is not None
    if on_ladder:
        measured[model.name] = greedy
    ordered = sorted(measured, key=lambda rung: trained_tokens(rung) or 0)
    return Ladder({rung: measured[rung] for rung in ordered}, model.name if on_ladder else None)


def in_words(rungs: Sequence[str], gaps: Sequence[Interval]) -> str:
    """Where a difference is largest and smallest, and at how many rungs its interval excludes zero."""
    if not gaps:
        return "There is no ladder here."
    clear = sum(gap.low > 0 or gap.high < 0 for gap in gaps)
    places = sorted(range(len(gaps)), key=lambda i: gaps[i].estimate)
    least, most = (f"{show_interval(gaps[i], 'points')} at {rungs[i]}" for i in (places[0], places[-1]))
    apart = gaps[places[0]].high < gaps[places[-1]].low
    trend = "Their intervals are apart." if apart else "Their intervals overlap, so no trend is shown."
    return f"It is least with {least}, most with {most}. {trend} It excludes zero at {clear} of {len(gaps)} rungs."
