"""Documents into the registry: OpenAPI 3.0 and 3.1 and Swagger 2, from files, folders and addresses.

One document after the other is read, converted and written, each in one commit, so that an import that was stopped goes
on where it was: what is already there is neither embedded nor written again. What cannot become a tool is reported with
its reason. Leaves out the conversion itself (``openapi``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.tools.documents import is_url
from workbook.tools.openapi import from_openapi
from workbook.tools.operations import Operation
from workbook.tools.registry import Registry, Written

SUFFIXES = (".json", ".yaml", ".yml")
Track = Callable[[list[str]], Iterable[str]]


@dataclass(frozen=True)
class Failed:
    """What did not become a row: ``operation`` is empty where the whole file could not be read."""

    file: str
    operation: str
    reason: str


@dataclass
class Imported:
    """What an import did; ``total`` counts the operations of the registry afterwards."""

    written: Written = field(default_factory=Written)
    failed: list[Failed] = field(default_factory=list)
    files: int = 0
    total: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The document of ``workbook registry import --json``; ``imported`` counts what is new."""
        return {
            "imported": self.written.added,
            "changed": self.written.changed,
            "removed": self.written.removed,
            "failed": [vars(failure) for failure in self.failed],
            "files": self.files,
            "total": self.total,
        }


def import_documents(registry: Registry, paths: Sequence[str | Path], track: Track = iter) -> Imported:
    """Bring ``registry`` up to date with the documents at ``paths``: files, addresses, and folders with all below.

    Operations that a document no longer has are removed, and so are those of files that a folder no longer has. A
    document that cannot be read is reported, and keeps the rows that it had. ``track`` may show how far it is.
    Raises :class:`WorkbookError` when a path does not exist or a folder holds no document.
    """
    done = Imported()
    files = list({source_of(file): file for path in paths for file in documents(str(path))}.values())
    for file in track(files):
        done.written += _import(registry, file, done.failed)
    for source in _vanished(registry, paths, files):
        done.written += registry.put(source, [])
    registry.index()
    done.files, done.total = len(files), len(registry)
    return done


def documents(path: str) -> list[str]:
    """The documents at ``path``: itself, or the JSON and YAML files below a folder, sorted, without hidden ones.

    Raises ``WorkbookError`` where there is none.
    """
    if is_url(path) or Path(path).is_file():
        return [path]
    root = Path(path)
    if not root.is_dir():
        raise WorkbookError(f"no file or folder {path}", "Name OpenAPI documents, or a folder of them.")
    below = (found for found in root.rglob("*") if found.suffix.lower() in SUFFIXES and not found.is_dir())
    shown = [str(found) for found in below if not any(part[0] == "." for part in found.relative_to(root).parts)]
    if not shown:
        raise WorkbookError(f"no document in {path}", f"Expected files that end in {', '.join(SUFFIXES)}.")
    return sorted(shown)


def source_of(file: str) -> str:
    """What a document is called in the registry: the same wherever the command was started."""
    return file if is_url(file) else os.path.abspath(file)


def _import(registry: Registry, file: str, failed: list[Failed]) -> Written:
    try:
        converted = from_openapi(file)
    except WorkbookError as error:
        failed.append(Failed(file, "", error.message))
        return Written()
    except Exception as error:  # one strange document among thousands must not stop the others
        failed.append(Failed(file, "", f"cannot be converted: {type(error).__name__}: {error}"[:300]))
        return Written()
    failed += [Failed(file, failure.operation, failure.reason) for failure in converted.failed]
    source = source_of(file)
    return registry.put(source, [Operation.of(bound, source) for bound in converted.tools])


def _vanished(registry: Registry, paths: Sequence[str | Path], files: Sequence[str]) -> list[str]:
    """Documents below the folders of ``paths`` that the registry has and that are no longer there."""
    folders = [os.path.join(os.path.abspath(path), "") for path in map(str, paths) if os.path.isdir(path)]
    there = {source_of(file) for file in files}
    return sorted(known for known in registry.sources() - there if known.startswith(tuple(folders))) if folders else []
