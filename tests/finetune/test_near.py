"""Near copies of requests: found where words were changed, not where the values differ; read from every kind of set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbook.core.errors import WorkbookError
from workbook.core.settings import data_dir
from workbook.finetune.near import NearIndex, evaluation_requests

LONG = "please tell me whether it will rain tomorrow afternoon in the north of Rome and how warm the sea will be there"


def test_a_copy_and_a_near_copy_are_found() -> None:
    seen = NearIndex([LONG])
    assert LONG in seen
    assert LONG.upper() + "!" in seen
    assert LONG.replace("there", "then") in seen


@pytest.mark.parametrize("other", ["", "rain", "book a table for two in Paris", LONG[:40]])
def test_another_request_is_not(other: str) -> None:
    assert other not in NearIndex([LONG])
    assert other not in NearIndex()


def test_public_sets_and_ours_are_read(tmp_path: Path) -> None:
    turn = {"role": "user", "content": "rain in Rome"}
    rows = [{"id": "a", "question": [[{"role": "system", "content": "Be brief."}, turn]]}, {"question": "a bare one"}]
    (tmp_path / "BFCL_v4_multiple.json").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "ours.jsonl").write_text(json.dumps({"messages": [turn | {"content": "from ours"}], "tools": []}))
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "more.json").write_text(json.dumps([{"query": "a list"}, {"other": 1}, 5]))
    assert set(evaluation_requests(tmp_path)) == {"rain in Rome", "a bare one", "from ours", "a list"}


def test_a_broken_set_is_an_error_and_no_empty_one(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"question": ')
    with pytest.raises(WorkbookError, match=r"broken\.json"):
        evaluation_requests(tmp_path)


def test_all_shipped_sets_are_known() -> None:
    assert len(evaluation_requests(data_dir() / "tasks")) > 3000
