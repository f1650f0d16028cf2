"""Small parts for tests of the registry: an encoder without weights, and documents of a few operations."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbook.core.chat import Tool
from workbook.tools.operations import Operation
from workbook.tools.registry import Registry
from workbook.tools.toolbox import Terms


class ToyEncoder:
    """Counts words into 64 places; remembers what it was given."""

    dimensions = 64

    def __init__(self, name: str = "toy") -> None:
        self.name = name
        self.seen: list[str] = []

    def encode(self, texts: Sequence[str]) -> Any:
        self.seen += texts
        vectors = np.full((len(texts), self.dimensions), 1e-3, np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in text.lower().replace(".", " ").replace(":", " ").split():
                vector[zlib.crc32(word.encode()) % self.dimensions] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def operation(name: str, description: str = "", permissions: Iterable[str] = (), source: str = "made") -> Operation:
    """An operation without parameters."""
    return Operation(Tool(name, description), source, terms=Terms(tuple(permissions)))


def filled(folder: Path, *operations: Operation) -> Registry:
    """A registry that holds these operations."""
    registry = Registry(str(folder / "registry"), ToyEncoder())
    for source in dict.fromkeys(one.source for one in operations):
        registry.put(source, [one for one in operations if one.source == source])
    registry.index()
    return registry


def document(*names: str, **more: Any) -> dict[str, Any]:
    """An OpenAPI document of one operation a name."""
    get = {name: {"get": {"operationId": name, "summary": f"Does {name}.", "responses": {}}} for name in names}
    paths = {f"/{name}": item for name, item in get.items()}
    return {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths, **more}


def write(folder: Path, name: str, content: Any) -> Path:
    """A document as a JSON file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
