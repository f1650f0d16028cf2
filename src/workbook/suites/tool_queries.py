"""Requests in words with the tools that they need: ToolE, Seal-Tools and BFCL, as their repositories hold them.

Each format gives one or two sets: a pool of tools, and queries that need some of it. A row that cannot be scored is
left out with its reason and counted; a folder of an unknown layout is an error that says what was seen and what was
expected. Tools are read for their words: the types of their parameters stay in each set's own spelling. Leaves out
how anything is found (``workbook.tools.retrieval``) and scored (``workbook.lab.retrieval``).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbook.core.chat import Tool
from workbook.core.errors import WorkbookError
from workbook.core.settings import unknown
from workbook.suites.json_rows import json_rows

SHOWN = 8
EXPECTED = {
    "toole": "plugin_des.json beside data/all_clean_data.csv (columns Query, Tool); for two tools also "
    "big_tool_des.json and data/multi_tool_query_golden.json",
    "sealtools": 'tool.jsonl (rows {"api_name", "api_description", "parameters"}) beside test_in_domain.jsonl or '
    'test_out_domain.jsonl (rows {"id", "query", "calling": [{"api"}]})',
    "bfcl": 'BFCL_v4_CATEGORY.json (rows {"id", "question", "function"}) and, under the same name, '
    'possible_answer/ (rows {"id", "ground_truth"})',
}


@dataclass(frozen=True)
class ToolQuery:
    """A request, and the names of all tools that it needs."""

    id: str
    text: str
    needed: tuple[str, ...]


@dataclass(frozen=True)
class QuerySet:
    """Queries over one pool of tools with unique names; ``left_out`` says which rows are not scored, and why."""

    name: str
    tools: tuple[Tool, ...]
    queries: tuple[ToolQuery, ...]
    left_out: tuple[str, ...] = ()


def load_queries(source: str | Path, format: str, limit: int | None = None) -> list[QuerySet]:
    """The sets of a checkout's folder, whole pools, with at most ``limit`` queries, evenly spread over all of them.

    Raises :class:`WorkbookError` for an unknown layout, and when not one query can be scored.
    """
    if format not in LOADERS:
        raise unknown("format", format, LOADERS)
    root = Path(source)
    if not root.is_dir():
        raise WorkbookError(f"no folder {root}", f"Give --data a checkout's folder with {EXPECTED[format]}.")
    sets = [_scorable(one) for one in LOADERS[format](root)]
    count = sum(len(one.queries) for one in sets)
    if not count:
        reasons = "; ".join(reason for one in sets for reason in one.left_out[:3]) or "it has no rows"
        raise _strange(root, format, f"not one row of it can be scored: {reasons}")
    return _limited(sets, count, limit) if limit else [one for one in sets if one.queries]


def _toole(root: Path) -> Iterator[QuerySet]:
    pool = _find(root, "plugin_des.json", "toole")
    rows = list(_table(_find(root, "all_clean_data.csv", "toole"), ("Query", "Tool"), root))
    yield QuerySet("single", _described(pool), tuple(
        ToolQuery(f"single-{index}", _text(row["Query"]), (_text(row["Tool"]),)) for index, row in enumerate(rows)
    ))  # fmt: skip
    golden, large = (
        next(iter(_named(root, name)), None) for name in ("multi_tool_query_golden.json", "big_tool_des.json")
    )
    if golden and large:
        yield QuerySet("multi", _described(large), tuple(
            ToolQuery(f"multi-{index}", _text(row.get("query")), _texts(row.get("tool")))
            for index, row in enumerate(json_rows(golden))
        ))  # fmt: skip


def _sealtools(root: Path) -> Iterator[QuerySet]:
    pool = _find(root, "tool.jsonl", "sealtools")
    tools = tuple(
        Tool(_text(row.get("api_name")), _text(row.get("api_description")), _parameters(row.get("parameters")))
        for row in json_rows(pool)
    )
    files = sorted(pool.parent.glob("test_*.jsonl"))
    if not files:
        raise _strange(root, "sealtools", f"it has no test_*.jsonl beside {pool.name}")
    queries = tuple(
        ToolQuery(str(row.get("id", f"{file.stem}-{index}")), _text(row.get("query")), _texts(
            call.get("api") for call in row.get("calling") or () if isinstance(call, Mapping)
        ))
        for file in files for index, row in enumerate(json_rows(file))
    )  # fmt: skip
    yield QuerySet("all", tools, queries)


def _bfcl(root: Path) -> Iterator[QuerySet]:
    files = [file for file in _named(root, "BFCL_v*_*.json") if file.parent.name != "possible_answer"]
    single = [file for file in files if re.search(r"_v\d+_(live_)?(simple|multiple|parallel|irrel|relev)", file.name)]
    if not single:
        raise _strange(root, "bfcl", "it has no file BFCL_v*_{simple_python,multiple,...}.json")
    tools: list[Tool] = []
    queries: list[ToolQuery] = []
    for file in single:
        answer = file.parent / "possible_answer" / file.name
        needed = (
            {row.get("id"): _names(row.get("ground_truth")) for row in json_rows(answer)} if answer.is_file() else {}
        )
        for row in json_rows(file):
            tools += [_function(one) for one in row.get("function") or () if isinstance(one, Mapping)]
            if answer.is_file():
                queries.append(
                    ToolQuery(str(row.get("id")), _asked(row.get("question")), needed.get(row.get("id"), ()))
                )
    if not queries:
        raise _strange(root, "bfcl", "it has no possible_answer/ beside its questions")
    yield QuerySet("all", tuple(tools), tuple(queries))


LOADERS: Mapping[str, Callable[[Path], Iterator[QuerySet]]] = {"toole": _toole, "sealtools": _sealtools, "bfcl": _bfcl}


def _scorable(found: QuerySet) -> QuerySet:
    """The set with the first tool of each name, and the queries whose tools are all in the pool."""
    tools = {tool.name: tool for tool in reversed(found.tools) if tool.name}
    kept, left_out = [], []
    for query in found.queries:
        absent = [name for name in query.needed if name not in tools]
        if absent or not query.needed or not query.text:
            lack = f"needs {', '.join(absent)}, not in the pool" if absent else "names no tool or has no text"
            left_out.append(f"{query.id}: {lack}")
        else:
            kept.append(query)
    return replace(found, tools=tuple(reversed(tools.values())), queries=tuple(kept), left_out=tuple(left_out))


def _limited(sets: Sequence[QuerySet], count: int, limit: int) -> list[QuerySet]:
    chosen = {index * count // limit for index in range(min(limit, count))} if limit < count else set(range(count))
    cut, start = [], 0
    for one in sets:
        queries = tuple(query for place, query in enumerate(one.queries, start) if place in chosen)
        start += len(one.queries)
        cut.append(replace(one, queries=queries))
    return [one for one in cut if one.queries]


def _named(root: Path, name: str) -> list[Path]:
    """Files of that name in the folder or below, the nearest first."""
    return sorted(root.rglob(name), key=lambda path: (len(path.parts), str(path)))


def _find(root: Path, name: str, format: str) -> Path:
    found = _named(root, name)
    if not found:
        raise _strange(root, format, f"it has no {name}")
    return found[0]


def _strange(root: Path, format: str, said: str) -> WorkbookError:
    names = sorted(path.name for path in root.iterdir())
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    seen = (", ".join(names[:SHOWN]) or "nothing") + more
    return WorkbookError(
        f"{root} is not laid out as {format}: {said}; it holds {seen}", f"Expected {EXPECTED[format]}."
    )


def _table(path: Path, columns: Sequence[str], root: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not set(columns) <= set(reader.fieldnames or ()):
            seen = ", ".join(reader.fieldnames or ()) or "none"
            raise _strange(root, "toole", f"{path.name} has the columns {seen}")
        yield from reader


def _described(path: Path) -> tuple[Tool, ...]:
    """The tools of an object of names and descriptions."""
    try:
        described = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise WorkbookError(f"{path} is not JSON: {error}", "Check out the set again.") from error
    if not isinstance(described, Mapping):
        raise WorkbookError(f"{path} is no object of names and descriptions", f"Expected {EXPECTED['toole']}.")
    return tuple(Tool(name.strip(), _text(said)) for name, said in described.items())


def _function(given: Mapping[str, Any]) -> Tool:
    parameters = given.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
    return Tool(_text(given.get("name")), _text(given.get("description")), _parameters(properties))


def _parameters(properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties) if isinstance(properties, Mapping) else {}}


def _asked(question: Any) -> str:
    """What the user says in all turns; a turn is a list of messages."""
    turns = question if isinstance(question, list) else []
    messages = [
        one for turn in turns for one in (turn if isinstance(turn, list) else [turn]) if isinstance(one, Mapping)
    ]
    return "\n".join(_text(one.get("content")) for one in messages if one.get("role") == "user")


def _names(ground_truth: Any) -> tuple[str, ...]:
    """The functions of an answer, a list of ``{name: arguments}``."""
    calls = ground_truth if isinstance(ground_truth, list) else []
    return _texts(name for call in calls if isinstance(call, Mapping) for name in call)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(values: Any) -> tuple[str, ...]:
    """Each text once, in order; a single one counts as a list."""
    several: Iterable[Any] = [values] if isinstance(values, str) else values or ()
    return tuple(dict.fromkeys(_text(value) for value in several if _text(value)))
