"""The question bank: ``course/questions/NN_slug.md``, one file a question, read and checked for form.

A file is YAML front matter between two lines ``---`` (the fields of :class:`Question`; a line of the rubric is
``- POINTS: what``), then the sections ``## 30 seconds``, ``## 3 minutes`` and ``## Whiteboard``, of which the last
two may be absent. What does not fit is an error that names file, line and the likely mistake. Leaves out what makes
a question good (``bank_lint``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.settings import nearest, repo_root, unknown
from workbook.study.question import (
    KINDS,
    LEVELS,
    TOPICS,
    Choice,
    FollowUp,
    Number,
    Option,
    Point,
    Question,
    Steps,
)  # fmt: skip

SECTIONS = {"30 seconds": "short", "3 minutes": "long", "Whiteboard": "whiteboard"}
MERMAID = re.compile(r"\A```mermaid\n(.*?)\n```\Z", re.DOTALL)
ONE_OF = {"topic": tuple(TOPICS), "level": LEVELS, "kind": KINDS}


def load_bank(folder: Path | None = None) -> dict[str, Question]:
    """Every question by id, in the order of the files' names; ``WorkbookError`` where there is none."""
    folder = folder or repo_root() / "course" / "questions"
    paths = sorted(folder.glob("*.md"))
    if not paths:
        raise WorkbookError(f"no questions under {folder}", "Run inside a clone, or set WORKBOOK_ROOT to it.")
    return dict(_read(folder, tuple((path, path.stat().st_mtime_ns) for path in paths)))


def find_question(id: str, bank: Mapping[str, Question] | None = None) -> Question:
    """The question of that id; an unknown one names the nearest."""
    known = load_bank() if bank is None else bank
    if id not in known:
        raise unknown("question", id, known)
    return known[id]


def of_topic(bank: Mapping[str, Question], topic: str | None) -> list[Question]:
    """The questions of one topic, or all; an unknown topic names the nearest."""
    if topic is not None and topic not in TOPICS:
        raise unknown("topic", topic, TOPICS)
    return [question for question in bank.values() if topic in (None, question.topic)]


def read_question(text: str, path: Path) -> Question:
    """The question that ``text`` holds; ``path`` names it in errors, and its stem is the id with ``.`` for ``_``."""
    page = _Page(path)
    front, body, first = page.split(text)
    data = page.yaml(front)
    for name, section in page.sections(body, first).items():
        data[name] = section
    question: Question = page.build(Question, data)
    expected = path.stem.replace("_", ".", 1)
    if question.id != expected:
        raise page.error(data.lines["id"], f"the id is {question.id!r}", f"By its file name it is {expected!r}.")
    for name, options in ONE_OF.items():
        if (value := data[name]) not in options:
            raise page.error(data.lines[name], str(unknown(name, value, options)))
    return question


@lru_cache(maxsize=4)
def _read(folder: Path, paths: tuple[tuple[Path, int], ...]) -> dict[str, Question]:
    read = (read_question(path.read_text(encoding="utf-8"), path) for path, _ in paths)
    return {question.id: question for question in read}


class _Lined(dict[str, Any]):
    """A mapping that knows the line of each of its keys, and its own."""

    def __init__(self, line: int, lines: dict[str, int]) -> None:
        super().__init__()
        self.line, self.lines = line, lines


