"""BFCL's single-turn sets as they lie in the public repository: ``BFCL_v4_CATEGORY.json`` and ``possible_answer/``.

JSON Lines in spite of the name; no answers for relevance and irrelevance. A row that cannot be scored is left out with
its reason and counted; a folder of an unknown layout is an error that says what was seen and what was expected. Leaves
out the judging (``bfcl_checker``), conversations of several turns, and the agentic sets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.core.chat import ROLES, Message, Tool
from workbook.core.errors import WorkbookError
from workbook.core.settings import data_dir, unknown
from workbook.suites.bfcl_checker import Answer, Function
from workbook.suites.bfcl_schemas import bfcl_tool
from workbook.suites.json_rows import json_rows, spread

CATEGORIES = (
    "simple_python", "simple_java", "simple_javascript", "multiple", "parallel", "parallel_multiple", "irrelevance",
    "live_simple", "live_multiple", "live_parallel", "live_parallel_multiple", "live_irrelevance", "live_relevance",
    "simple", "java", "javascript",
)  # fmt: skip
"""What is scored, by the names of the files; the last three are older names of the first three."""
EXPECTED = (
    "Expected the folder bfcl_eval/data: files BFCL_v4_CATEGORY.json of rows "
    '{"id", "question": [[{"role", "content"}]], "function": [{"name", "parameters"}]} and, under the same names, '
    'possible_answer/ of rows {"id", "ground_truth": [{name: {argument: [values]}}]}.'
)
NAME = re.compile(r"BFCL_v(\d+)_(\w+)\.json")
SHOWN = 8


@dataclass(frozen=True)
class BfclRow:
    """A request with the functions at hand. ``answers`` are the calls to make; without any none is right or wrong.

    ``wants_call`` is False where no call is right (irrelevance), and True where one is, whatever it be (relevance).
    """

    id: str
    category: str
    messages: tuple[Message, ...]
    functions: tuple[Function, ...]
    tools: tuple[Tool, ...]
    answers: tuple[Answer, ...] = ()

    @property
    def wants_call(self) -> bool:
        """Whether some call is right; in categories of irrelevance none is."""
        return "irrelevance" not in self.category

    @property
    def language(self) -> str:
        """``python``, ``java`` or ``javascript``: the language in which string arguments are written."""
        return language_of(self.category)


@dataclass(frozen=True)
class BfclSet:
    """The rows of the chosen categories; ``left_out`` says which are not scored, and why."""

    rows: tuple[BfclRow, ...]
    left_out: tuple[str, ...] = ()


def load_bfcl(source: str | Path, categories: Sequence[str] = (), limit: int | None = None) -> BfclSet:
    """The single-turn rows of a folder, of all categories or of those named; ``limit`` takes so many, evenly spread.

    Raises :class:`WorkbookError` for an unknown layout and for a category without a single row that can be scored.
    """
    root = Path(source)
    if not root.is_dir():
        raise WorkbookError(f"no folder {root}", EXPECTED)
    files = _files(root)
    chosen = [_known(name, files) for name in categories] or [name for name in files if name in CATEGORIES]
    if not chosen:
        raise _strange(root, "it has no set of one turn")
    rows: list[BfclRow] = []
    left_out = [f"{name}: not of one turn" for name in files if name not in CATEGORIES] if not categories else []
    for name in dict.fromkeys(chosen):
        found, reasons = _category(name, files[name])
        if not found:
            raise _strange(
                root, f"not one row of {files[name].name} can be scored ({'; '.join(reasons[:3]) or 'empty'})"
            )
        rows += found
        left_out += reasons
    return BfclSet(tuple(spread(rows, limit)), tuple(left_out))


def unscripted() -> Path:
    """The folder of the shipped rows in this form: made by no template or generator, and none of them BFCL's."""
    return data_dir() / "tasks" / "unscripted"


def language_of(category: str) -> str:
    """``java``, ``javascript`` or ``python``."""
    return next((language for language in ("javascript", "java") if language in category), "python")


