"""Rows of conversations in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.core.errors import WorkbookError
from workbook.finetune.rows import as_rendered, digest, read_rows, write_rows

ROW = {"messages": [{"role": "user", "content": "naïve"}, {"role": "assistant", "content": "yes"}]}


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.jsonl"
    write_rows([ROW, ROW], path)
    assert read_rows(path) == [ROW, ROW]
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\n\n")
    assert read_rows(path) == [ROW, ROW]


@pytest.mark.parametrize(("text", "message"), [('{"a": 1}\n{', "line 2: "), ("[1]", "line 1: not an object")])
def test_an_error_names_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WorkbookError, match=message):
        read_rows(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"no file .*rows\.jsonl.*finetune data"):
        read_rows(tmp_path / "rows.jsonl")


def test_a_tool_is_rendered_in_one_form_however_it_was_written() -> None:
    bare, wrapped = {"name": "a"}, {"type": "function", "function": {"name": "a"}}
    assert as_rendered({**ROW, "tools": [bare]}) == as_rendered({**ROW, "tools": [wrapped]})
    assert as_rendered(ROW)["tools"] is None


def test_the_digest_tells_rows_and_their_order() -> None:
    other = {"messages": ROW["messages"][:1]}
    assert digest([ROW, other]) == digest([dict(ROW), other])
    assert len({digest([ROW, other]), digest([other, ROW]), digest([ROW])}) == 3
