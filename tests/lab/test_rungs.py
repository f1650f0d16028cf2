"""The ladder's rows and words; climbing runs on scripted models."""

from __future__ import annotations

import pandas as pd
import pytest

from workbook.core.stats import Interval
from workbook.lab import rungs as module
from workbook.lab.arms import prompted
from workbook.lab.rungs import Ladder, climb, in_words
from workbook.lab.scoring import score
from workbook.lab.trials import Sampling, run_trials

ROWS = pd.DataFrame(
    [
        {"arm": arm, "task": f"t{i}", "call_right": float(right)}
        for arm, rights in {"a": [1, 1, 0, 1], "b": [1, 0, 0, 0]}.items()
        for i, right in enumerate(rights)
    ]
)


def test_measures_and_gaps_rung_by_rung() -> None:
    ladder = Ladder({"pocket@0004M": ROWS, "pocket@0009M": ROWS[::-1]}, None)
    assert ladder.millions == {"0004M": 4, "0009M": 9}
    assert [i.estimate for i in ladder.intervals("call_right", "a")] == [0.75, 0.75]
    assert [i.estimate for i in ladder.gaps("call_right", "a", "b")] == [0.5, 0.5]
    assert ladder.comparable("call_right", "a") == []


@pytest.mark.parametrize("name", ["scripted", "pocket@0009M"])
def test_the_models_own_trials_stand_at_its_place(name, monkeypatch, scripted, tasks, written):
    def named(id):
        network = scripted(lambda prompt, seed: written("get_weather", city="Rome"))
        network.name = id
        return network

    monkeypatch.setattr(module, "rung_names", lambda: ["0013M", "0004M"])
    monkeypatch.setattr("workbook.models.load_model", named)
    arms, model = lambda network: [prompted("prompt", network)], named(name)
    own = score(run_trials(arms(model), tasks), tasks)
    ladder = climb(arms, tasks, Sampling(), model, own)
    between = ["pocket@0009M"] if name != "scripted" else []
    assert list(ladder.rows) == ["pocket@0004M", *between, "pocket@0013M"]
    assert ladder.intervals("call_right", "prompt")[0].estimate == pytest.approx(1 / 6)
    assert len(ladder.comparable("call_right", "prompt")) == (3 if between else 0)


@pytest.mark.parametrize(
    ("last", "words"),
    [(Interval(0.5, 0.4, 0.6, 9), "intervals are apart"), (Interval(0.5, 0.1, 0.6, 9), "no trend is shown")],
)
def test_words_come_from_the_intervals(last: Interval, words: str) -> None:
    said = in_words(["early", "late"], [Interval(0.1, -0.1, 0.2, 9), last])
    assert words in said
    assert "at early, most with +50.0 points" in said
    assert said.endswith("excludes zero at 1 of 2 rungs.")