class _Page:
    """One file while it is read: it knows its path, for errors."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def error(self, line: int, message: str, remedy: str = "") -> WorkbookError:
        return WorkbookError(f"{self.path.name}, line {line}: {message}", remedy)

    def split(self, text: str) -> tuple[str, str, int]:
        """Front matter, body, and the line on which the body begins."""
        lines = text.splitlines()
        if not lines or lines[0] != "---" or "---" not in lines[1:]:
            raise self.error(1, "no front matter", "The first line is ---, and so is the line after the last field.")
        end = lines.index("---", 1)
        return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :]), end + 2

    def yaml(self, front: str) -> _Lined:
        import yaml

        try:
            data = yaml.load(front, Loader=_loader())
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 2 if error.problem_mark else 2
            remedy = "A text that holds ': ' or begins with a quote, a bracket or a star needs quotes around it."
            raise self.error(line, f"not YAML: {error.problem}", remedy) from error
        if not isinstance(data, _Lined):
            raise self.error(2, "the front matter is no mapping", "Write `field: value`.")
        return data

    def sections(self, body: str, first: int) -> dict[str, str]:
        found: dict[str, str] = {}
        for match in re.finditer(r"^## (.*)\n((?:(?!## ).*\n?)*)", body, re.MULTILINE):
            title, text = match[1].strip(), match[2].strip()
            line = first + body[: match.start()].count("\n")
            if title not in SECTIONS or SECTIONS[title] in found:
                twice = "stands twice" if title in SECTIONS else "is no section"
                raise self.error(line, f"{title!r} {twice}", f"Sections are {', '.join(SECTIONS)}.")
            found[SECTIONS[title]] = text if title != "Whiteboard" else self._mermaid(text, line)
        return found

    def _mermaid(self, text: str, line: int) -> str:
        if not (match := MERMAID.match(text)):
            raise self.error(line, "the whiteboard is no figure", "It is one fence: ```mermaid ... ```.")
        return match[1]

    def build(self, kind: Any, data: Any) -> Any:
        """A dataclass from a mapping; names that do not fit, and those that are absent, are errors."""
        name = kind.__name__.lower()
        if not isinstance(data, _Lined):
            raise self.error(2, f"a {name} is a mapping, not {str(data)[:40]!r}", f"Its fields: {_names(kind)}.")
        known = {field.name: field for field in fields(kind)}
        for key in data:
            if key not in known:
                close = nearest(str(key), known)
                hint = f"Did you mean {close!r}?" if close else f"Its fields: {_names(kind)}."
                raise self.error(data.lines.get(key, data.line), f"a {name} has no field {key!r}", hint)
        for key, field in known.items():
            if key not in data and field.default is MISSING and field.default_factory is MISSING:
                raise self.error(data.line, f"a {name} needs {_title(key)}")
        return kind(**{key: self._value(key, value, data.lines.get(key, 2)) for key, value in data.items()})

    def _value(self, key: str, value: Any, line: int) -> Any:
        if key in PARTS:
            return self.build(PARTS[key], value)
        if key in LISTS:
            if not isinstance(value, list):
                raise self.error(line, f"{key} is a list", "Each entry begins with `- `.")
            return tuple(LISTS[key](self, item) for item in value)
        if key == "sources":
            if not isinstance(value, dict):
                raise self.error(line, "sources are a mapping", "Write `Key: what it is`.")
            return {str(k): str(v) for k, v in value.items()}
        if key in ("low", "high", "value"):
            if not isinstance(value, int | float):
                raise self.error(line, f"{key} is a number, not {value!r}", "Write it without its unit.")
            return float(value)
        return self.text(value, line)

    def text(self, item: Any, line: int = 2) -> str:
        if not isinstance(item, str):
            where = getattr(item, "line", line)
            raise self.error(where, f"a text is expected, not {str(item)!r}", "Put quotes around the whole text.")
        return item.strip()

    def point(self, item: Any) -> Point:
        if not isinstance(item, _Lined) or len(item) != 1 or not isinstance(next(iter(item)), int):
            raise self.error(getattr(item, "line", 2), "a line of the rubric is `- POINTS: what`")
        ((points, what),) = item.items()
        return Point(int(points), self.text(what))


PARTS: Mapping[str, Any] = {"choice": Choice, "number": Number, "steps": Steps}
LISTS: Mapping[str, Callable[[_Page, Any], Any]] = {
    "options": lambda page, item: page.build(Option, item),
    "follow_ups": lambda page, item: page.build(FollowUp, item),
    "then": lambda page, item: page.build(FollowUp, item),
    "rubric": lambda page, item: page.point(item),
    **dict.fromkeys(("claims", "red_flags", "order"), lambda page, item: page.text(item)),
}


def _names(kind: Any) -> str:
    return ", ".join(field.name for field in fields(kind))


def _title(key: str) -> str:
    """The name under which a writer knows a field."""
    sections = {name: f"the section {title!r}" for title, name in SECTIONS.items()}
    return sections.get(key, f"the field {key!r}")


@lru_cache(maxsize=1)
def _loader() -> Any:
    """A safe loader whose mappings know their lines, and refuse a key that stands twice."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    def mapping(loader: Any, node: Any) -> _Lined:
        # Line 1 of the file is the ``---`` above the front matter.
        lines = {loader.construct_object(key): key.start_mark.line + 2 for key, _ in node.value}
        if len(lines) < len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a field stands twice", node.start_mark)
        data = _Lined(node.start_mark.line + 2, lines)
        data.update(loader.construct_mapping(node, deep=True))
        return data

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    return Loader
