"""Tasks: a conversation, the tools at hand, and what would be right.

Reads the frozen sets of this project (``data/tasks/NAME.jsonl``, the largest of them
compressed) and a user's own JSON Lines. Leaves out public benchmarks, which have loaders of their own.
"""

from __future__ import annotations

import gzip
import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from workbook.core.chat import Message, Tool, ToolCall
from workbook.core.errors import WorkbookError
from workbook.core.files import write_whole
from workbook.core.settings import data_dir, unknown

Kind = Literal["call", "ask", "decline", "answer", "repair", "fact", "talk", "arithmetic", "no_call"]
"""``no_call`` is a row that says nothing but that no call is right: how it is put is not judged."""
KINDS: tuple[Kind, ...] = get_args(Kind)
SUFFIXES = (".jsonl", ".jsonl.gz")


@dataclass(frozen=True)
class Task:
    """One row of a set. ``accept`` lists words of which one must appear in the reply, where the kind asks for any."""

    id: str
    kind: Kind
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    expected: tuple[ToolCall, ...] = ()
    accept: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The form of one line of a set."""
        return {
            "id": self.id,
            "kind": self.kind,
            "messages": [message.to_dict() for message in self.messages],
            "tools": [tool.to_dict() for tool in self.tools],
            "expected": [call.to_dict() for call in self.expected],
            "accept": list(self.accept),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], id: str = "") -> Task:
        """Read one line; ``messages``, ``tools`` and ``expected`` must be there.

        Raises ``ValueError``, ``TypeError`` or ``KeyError`` with the reason.
        """
        absent = [key for key in ("messages", "tools", "expected") if key not in data]
        if absent:
            raise ValueError(f"no {' and no '.join(absent)}; it has {', '.join(data) or 'nothing'}")
        expected = tuple(ToolCall.from_dict(call.get("function", call)) for call in data["expected"] or ())
        kind = data.get("kind") or ("call" if expected else "no_call")
        if kind not in KINDS:
            raise ValueError(f"unknown kind {kind!r}; kinds are {', '.join(KINDS)}")
        return cls(
            str(data.get("id") or id),
            cast(Kind, kind),
            tuple(Message.from_dict(message) for message in data["messages"]),
            tuple(Tool.from_dict(tool) for tool in data["tools"] or ()),
            expected,
            tuple(map(str, data.get("accept") or ())),
        )


def load_tasks(source: str | Path, limit: int | None = None) -> list[Task]:
    """The tasks of a frozen set by name, or of a JSON Lines file by path; at most ``limit`` of them.

    A line that cannot be read is an error that names file and line; so is a
    file without tasks.
    """
    path = task_file(source)
    tasks: list[Task] = []
    for number, line in enumerate(set_lines(path), 1):
        if limit is not None and len(tasks) >= limit:
            break
        if line.strip():
            # A byte order mark, which some editors write, is no part of the first line.
            tasks.append(_read_line(line.removeprefix(BOM_UTF8), path, number))
    if not tasks:
        raise WorkbookError(f"no tasks in {path}", "Expected JSON Lines of messages, tools and expected")
    return tasks


def write_tasks(tasks: Iterable[Task], path: Path) -> None:
    """Write a set as JSON Lines, one a task, in one step; makes the folder."""
    lines = [json.dumps(task.to_dict(), ensure_ascii=False) for task in tasks]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, "".join(line + "\n" for line in lines))


def set_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file of JSON Lines, which may be compressed (``.gz``); ``WorkbookError`` for a broken one."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            yield from lines
    except (gzip.BadGzipFile, EOFError) as error:
        raise WorkbookError(f"{path} cannot be unpacked: {error}", "It must be whole, and made by gzip.") from error


def set_files(folder: Path) -> dict[str, Path]:
    """The paths of the sets in ``folder`` by the name before the first dot; none where there is no folder."""
    found = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES)) if folder.is_dir() else []
    return {path.name.split(".")[0]: path for path in found}


def task_sets() -> list[str]:
    """What the frozen sets under ``data/tasks`` are called, sorted."""
    return sorted(set_files(data_dir() / "tasks"))


def task_file(source: str | Path) -> Path:
    """The file behind a set's name, or a path; raises ``WorkbookError`` for neither, naming the nearest set."""
    as_path = Path(source)
    if as_path.suffix in (".jsonl", ".json", ".gz") or as_path.is_file():
        if not as_path.is_file():
            raise WorkbookError(f"no file {as_path}", "Give a path to JSON Lines, or the name of a frozen set.")
        return as_path
    shipped = set_files(data_dir() / "tasks")
    if str(source) not in shipped:
        raise unknown("task set", str(source), shipped)
    return shipped[str(source)]


def _read_line(line: bytes, path: Path, number: int) -> Task:
    try:
        data = json.loads(line.decode())
        if not isinstance(data, Mapping):
            raise ValueError(f"expected an object, not {type(data).__name__}")
        return Task.from_dict(data, id=f"{path.stem}-{number}")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"missing {error}" if isinstance(error, KeyError) else str(error)
        form = '{"messages": [...], "tools": [...], "expected": [{"name", "arguments"}]}'
        raise WorkbookError(f"{path}, line {number}: {reason}", f"Expected {form}") from error
