"""BFCL's sets as they lie: what is read, what is left out and why, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from bfcl_rows import SETS, row, write

from workbook.core.errors import UsageError, WorkbookError
from workbook.suites.bfcl import load_bfcl, spread
from workbook.suites.bfcl_schemas import bfcl_tool, json_schema


def test_every_single_turn_set_is_read_and_the_rest_is_named(tmp_path: Path) -> None:
    found = load_bfcl(write(tmp_path))
    assert [one.category for one in found.rows] == [
        "simple_python", "simple_python", "parallel", "irrelevance", "live_relevance",
    ]  # fmt: skip
    assert found.left_out == ("multi_turn_base: not of one turn",)
    first = found.rows[0]
    assert (first.tools[0].name, first.answers[0]["physics.drop"]["unit"]) == ("physics.drop", ["m", ""])


def test_relevance_wants_a_call_and_irrelevance_none(tmp_path: Path) -> None:
    wants = {one.category: one.wants_call for one in load_bfcl(write(tmp_path)).rows}
    assert wants == {"simple_python": True, "parallel": True, "irrelevance": False, "live_relevance": True}


def test_a_checkout_above_the_folder_will_do(tmp_path: Path) -> None:
    write(tmp_path / "bfcl_eval" / "data")
    assert len(load_bfcl(tmp_path).rows) == 5


def test_categories_are_chosen_and_a_wrong_one_names_the_nearest(tmp_path: Path) -> None:
    folder = write(tmp_path)
    assert {one.category for one in load_bfcl(folder, ["parallel"]).rows} == {"parallel"}
    with pytest.raises(UsageError) as refused:
        load_bfcl(folder, ["paralel"])
    assert "parallel" in refused.value.remedy


def test_rows_that_cannot_be_scored_are_left_out_with_their_reason(tmp_path: Path) -> None:
    rows, answers = SETS["simple_python"]
    broken = [
        row("a", "x", question=[[{"role": "user", "content": "x"}], []]),
        row("b", "x", question=[[{"role": "owner", "content": "x"}]]),
        {"id": "c", "question": [[{"role": "user", "content": "x"}]]},
        row("d", "no answer"),
    ]
    found = load_bfcl(write(tmp_path, {"simple_python": (rows + broken, answers)}))
    assert len(found.rows) == 2
    assert [reason.split(":")[0] for reason in found.left_out] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "sets",
    [{}, {"multi_turn_base": SETS["multi_turn_base"]}, {"simple_python": (SETS["simple_python"][0], None)},
     {"simple_python": ([{"something": "else"}], [{}])}],
)  # fmt: skip
def test_an_unknown_layout_says_what_was_seen_and_expected(sets: dict, tmp_path: Path) -> None:
    with pytest.raises(WorkbookError) as refused:
        load_bfcl(write(tmp_path, sets))
    assert "possible_answer" in str(refused.value)
    assert "Expected" in refused.value.remedy


def test_a_limit_is_spread_over_all() -> None:
    assert spread(range(10), 5) == [0, 2, 4, 6, 8]
    assert spread(range(3), 5) == [0, 1, 2]


def test_types_become_those_of_json_schema() -> None:
    given = {
        "type": "dict",
        "properties": {
            "pair": {"type": "tuple", "items": {"type": "float"}, "description": "Two."},
            "anything": {"type": "any"},
            "kind": {"type": "string", "enum": ["a", 1], "default": "a"},
        },
        "required": ["pair", "gone", "pair"],
    }
    assert json_schema(given) == {
        "type": "object",
        "properties": {
            "pair": {"type": "array", "items": {"type": "number"}, "description": "Two."},
            "anything": {"type": "string"},
            "kind": {"type": "string", "enum": ["a"], "default": "a"},
        },
        "required": ["pair"],
    }


def test_parameters_of_java_are_written_as_source() -> None:
    tool = bfcl_tool(
        {"name": "f", "parameters": {"properties": {"n": {"type": "Array", "items": {"type": "long"}}}}}, "java"
    )
    part = tool.parameters["properties"]["n"]
    assert part["type"] == "string"
    assert "Array of long" in part["description"]


def test_a_function_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="without a name"):
        bfcl_tool({"description": "x"})
