"""The pipeline: each stage rejects what it must, the set is balanced, the same for a seed, and holds no evaluation."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from workbook.core.chat import Tool, ToolCall, assistant, user
from workbook.core.errors import WorkbookError
from workbook.core.settings import data_dir
from workbook.finetune import pipeline
from workbook.finetune.checks import ungrounded
from workbook.finetune.conversations import Example, make
from workbook.finetune.near import NearIndex, evaluation_requests
from workbook.finetune.pipeline import BALANCE, STAGES, Drawn, checked, draw_shard, make_rows
from workbook.finetune.rows import check_rows, read_rows

COUNT = 60


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    out = tmp_path_factory.mktemp("data") / "rows.jsonl"
    return make_rows(COUNT, out, seed=3), out


def example(kind: str = "call") -> Example:
    rng = Random(kind)
    drawn = (make(kind, rng, "train", 2) for _ in iter(int, 1))
    return next(one for one in drawn if kind in ("ask", "answer") or one.answer.tool_calls[0].arguments)


def ending(given: Example, *calls: ToolCall, words: str = "") -> Drawn:
    return checked(replace(given, messages=(*given.messages[:-1], assistant(words, *calls))))


def test_each_stage_rejects_its_own() -> None:
    given = example()
    call = given.answer.tool_calls[0]
    assert checked(given).stage == ""
    assert ending(given).cause == "empty"
    assert (ending(given, ToolCall("none", {})).stage, ending(given, ToolCall("none", {})).cause) == (
        "format",
        "schema",
    )
    assert ending(given, ToolCall(call.name, {**call.arguments, "unheard": 1})).stage == "execution"
    silent = replace(given, messages=(user("Do it."), given.answer))
    values = [value for value in call.arguments.values() if not isinstance(value, bool)]
    assert checked(silent).cause == ("ungrounded" if values else "")
    told = example("answer")
    assert checked(replace(told, accept=("what nobody said",))).cause in ("not in the result", "")


def test_a_stated_default_needs_no_words() -> None:
    city = {"type": "string", "default": "Rome"}
    tool = Tool("rain", "Rain.", {"type": "object", "properties": {"city": city}})
    turns = (user("Will it rain?"), assistant("", ToolCall("rain", {"city": "Rome"})))
    assert ungrounded(Example("call", turns, (tool,))) == []
    turns = (user("Will it rain?"), assistant("", ToolCall("rain", {"city": "Oslo"})))
    assert ungrounded(Example("call", turns, (tool,))) == ["Oslo"]


@pytest.mark.parametrize(
    "said", ["on 2027-03-04 for 12500", "on 4 March 2027 for 12,500", "March 4, 2027, at 12,500 euros"]
)
def test_a_date_or_an_amount_may_be_spelled_in_words(said: str) -> None:
    tool = Tool(
        "rent", "Rent.", {"type": "object", "properties": {"day": {"type": "string"}, "sum": {"type": "integer"}}}
    )
    rent = assistant("", ToolCall("rent", {"day": "2027-03-04", "sum": 12500}))
    assert ungrounded(Example("call", (user(f"Rent it, {said}."), rent), (tool,))) == []
    assert ungrounded(Example("call", (user("Rent it on 3 April 2027 for 125,00."), rent), (tool,))) == [
        "2027-03-04",
        12500,
    ]


def test_the_set_is_balanced_and_can_be_trained_on(made) -> None:
    result, out = made
    assert read_rows(out) == result.rows
    check_rows(result.rows, {})
    asks = Counter("call" if row["messages"][-1].get("tool_calls") else "words" for row in result.rows)
    assert len(result.rows) == COUNT
    assert asks["call"] == round(COUNT * (BALANCE["call"] + BALANCE["repair"]))


def test_the_funnel_adds_up(made) -> None:
    result, out = made
    stages = result.funnel
    assert [stage["stage"] for stage in stages] == list(STAGES)
    assert stages[0]["in"] == result.drawn
    assert stages[-1]["out"] == len(result.rows)
    assert all(stage["in"] - stage["out"] == sum(stage["causes"].values()) for stage in stages)
    assert all(before["out"] == after["in"] for before, after in pairwise(stages))
    assert json.loads(out.with_suffix(".funnel.json").read_text())["funnel"] == stages
    assert not out.with_suffix(".parts").exists()


def test_the_same_seed_gives_the_same_rows_whatever_the_workers_and_after_a_stop(made, tmp_path: Path) -> None:
    out = tmp_path / "again.jsonl"
    parts = pipeline._parts(out, 3)
    pipeline._kept(parts, 3, 0)  # what a stopped run left
    assert make_rows(COUNT, out, seed=3, workers=2).rows == made[0].rows
    assert draw_shard(3, 0)[:20] != draw_shard(4, 0)[:20]


def test_shards_of_another_seed_are_forgotten(tmp_path: Path) -> None:
    parts = pipeline._parts(tmp_path / "x.jsonl", 1)
    (parts / "00000.jsonl").write_text("from seed 1")
    assert (pipeline._parts(tmp_path / "x.jsonl", 1) / "00000.jsonl").is_file()
    assert not (pipeline._parts(tmp_path / "x.jsonl", 2) / "00000.jsonl").exists()


def drawn(text: str, kind: str = "call") -> Drawn:
    return Drawn({"messages": [], "tools": []}, kind, text)


def test_duplicates_contamination_and_balance() -> None:
    seen = {kind: NearIndex() for kind in BALANCE}
    seen["call"].add("rain in Rome today or tomorrow")
    held = [NearIndex(["book a table for two in Paris"])]
    full = dict.fromkeys(BALANCE, 0) | {"call": 1}
    assert pipeline._against_others(drawn("Rain in Rome, today or tomorrow?"), seen, held, full)[0] == "duplicate"
    assert pipeline._against_others(drawn("Book a table for two in Paris"), seen, held, full)[0] == "contamination"
    assert pipeline._against_others(drawn("what now", "ask"), seen, held, full) == ("balance", "ask")
    assert pipeline._against_others(drawn("what now"), seen, held, full) == ("", "")


def test_nothing_of_a_benchmark_is_learned(made, tmp_path: Path) -> None:
    """A public set that holds the requests of the rows: none of them is drawn again."""
    texts = [" ".join(m["content"] for m in row["messages"] if m["role"] == "user") for row in made[0].rows]
    ours = NearIndex(evaluation_requests(data_dir() / "tasks"))
    assert not [text for text in texts if text in ours]
    bench = tmp_path / "bench"
    bench.mkdir()
    lines = [{"id": str(n), "question": [[{"role": "user", "content": text}]]} for n, text in enumerate(texts)]
    (bench / "BFCL_v4_multiple.json").write_text("\n".join(map(json.dumps, lines)))
    other = make_rows(COUNT, tmp_path / "clean.jsonl", seed=3, against=[bench])
    assert other.rejected["contamination"]
    learned = [" ".join(m["content"] for m in row["messages"] if m["role"] == "user") for row in other.rows]
    assert not set(learned) & set(texts)


def test_a_set_that_cannot_be_filled_is_an_error() -> None:
    broken = replace(drawn("x"), stage="format", cause="empty")
    with pytest.raises(WorkbookError, match="gave 0 rows of 10"):
        pipeline._merged(10, iter([[broken]]), [])
