"""The registry: a LanceDB table with one row an operation, in a folder or wherever LanceDB reaches.

Covers writing a document's operations so that only what changed is touched, its indexes, and reading rows. Every write
is one commit of LanceDB, so a process that is killed leaves the table as it was before or after. Leaves out reading
documents (``importing``) and ranking (``retrieval``).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from workbook.core.errors import WorkbookError
from workbook.tools.embedding import Encoder, MiniLm
from workbook.tools.operations import Operation

if TYPE_CHECKING:
    import pyarrow as pa
    from lancedb.table import Table

TABLE = "operations"
SEEN_WITHIN = timedelta(seconds=5)
"""After which a registry that is open sees what another process has written."""
EXACT_UP_TO = 10_000
"""Rows up to which every vector is compared; beyond, an index finds the nearest, nearly always."""
BITS = 3
"""Of each number in the index (RaBitQ): half a million rows are scanned nearly whole in less time than a third by 8."""


@dataclass(frozen=True)
class Written:
    """How many operations a write added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(self.added + other.added, self.changed + other.changed, self.removed + other.removed)


class Registry:
    """The operations at ``uri``, a folder or an address of LanceDB; made when it is not there yet.

    Vectors are those of ``encoder``, MiniLM's by default. Raises :class:`WorkbookError` when the table that lies there
    was written with another encoder, or is none of ours.
    """

    def __init__(self, uri: str, encoder: Encoder | None = None) -> None:
        self.uri, self.encoder = uri, encoder or MiniLm()
        self._demands: tuple[int, list[str]] = (-1, [])

    @cached_property
    def table(self) -> Table:
        """LanceDB's own table, for what is not covered here.

        Made where there is none. Raises ``WorkbookError`` where that fails, and where another encoder made its vectors.
        """
        from lancedb.index import FTS

        try:
            table = self._opened()
        except (OSError, RuntimeError, ValueError) as error:
            raise WorkbookError(f"no registry at {self.uri}: {str(error)[:300]}", "Give --db another place.") from error
        written = (table.schema.metadata or {}).get(b"encoder", b"").decode()
        if written != self.encoder.name:
            said = f"holds vectors of {written or 'nothing known'}, not of {self.encoder.name}"
            raise WorkbookError(f"the registry at {self.uri} {said}", "Import the documents into another --db.")
        if not _indexed(table, "text"):
            # Also of no rows: those that come later are searched from the first on, and indexed by index().
            table.create_index("text", config=FTS(stem=True, remove_stop_words=True))
        return table

    def __len__(self) -> int:
        return self.table.count_rows()

    def put(self, source: str, operations: Sequence[Operation]) -> Written:
        """Make ``operations`` all that the registry holds of ``source``, in one commit; equal rows are not touched.

        Raises ``WorkbookError`` where the table cannot be written.
        """
        old = self._versions(source)
        versions = {operation.id: operation.version for operation in operations}
        fresh = [operation for operation in operations if old.get(operation.id) != versions[operation.id]]
        gone = [id for id in old if id not in versions]
        if fresh or gone:
            merge = self.table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            if gone:
                merge = merge.when_not_matched_by_source_delete(f"id IN ({_quoted(gone)})")
            try:
                merge.execute(self._rows(fresh))
            except (OSError, RuntimeError, ValueError) as error:
                remedy = "What was written before is whole; import again to go on."
                raise WorkbookError(f"{source} was not written to {self.uri}: {str(error)[:300]}", remedy) from error
        changed = sum(operation.id in old for operation in fresh)
        return Written(len(fresh) - changed, changed, len(gone))

    def sources(self) -> set[str]:
        """The documents that rows come from."""
        return set(self.table.search().select(["source"]).limit(None).to_arrow()["source"].to_pylist())

    def get(self, ids: Collection[str]) -> list[Operation]:
        """The operations of those ids, in their order; one that is not there is left out."""
        if not ids:
            return []
        found = self.table.search().where(f"id IN ({_quoted(ids)})").limit(len(ids)).to_list()
        rows = {row["id"]: row for row in found}
        return [Operation.from_row(rows[id]) for id in ids if id in rows]

    def allowed(self, permissions: Collection[str]) -> str:
        """The condition, in the SQL of LanceDB, that an operation needs no permission but these.

        Rows are compared by their whole list of permissions, of which there are few: looking into the lists of 50,000
        rows took six times as long as the search itself. A list that was not there yet when they were counted is
        never met, so that an import meanwhile shows nobody what is not for them.
        """
        held = set(permissions)
        met = [demand for demand in self._demanded() if held.issuperset(json.loads(demand))]
        return f"permissions IN ({_quoted(met)})" if met else "false"

    def demands(self) -> set[str]:
        """Every permission that some operation needs."""
        return {permission for demand in self._demanded() for permission in json.loads(demand)}

    def index(self) -> None:
        """Bring the indexes up to date and pack the table; to be called after the last of many writes."""
        from lancedb.index import Bitmap, IvfRq

        if len(self) and not _indexed(self.table, "permissions"):
            self.table.create_index("permissions", config=Bitmap())
        if len(self) > EXACT_UP_TO and not _indexed(self.table, "vector"):
            self.table.create_index("vector", config=IvfRq(distance_type="cosine", num_bits=BITS))
        self.table.optimize()

    def _demanded(self) -> list[str]:
        """The lists of permissions that there are, as they are written; counted anew when the table has changed."""
        version = self.table.version
        if self._demands[0] != version:
            column = self.table.search().select(["permissions"]).limit(None).to_arrow()["permissions"]
            self._demands = version, sorted(column.unique().to_pylist())
        return self._demands[1]

    def _opened(self) -> Table:
        import lancedb

        database = lancedb.connect(self.uri, read_consistency_interval=SEEN_WITHIN)
        try:
            return database.open_table(TABLE)
        except ValueError:  # not there yet
            return database.create_table(TABLE, schema=self._schema, exist_ok=True)

    @property
    def _schema(self) -> pa.Schema:
        import pyarrow as pa

        texts = "id name description text schema version owner risk origin source permissions".split()
        return pa.schema(
            [
                *((name, pa.string()) for name in texts),
                ("cost", pa.float64()),
                ("vector", pa.list_(pa.float32(), self.encoder.dimensions)),
            ],
            metadata={"encoder": self.encoder.name},
        )

    def _rows(self, operations: Sequence[Operation]) -> pa.Table:
        import pyarrow as pa

        rows = [operation.to_row() for operation in operations]
        vectors = self.encoder.encode([row["text"] for row in rows])
        flat = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), self.encoder.dimensions)
        texts = pa.Table.from_pylist(rows, schema=pa.schema(list(self._schema)[:-1]))
        return texts.append_column(self._schema.field("vector"), flat).cast(self._schema)

    def _versions(self, source: str) -> dict[str, str]:
        """The version of each operation of a document, by its id."""
        query = self.table.search().where(f"source = {_quoted([source])}").select(["id", "version"])
        found = query.limit(None).to_arrow()
        return dict(zip(found["id"].to_pylist(), found["version"].to_pylist(), strict=True))


def _indexed(table: Table, column: str) -> bool:
    return any(column in index.columns for index in table.list_indices())


def _quoted(values: Iterable[str]) -> str:
    """Texts as literals of SQL, whatever they hold."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