def _files(root: Path) -> dict[str, Path]:
    """The newest file of each category, in our order; those right in the folder hide those below."""
    found = sorted(root.glob("BFCL_v*_*.json")) or [
        path for path in sorted(root.rglob("BFCL_v*_*.json")) if path.parent.name == "data"
    ]
    named = [(int(match[1]), match[2], path) for path in found if (match := NAME.fullmatch(path.name))]
    if not named:
        raise _strange(root, "it has no file BFCL_v4_CATEGORY.json")
    newest = {name: path for _, name, path in sorted(named, key=lambda one: one[0])}
    order = [name for name in CATEGORIES if name in newest] + sorted(newest.keys() - set(CATEGORIES))
    return {name: newest[name] for name in order}


def _known(name: str, files: Mapping[str, Path]) -> str:
    there = [category for category in files if category in CATEGORIES]
    if name not in there:
        raise unknown("category", name, there)
    return name


def _category(name: str, path: Path) -> tuple[list[BfclRow], list[str]]:
    answers = None if name.endswith("relevance") else _answers(path)
    rows: list[BfclRow] = []
    reasons: list[str] = []
    for number, row in enumerate(json_rows(path), 1):
        id = str(row.get("id") or f"{name}, row {number}")
        try:
            rows.append(_row(row, id, name, answers))
        except ValueError as error:
            reasons.append(f"{id}: {error}")
    return rows, reasons


def _answers(path: Path) -> Mapping[Any, Any]:
    answer = path.parent / "possible_answer" / path.name
    if not answer.is_file():
        raise _strange(path.parent, f"{path.name} has no answers in possible_answer/")
    return {row.get("id"): row.get("ground_truth") for row in json_rows(answer)}


def _row(row: Mapping[str, Any], id: str, category: str, answers: Mapping[Any, Any] | None) -> BfclRow:
    functions = row.get("function")
    if not isinstance(functions, list) or not all(isinstance(one, Mapping) for one in functions):
        raise ValueError(f"'function' is no list of objects; it has {', '.join(map(str, row)) or 'nothing'}")
    tools = tuple(bfcl_tool(one, language_of(category)) for one in functions)
    answer = () if answers is None else _answer(answers.get(row.get("id")))
    return BfclRow(id, category, _messages(row.get("question")), tuple(functions), tools, answer)


def _messages(question: Any) -> tuple[Message, ...]:
    """The messages of the one turn; a bare list of messages is a turn, too."""
    turns = question if isinstance(question, list) else []
    turns = [turns] if turns and isinstance(turns[0], Mapping) else turns
    if len(turns) != 1 or not isinstance(turns[0], list) or not turns[0]:
        raise ValueError(f"'question' has {len(turns)} turns and not one")
    return tuple(_message(one) for one in turns[0])


def _message(one: Any) -> Message:
    content = one.get("content") if isinstance(one, Mapping) else None
    if not isinstance(content, str) or one.get("role") not in ROLES:
        raise ValueError(f"no message of a role and a text: {str(one)[:60]!r}")
    return Message(one["role"], content)


def _answer(given: Any) -> tuple[Answer, ...]:
    if not isinstance(given, list) or not given:
        raise ValueError("it has no answer")
    return tuple(_expected(one) for one in given)


def _expected(one: Any) -> Answer:
    named: Iterable[Any] = one.items() if isinstance(one, Mapping) else ()
    listed = [(name, accepted) for name, accepted in named if isinstance(accepted, Mapping)]
    if len(listed) != 1 or not all(isinstance(values, list) for values in listed[0][1].values()):
        raise ValueError(f"an answer is no {{name: {{argument: [values]}}}}: {str(one)[:60]!r}")
    return dict(listed)


def _strange(root: Path, said: str) -> WorkbookError:
    names = sorted(path.name for path in root.iterdir())
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return WorkbookError(f"{root} is no BFCL: {said}; it holds {', '.join(names[:SHOWN]) or 'nothing'}{more}", EXPECTED)
