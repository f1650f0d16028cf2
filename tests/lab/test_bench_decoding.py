"""The benchmark's rows: every engine and plan on the same prompts, and masks of real vocabularies."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from toys import toy_model

from workbook.core.chat import Tool, ToolCall, user
from workbook.core.errors import WorkbookError
from workbook.grammar import PLANS, compiling
from workbook.lab import bench_decoding, bench_masks
from workbook.lab.bench_decoding import FORCING, end_to_end
from workbook.lab.bench_masks import mask_rows, microseconds
from workbook.lab.stand_ins import stand_in
from workbook.suites.tasks import Task

KEYS = {
    "model", "vocabulary", "engine", "strategy", "batch", "seconds_per_call", "ratio_to_free", "mask_us_p50",
    "mask_us_p99", "compile_ms", "first_call_ms", "forced_share", "right",
}  # fmt: skip
UNIT = {"type": "object", "properties": {"unit": {"enum": ["red", "green"]}}, "required": ["unit"]}
TOOLS = (Tool("get_weather", "Weather", UNIT), Tool("call", "Call", {"type": "object", "properties": {}}))
TASKS = [
    Task(f"call_{i}", "call", (user(f"get {i}"),), TOOLS, (ToolCall("get_weather", {"unit": "red"}),)) for i in range(5)
]


def test_every_engine_and_plan_has_a_row() -> None:
    rows = end_to_end(toy_model(), TASKS, 2)
    constrained = {(engine, plan) for engine in FORCING for plan in PLANS if PLANS[plan].masked}
    assert {(r["engine"], r["strategy"]) for r in rows} == constrained | {("none", "free"), ("transformers", "free")}
    for row in rows:
        assert set(row) >= KEYS
        assert (row["n"], row["prompts"]) == (2, 4)  # the fifth prompt fills no batch
        assert row["ratio_low"] is row["ratio_high"] is None  # two batches tell nothing about a third
    by_plan = {row["strategy"]: row for row in rows if row["engine"] == "llguidance"}
    assert by_plan["fast_forward"]["forced_share"] > 0.5
    assert by_plan["fast_forward"]["passes_per_call"] < by_plan["masked"]["passes_per_call"]
    assert by_plan["masked"]["mask_us_p50"] > 0
    assert by_plan["masked"]["right"] == by_plan["lazy"]["right"]


@pytest.fixture
def few_arms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both free arms and one of each engine."""
    arms = bench_decoding._arms
    chosen = ("free", "masked")
    monkeypatch.setattr(bench_decoding, "_arms", lambda model: [a for a in arms(model) if a.strategy in chosen])


def test_six_batches_have_an_interval(few_arms: None) -> None:
    tasks = [replace(TASKS[0], id=f"call_{i}") for i in range(6)]
    for row in end_to_end(toy_model(), tasks, 1):
        assert row["n"] == row["prompts"] == 6
        assert row["ratio_low"] <= row["ratio_to_free"] <= row["ratio_high"]


def test_a_batch_that_is_not_full_is_neither_timed_nor_counted(few_arms: None) -> None:
    def passes(tasks: list[Task]) -> list[float | None]:
        return [row["passes_per_call"] for row in end_to_end(toy_model(), tasks, 4)]

    assert passes(TASKS) == passes(TASKS[:4])
    with pytest.raises(WorkbookError, match="a batch of 8 needs as many prompts, and there are 5"):
        end_to_end(toy_model(), TASKS, 8)


def test_compiling_is_in_every_first_call_and_in_no_later_one(few_arms: None, monkeypatch: pytest.MonkeyPatch) -> None:
    late, clock = [0.0], time.perf_counter

    def slow(make: Callable[[Any], Any], seconds: float) -> Callable[..., Any]:
        def made(*args: Any) -> Any:
            late[0] += seconds
            return make(*args)

        return made

    monkeypatch.setattr(bench_decoding.time, "perf_counter", lambda: clock() + late[0])
    monkeypatch.setattr(bench_decoding, "decoder", slow(bench_decoding.decoder, 1000.0))
    for engine in FORCING:
        monkeypatch.setitem(compiling.MAKERS, engine, slow(compiling.MAKERS[engine], 10_000.0))
    for row in end_to_end(toy_model(), TASKS, 2):
        assert row["seconds_per_call"] < 500
        assert (row["first_call_ms"] > 1e7) == (row["engine"] in FORCING)


def test_masks_are_timed_for_ours_and_for_outlines() -> None:
    rows = mask_rows(toy_model(), TASKS[:2], [], lambda line: None)
    assert {(row["engine"], row["processor"]) for row in rows} >= {
        (engine, maker) for engine in FORCING for maker in ("workbook", "outlines")
    }
    assert all(set(row) >= KEYS and row["n"] + row["refused"] == 2 for row in rows)
    assert all(row["compile_ms"] > 0 and row["mask_us_p99"] >= row["mask_us_p50"] for row in rows if row["n"])


def test_a_real_vocabulary_of_32_thousand() -> None:
    model = stand_in("32k")
    assert model.logit_width == 32768
    assert "random" in model.name
    text = 'get_weather {"city": "Zürich", "days": 12}'
    assert model.tokenizer.decode(model.encode(text), skip_special_tokens=True).strip() == text
    [ours, theirs] = [row for row in mask_rows(model, TASKS[:1], [], print) if row["engine"] == "llguidance"]
    assert ours["n"] == theirs["n"] == 1


def test_what_is_made_once_is_not_counted_as_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first text takes 5 and 2 seconds, every later one 1 and 0.5: the tables took the difference."""
    seen: set[object] = set()  # the makers themselves: an id is given anew once its owner is gone

    def replay(make: object, model: object, task: object, times: bench_masks.Times) -> None:
        known = make in seen
        seen.add(make)
        times.compiling.append(1.0 if known else 5.0)
        times.first.append(0.5 if known else 2.0)

    monkeypatch.setattr(bench_masks, "_replay", replay)
    rows = mask_rows(toy_model(), TASKS[:2], [], print)
    assert {(row["once_ms"], row["compile_ms"], row["first_call_ms"]) for row in rows} == {(5500.0, 1000.0, 500.0)}


def test_no_measured_text_has_been_compiled_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that keeps what it has compiled would be timed at looking it up."""
    seen: list[tuple[object, str]] = []
    replay = bench_masks._replay

    def noted(make: Any, model: Any, task: Task, times: bench_masks.Times) -> None:
        seen.append((make, task.id))
        replay(make, model, task, times)

    monkeypatch.setattr(bench_masks, "_replay", noted)
    rows = mask_rows(toy_model(), TASKS[:1], [], print)
    assert all(row["once_ms"] is not None for row in rows if row["engine"] in FORCING)
    assert all(seen.count((make, name)) == 1 for make, name in seen if name == TASKS[0].id)


def test_an_unknown_vocabulary_names_the_nearest() -> None:
    with pytest.raises(WorkbookError, match="131k"):
        stand_in("131")


def test_without_masks_there_is_no_time() -> None:
    assert microseconds([]) == {"mask_us_p50": None, "mask_us_p99": None}
    assert microseconds([1e-6, 1e-6])["mask_us_p99"] == pytest.approx(1)
