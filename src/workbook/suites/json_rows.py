"""Rows of public sets: a file of JSON Lines or of one JSON list, whatever its name ends in, and some of many evenly."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from workbook.core.errors import WorkbookError

T = TypeVar("T")


def json_rows(path: Path) -> list[Mapping[str, Any]]:
    """The objects of ``path``, other values left out; a line that is no JSON is an error that names it.

    A byte order mark, empty lines and a missing newline at the end are no mistakes.
    """
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WorkbookError(f"{path} cannot be read: {error}", "Check out the set again.") from error
    # Not splitlines: a text in a row may hold other separators, such as U+2028.
    values = _value(text, path, 0) if text.startswith("[") else _lines(text, path)
    return [value for value in values if isinstance(value, Mapping)]


def spread(items: Sequence[T], limit: int | None) -> list[T]:
    """``limit`` of the items, at even distances from the first on; all of them when there are no more."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[index * len(items) // limit] for index in range(limit)]


def _lines(text: str, path: Path) -> list[Any]:
    return [_value(line, path, number) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _value(text: str, path: Path, number: int) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f", line {number}" if number else ""
        raise WorkbookError(f"{path}{where} is not JSON: {str(error)[:120]}", "Check out the set again.") from error
