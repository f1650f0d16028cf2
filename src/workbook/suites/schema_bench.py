"""Folders of JSON Schemas as their public repositories hold them: JSONSchemaBench and MaskBench.

One JSON file is one case. JSONSchemaBench keeps a bare schema a file; MaskBench wraps it, ``{"schema",
"tests": [{"valid", "data", "description"}, ...]}``, and brings instances on both sides. A file may also hold a
list of such wrapped cases, as the JSON Schema Test Suite's files do. A file that cannot be read is reported
with its name and never dropped. Of a key that stands twice in one object the last counts, as to all readers of
JSON that we know. Leaves out remote references: a schema is what stands in its file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.suites.json_rows import spread

EXPECTED = (
    "Expected a folder tree of JSON files, one a case: a bare schema (JSONSchemaBench), or "
    '{"schema": ..., "tests": [{"valid": true, "data": ...}]} (MaskBench).'
)
SHOWN = 5
LARGEST = 16 * 2**20
"""Bytes of a file; read, they take up to sixty times as much memory."""


@dataclass(frozen=True)
class Instance:
    """A value, and whether the schema it comes with admits it; ``note`` says where it is from."""

    value: Any
    valid: bool
    note: str = ""


@dataclass(frozen=True)
class SchemaCase:
    """A schema and its instances, which a bare schema has none of; ``id`` is the file's path inside the folder."""

    id: str
    schema: Any
    instances: tuple[Instance, ...] = ()


@dataclass(frozen=True)
class BadFile:
    """A file that is no case, and why."""

    id: str
    reason: str


def load_cases(source: str | Path, limit: int | None = None) -> Iterator[SchemaCase | BadFile]:
    """Every case below ``source``, a folder or one file, in the order of the paths, read one at a time.

    ``limit`` takes that many files, spread evenly, so that a few stand for all folders.
    Raises :class:`WorkbookError` when there is no JSON file at all.
    """
    root = Path(source)
    for path in spread(case_files(root), limit):
        yield from read_file(path, root)


def case_files(root: Path) -> list[Path]:
    """The JSON files below ``root``, sorted; ``root`` itself when it is a file. ``WorkbookError`` without any."""
    if not root.exists():
        raise WorkbookError(f"no folder {root}", "Give --data the path of a checkout's folder of schemas.")
    found = [root] if root.is_file() else sorted(path for path in root.rglob("*.json") if not path.is_dir())
    if not found:
        raise WorkbookError(f"no JSON files in {root}; it holds {_listing(root)}", EXPECTED)
    return found


def read_file(path: Path, root: Path) -> list[SchemaCase | BadFile]:
    """The cases of one file: one, unless it holds a list; or the reason why there is none."""
    name = path.relative_to(root).as_posix() if path != root else path.name
    if not path.is_file():
        return [BadFile(name, "no file: a broken link, or something else")]
    if path.stat().st_size > LARGEST:
        return [BadFile(name, f"{path.stat().st_size:,} bytes, and the limit is {LARGEST:,}")]
    try:
        # A byte order mark, which some editors write, is no part of the JSON.
        data = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_refuse)
    except RecursionError:
        return [BadFile(name, "nested too deeply to be read")]
    except (ValueError, OSError) as error:
        return [BadFile(name, f"not JSON: {str(error)[:160]}")]
    if isinstance(data, list) and data:
        return [read_case(item, f"{name}#{index}") for index, item in enumerate(data)]
    return [read_case(data, name)]


def read_case(data: Any, name: str) -> SchemaCase | BadFile:
    """One case of the content of a file, bare or wrapped."""
    if not isinstance(data, Mapping | bool):
        return BadFile(name, f"a schema is an object or a boolean, not {_kind(data)}")
    if not is_wrapped(data):
        return SchemaCase(name, data)
    assert isinstance(data, Mapping)
    try:
        return SchemaCase(name, _schema_of(data), tuple(_instance(test) for test in data.get("tests") or ()))
    except ValueError as error:
        return BadFile(name, str(error))


def is_wrapped(data: Any) -> bool:
    """Whether a file's content is MaskBench's form: ``schema`` beside ``tests`` or ``meta``, no keyword of its own."""
    return isinstance(data, Mapping) and "schema" in data and bool({"tests", "meta"} & set(data))


def _schema_of(data: Mapping[str, Any]) -> Any:
    if not isinstance(data["schema"], Mapping | bool):
        raise ValueError(f"'schema' is {_kind(data['schema'])}")
    if not isinstance(data.get("tests") or [], list):
        raise ValueError(f"'tests' is {_kind(data['tests'])}, not a list")
    return data["schema"]


def _instance(test: Any) -> Instance:
    if not isinstance(test, Mapping) or "data" not in test or not isinstance(test.get("valid"), bool):
        held = ", ".join(test) if isinstance(test, Mapping) else _kind(test)
        raise ValueError(f"a test needs 'data' and a boolean 'valid'; it has {held or 'nothing'}")
    return Instance(test["data"], test["valid"], str(test.get("description", "")))


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a string", type(None): "null", dict: "an object", bool: "a boolean"}
    return names.get(type(value), "a number")


def _listing(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (", ".join(names[:SHOWN]) or "nothing") + more


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
