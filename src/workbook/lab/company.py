"""The company of 500 APIs as an agent meets it: its registry, its gateway, and the chain from the one to the other.

Covers filling a registry with the catalogue, a served company that can begin anew, and operations as tools that call a
gateway. Leaves out tasks and arms (``enterprise``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.core.settings import data_dir
from workbook.gateway import Faults, ServedCompany, company, difference, snapshot
from workbook.gateway.documents import kept, whole
from workbook.gateway.state import Change, Snapshot
from workbook.tools import BoundTool, Toolbox
from workbook.tools.decomposition import best_retriever
from workbook.tools.embedding import Encoder, MiniLm
from workbook.tools.kept_vectors import KeptVectors, keep
from workbook.tools.openapi import from_openapi
from workbook.tools.openapi_requests import Repeats, repeating
from workbook.tools.operations import Operation, text_of
from workbook.tools.registry import Registry
from workbook.tools.retrieval import Hit, Retriever

if TYPE_CHECKING:
    from workbook.gateway.app import Settings

Read = Callable[[str], Iterable[BoundTool]]
"""The tools of a document, by the source that the registry names."""
PATIENT = Repeats(5)
"""A failure that may pass is tried six times in all, under one key."""


class Sources:
    """Operations as tools that can run: each document is converted when one of its operations is first needed."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._tools: dict[str, dict[str, BoundTool]] = {}

    def __call__(self, operations: Sequence[Operation]) -> Toolbox:
        """The tools, in the order of the operations. Raises what reading a document raises."""
        return Toolbox(self._of(operation.source)[operation.tool.name] for operation in operations)

    def _of(self, source: str) -> dict[str, BoundTool]:
        if source not in self._tools:
            self._tools[source] = {bound.name: bound for bound in self._read(source)}
        return self._tools[source]


def catalogue(address: str, credentials: Mapping[str, str]) -> dict[str, list[BoundTool]]:
    """The company's operations by department, as tools that call the gateway at ``address``, patiently.

    ``credentials`` hold the bearer token as ``token``; they are looked into at each call.
    """
    return {
        name: from_openapi(whole({name: document}, address), credentials=credentials, repeats=PATIENT).tools
        for name, document in kept().items()
    }


def fill(registry: Registry, tools: Mapping[str, Sequence[BoundTool]]) -> None:
    """Bring a registry up to date with the catalogue, a department a source; what is there already is not touched."""
    for department, its in tools.items():
        registry.put(department, [Operation.of(bound, department) for bound in its])
    registry.index()


def catalogue_encoder() -> Encoder:
    """MiniLM, with the catalogue's own texts by heart."""
    return KeptVectors(MiniLm(), vectors_path())


def vectors_path() -> Path:
    """Where the catalogue's vectors lie."""
    return data_dir() / "catalogue" / "vectors.npz"


def write_vectors() -> None:
    """Make the kept vectors anew; to be called when the catalogue's documents have changed."""
    tools = catalogue("", {})
    keep(MiniLm(), [text_of(bound.tool) for its in tools.values() for bound in its], vectors_path())


class Enterprise:
    """A served company, and its registry in a folder that goes away; a context manager."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._stack, self._settings = ExitStack(), settings
        self._keys = {"token": "nobody"}

    def __enter__(self) -> Enterprise:
        self.served = self._stack.enter_context(ServedCompany(settings=self._settings))
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        self.registry = Registry(folder, catalogue_encoder())
        self._tools = catalogue(self.served.address, self._keys)
        fill(self.registry, self._tools)
        self.retriever = _Recalled(best_retriever(self.registry))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def begin(self, scopes: Sequence[str] = ("*",), faults: Faults | None = None) -> None:
        """A fresh copy of the company, a token for these scopes, and faults that begin at their seed."""
        self.served.restart(company(), faults or Faults())
        self._keys["token"] = self.served.token("agent", *scopes)
        self._written = self.served.connection.total_changes

    def changes(self) -> list[Change]:
        """What is not as it was when the company began."""
        connection = self.served.connection
        return [] if connection.total_changes == self._written else difference(_at_first(), snapshot(connection))

    def tools(self, repeats: Repeats = PATIENT) -> Sources:
        """Operations as tools that call this company."""
        return Sources(lambda department: [repeating(bound, repeats) for bound in self._tools[department]])


@cache
def _at_first() -> Snapshot:
    return snapshot(company())


class _Recalled:
    """A retriever that is asked the same thing once: arms differ in what comes after it."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever, self.name = retriever, retriever.name
        self._known: dict[tuple[str, int, frozenset[str]], list[Hit]] = {}

    def search(self, queries: Sequence[str], k: int = 5, permissions: Collection[str] = ()) -> list[list[Hit]]:
        """The retriever's best ``k`` for each query."""
        held = frozenset(permissions)
        fresh = [query for query in dict.fromkeys(queries) if (query, k, held) not in self._known]
        for query, hits in zip(fresh, self._retriever.search(fresh, k, permissions), strict=True):
            self._known[query, k, held] = hits
        return [self._known[query, k, held] for query in queries]
