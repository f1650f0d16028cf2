"""Reading task sets: what is kept, what is filled in, and what is refused."""

import gzip
import json
from pathlib import Path

import pytest

from workbook.core.chat import Tool, ToolCall, user
from workbook.core.errors import WorkbookError
from workbook.suites.tasks import Task, load_tasks, task_sets, write_tasks

ROW = {
    "messages": [{"role": "user", "content": "Weather in Paris?"}],
    "tools": [{"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}],
    "expected": [{"name": "get_weather", "arguments": {"city": "Paris"}}],
}


def write(path, *rows) -> str:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return str(path)


def test_a_users_row_needs_three_keys_only(tmp_path):
    tasks = load_tasks(write(tmp_path / "mine.jsonl", ROW, {**ROW, "expected": []}))
    assert [task.kind for task in tasks] == ["call", "no_call"]
    assert [task.id for task in tasks] == ["mine-1", "mine-2"]
    assert tasks[0].tools[0].name == "get_weather"
    assert tasks[0].expected == (ToolCall("get_weather", {"city": "Paris"}),)


def test_what_is_written_is_read_again(tmp_path):
    task = Task("a", "ask", (user("Book it."),), (Tool("book"),), (), ("user_id", "user"))
    call = Task("b", "call", (user("Ping."),), (Tool("ping"),), (ToolCall("ping"),))
    write_tasks([task, call], tmp_path / "deep" / "set.jsonl")
    assert load_tasks(tmp_path / "deep" / "set.jsonl") == [task, call]


def test_limit(tmp_path):
    path = write(tmp_path / "x.jsonl", ROW, ROW, "not read")
    assert len(load_tasks(path, limit=2)) == 2


def test_sets_are_found_by_name(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBOOK_DATA", str(tmp_path))
    write_tasks([Task.from_dict(ROW, id="1")], tmp_path / "tasks" / "calls.jsonl")
    assert task_sets() == ["calls"]
    assert len(load_tasks("calls")) == 1
    with pytest.raises(WorkbookError, match="Did you mean 'calls'"):
        load_tasks("callz")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{not json", "line 2"),
        ("[1]", "expected an object, not list"),
        ({"messages": []}, "no tools and no expected"),
        ({**ROW, "kind": "chat"}, "unknown kind 'chat'"),
        ({**ROW, "expected": [{"name": 3}]}, "a call needs a name"),
        ({**ROW, "tools": [{"description": "x"}]}, "a tool needs a name"),
        ({**ROW, "messages": [{"role": "robot"}]}, "unknown role 'robot'"),
        ({**ROW, "messages": [{"content": "x"}]}, "missing 'role'"),
        ({**ROW, "messages": ["hello"]}, "line 2"),
        ({**ROW, "expected": 3}, "line 2"),
    ],
)
def test_a_bad_line_names_file_and_line(tmp_path, row, reason):
    path = write(tmp_path / "bad.jsonl", ROW, row)
    with pytest.raises(WorkbookError, match=reason) as caught:
        load_tasks(path)
    assert f"{path}, line 2: " in str(caught.value)


def test_an_empty_file_is_an_error(tmp_path):
    with pytest.raises(WorkbookError, match="no tasks"):
        load_tasks(write(tmp_path / "empty.jsonl", ""))


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(WorkbookError, match="no file"):
        load_tasks(tmp_path / "absent.jsonl")


def test_a_byte_order_mark_does_not_matter(tmp_path):
    (tmp_path / "x.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps(ROW).encode())
    assert len(load_tasks(tmp_path / "x.jsonl")) == 1


def test_a_file_that_is_not_utf8_is_told_so(tmp_path):
    (tmp_path / "x.jsonl").write_bytes(json.dumps(ROW).encode() + b"\n" + b'{"id": "\xe9"}')
    with pytest.raises(WorkbookError, match="line 2: 'utf-8' codec"):
        load_tasks(tmp_path / "x.jsonl")


def test_a_compressed_set_is_read_like_any_other(tmp_path):
    plain = Path(write(tmp_path / "plain.jsonl", ROW, {**ROW, "expected": []}))
    packed = tmp_path / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert [t.to_dict() | {"id": ""} for t in load_tasks(packed)] == [
        t.to_dict() | {"id": ""} for t in load_tasks(plain)
    ]
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(WorkbookError, match="cannot be unpacked"):
        load_tasks(packed)
