"""The benchmark's rows: every engine and plan on the same prompts, and masks of real vocabularies."""

from __future__ import annotations

import pytest
from toys import toy_model

from workbook.core.chat import Tool, ToolCall, user
from workbook.core.errors import WorkbookError
from workbook.grammar import PLANS
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
        assert row["n"] == 5
        assert row["ratio_low"] <= row["ratio_to_free"] <= row["ratio_high"]
    by_plan = {row["strategy"]: row for row in rows if row["engine"] == "llguidance"}
    assert by_plan["fast_forward"]["forced_share"] > 0.5
    assert by_plan["fast_forward"]["passes_per_call"] < by_plan["masked"]["passes_per_call"]
    assert by_plan["masked"]["mask_us_p50"] > 0
    assert by_plan["masked"]["right"] == by_plan["lazy"]["right"]


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


def test_an_unknown_vocabulary_names_the_nearest() -> None:
    with pytest.raises(WorkbookError, match="131k"):
        stand_in("131")


def test_without_masks_there_is_no_time() -> None:
    assert microseconds([]) == {"mask_us_p50": None, "mask_us_p99": None}
    assert microseconds([1e-6, 1e-6])["mask_us_p99"] == pytest.approx(1)
