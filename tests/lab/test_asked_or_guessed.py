"""The comparison of two ways of tuning: what judges, whose rates are chosen how, and the shipped result."""

from __future__ import annotations

import pandas as pd
import pytest

from workbook.core.chat import ToolCall
from workbook.core.errors import UsageError
from workbook.core.settings import data_dir
from workbook.core.stats import Interval
from workbook.lab import asked_or_guessed as lab
from workbook.lab.ledger import shipped_fingerprints
from workbook.models.base import Completion, Reply

PLAN = lab.Plan(seeds=2, tasks=10, development=4, sft_rates=(1e-3, 2e-3), dpo_rates=(1e-3,))


class Says:
    """A model that knows what is right and asks, or calls, where it is told to."""

    fingerprint = "says"

    def __init__(self, asks=True, calls=True):
        self.name, self.able = "says", {"ask": asks, "call": calls}

    def render(self, messages, tools=()):
        return "".join(message.content for message in messages)

    def complete(self, prompts, *, max_new_tokens):
        return [Completion(prompt, (), "stop", 0, 0.0) for prompt in prompts]

    def parse(self, text):
        task = self.tasks[text]
        if not self.able[task.kind]:
            return Reply("", (ToolCall("guessed", {}),))
        return Reply("" if task.expected else f"What {task.accept[0]} should I use?", task.expected)


@pytest.fixture
def said(monkeypatch):
    """Models that are scripted, by method, seed and rate; nothing is trained."""
    tasks = [*lab.frozen_tasks(PLAN.tasks), *lab.development_tasks(PLAN)]
    monkeypatch.setattr(
        Says, "tasks", {"".join(m.content for m in task.messages): task for task in tasks}, raising=False
    )
    made = []

    def tuned(method, plan, seed, rate, progress):
        made.append((method, seed, rate))
        return Says(asks=method == "dpo" or (seed == 0 and rate == 2e-3), calls=method == "sft" or seed == 0)

    monkeypatch.setattr(lab, "tuned", tuned)
    monkeypatch.setattr(lab, "load_model", lambda base: Says(asks=False))
    return made


def test_the_better_rate_is_taken_and_every_seed_is_judged_on_the_same_frozen_tasks(said):
    trials = lab.run(PLAN, progress=lambda _: None)
    assert said == [("sft", 0, 1e-3), ("sft", 0, 2e-3), ("sft", 1, 2e-3), ("dpo", 0, 1e-3), ("dpo", 1, 1e-3)]
    frozen = trials[trials.split == "frozen"]
    assert frozen.groupby(["method", "seed"]).task.nunique().to_dict() == {
        ("base", 0): 20, ("dpo", 0): 20, ("dpo", 1): 20, ("sft", 0): 20, ("sft", 1): 20,
    }  # fmt: skip
    assert set(trials[trials.split == "development"].rate) == {1e-3, 2e-3}


def test_metrics_are_over_their_kinds_and_differences_over_the_same_tasks(said):
    document = lab.measure(PLAN, progress=lambda _: None)
    found = {(row["method"], row["metric"]): row for row in document["metrics"]}
    assert found["base", "asks"]["estimate"] == 0
    assert found["base", "calls"]["estimate"] == found["dpo", "asks"]["estimate"] == 1
    assert found["dpo", "calls"]["estimate"] == found["sft", "asks"]["estimate"] == 0.5
    assert found["dpo", "right"]["n"] == 20
    differences = {row["metric"]: row["estimate"] for row in document["differences"]}
    assert differences == {"asks": 0.5, "calls": -0.5, "right": 0.0}
    assert document["plan"]["seeds"] == 2


def test_development_requests_are_none_of_the_learned_ones():
    learned = {str(pair["prompt"]) for pair in lab.asked_or_guessed(20, 0, PLAN.tools)}
    apart = lab.development_tasks(PLAN)
    assert not learned & {str([message.to_dict() for message in task.messages]) for task in apart}
    assert {task.kind for task in apart} == {"ask", "call"}
    assert all(task.accept for task in apart if task.kind == "ask")


def test_a_share_counts_a_task_once():
    trials = pd.DataFrame([{"task": f"t{n}", "kind": "ask", "right": seed == 0} for n in range(8) for seed in range(2)])
    assert lab.share(trials, "asks") == Interval(0.5, 0.5, 0.5, 8)


def test_the_shipped_result_is_of_the_shipped_checkpoint_and_whole():
    shown = lab.reference()
    assert (data_dir() / "results" / "asked_or_guessed_cpu.json").is_file()
    assert shown["sha256"] in shipped_fingerprints()
    assert {row["method"] for row in shown["metrics"]} == {"base", "sft", "dpo"}
    assert {row["metric"] for row in shown["differences"]} == set(lab.METRICS)
    for row in (*shown["metrics"], *shown["differences"]):
        assert row["low"] <= row["estimate"] <= row["high"]


def test_a_base_that_was_not_measured_names_those_that_were():
    with pytest.raises(UsageError, match="pocket"):
        lab.reference("pokcet")


def test_the_page_says_what_the_result_says():
    """That neither method moves the pocket; where a new result says otherwise, the page is to be rewritten."""
    shown = lab.reference()
    for row in shown["differences"]:
        assert row["low"] < 0 < row["high"]
    share = {(row["method"], row["metric"]): row for row in shown["metrics"]}
    for method, metric in ((method, metric) for method in lab.METHODS for metric in lab.METRICS):
        assert share[method, metric]["low"] < share["base", metric]["estimate"] < share[method, metric]["high"]
    apart = {(row["method"], row["rate"], row["metric"]): row["estimate"] for row in shown["development"]}
    low, high = sorted(shown["plan"]["dpo_rates"])
    assert high == 5 * low
    assert apart["dpo", high, "asks"] == apart["dpo", low, "asks"]
    assert apart["dpo", high, "calls"] == pytest.approx(2 / 3 * apart["dpo", low, "calls"])
    assert shown["plan"]["seeds"] == 2
