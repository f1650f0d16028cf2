"""Traces as JSON lines, and secrets blotted out of them.

The first line is the run without its steps, each further line one step. Pure ASCII, so that whatever a model wrote,
half a surrogate pair included, is read back equal.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from workbook.agent.trace import Trace
from workbook.core.errors import WorkbookError
from workbook.core.files import write_whole

BLOT = "[redacted]"


def save(trace: Trace, path: Path) -> None:
    """Write a run as JSON Lines, in ASCII and in one step; raises :class:`WorkbookError` where that cannot be."""
    run = asdict(trace)
    lines = [json.dumps(part) for part in (run | {"steps": []}, *run["steps"])]
    try:
        write_whole(path, "".join(f"{line}\n" for line in lines))
    except OSError as error:
        raise WorkbookError(f"the trace cannot be written to {path}: {error.strerror}", "Name another file.") from error


def load(path: Path) -> Trace:
    """Read a saved trace; raises :class:`WorkbookError` with the reason when ``path`` holds none."""
    try:
        run, *steps = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
        return rebuilt(Trace, run | {"steps": steps})
    except OSError as error:
        raise WorkbookError(f"{path} cannot be read: {error.strerror}", "Check the path.") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = str(error) or type(error).__name__
        raise WorkbookError(f"{path} is no saved trace: {reason}", "Trace.save writes one.") from error


def redacted(trace: Trace, secrets: Collection[str]) -> Trace:
    """The trace with each secret blotted out, in the spelling of JSON strings too."""
    spellings = {spelled for secret in secrets if secret for spelled in _spellings(secret)}
    if not spellings:
        return trace
    # The longest first: a secret may be a part of another one.
    return _blotted(trace, sorted(spellings, key=len, reverse=True))


def rebuilt(kind: Any, data: Any) -> Any:
    """A value of type ``kind`` from what ``asdict`` and JSON made of it."""
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: rebuilt(hints[name], value) for name, value in data.items()})
    if get_origin(kind) is tuple:
        return tuple(rebuilt(get_args(kind)[0], item) for item in data)
    if get_origin(kind) is UnionType and data is not None:
        return rebuilt(get_args(kind)[0], data)
    return data


def _spellings(secret: str) -> set[str]:
    return {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}


def _blotted(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, BLOT)
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _blotted(getattr(value, field.name), secrets) for field in fields(value)})
    if isinstance(value, Mapping):
        return {_blotted(key, secrets): _blotted(item, secrets) for key, item in value.items()}
    return type(value)(_blotted(item, secrets) for item in value) if isinstance(value, list | tuple) else value
