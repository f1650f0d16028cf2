"""When2Call's rows: read with their irregularities, and a folder that is something else says what it holds."""

from __future__ import annotations

import pytest
from when2call_rows import ROWS, row, write

from workbook.core.chat import ToolCall
from workbook.core.errors import WorkbookError
from workbook.suites.when2call import load_when2call


def test_rows_tools_and_answers(tmp_path):
    write(tmp_path)
    rows, left_out = load_when2call(tmp_path)
    assert [one.id for one in rows] == ["a", "b", "c", "d"]
    assert [reason[0] for reason in left_out] == ["e", "f", "g"]
    first, last = rows[0], rows[-1]
    assert first.answers["tool_call"].tool_calls == (ToolCall("sky.rain", {"city": "Rome"}),)
    assert first.tools[0].parameters["properties"]["days"] == {"type": "integer"}
    assert rows[2].tools == ()
    assert set(last.answers) == {"direct", "tool_call"}
    assert last.answers["tool_call"].content == "not JSON"


def test_the_larger_file_goes_first_and_one_can_be_named(tmp_path):
    small = write(tmp_path, [row("small", "direct")], "when2call_test_llm_judge.jsonl")
    assert load_when2call(tmp_path)[0][0].id == "small"
    write(tmp_path)
    assert load_when2call(tmp_path)[0][0].id == "a"
    assert load_when2call(small)[0][0].id == "small"
    assert len(load_when2call(tmp_path, limit=2)[0]) == 2


@pytest.mark.parametrize(("rows", "said"), [(ROWS[4:], "not one row"), ([], "not one row"), ([{"x": 1}], "it has x")])
def test_nothing_to_score(tmp_path, rows, said):
    write(tmp_path, rows)
    with pytest.raises(WorkbookError, match=said):
        load_when2call(tmp_path)


def test_another_folder(tmp_path):
    (tmp_path / "other.txt").write_text("x")
    with pytest.raises(WorkbookError, match=r"it holds other\.txt") as caught:
        load_when2call(tmp_path)
    assert "correct_answer" in caught.value.remedy
    with pytest.raises(WorkbookError, match="no file or folder"):
        load_when2call(tmp_path / "none")
