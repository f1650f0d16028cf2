"""``workbook registry``: the operations of many APIs in one searchable place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from workbook.cli.console import err, print_json, print_table, stdout_kept_free
from workbook.core.errors import WorkbookError

FAILURES_SHOWN = 10
Db = Annotated[str, typer.Option(help="A folder, which is made, or an address of LanceDB such as s3://bucket/path.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(no_args_is_help=True, epilog="Example: workbook registry import specs --db registry")
    example = "Example: workbook registry import billing.yaml specs --db registry --json"
    group.command("import", epilog=example)(import_paths)
    group.command("search", epilog='Example: workbook registry search "refund a customer" --db registry')(search)
    app.add_typer(group, name="registry", help="Keep the operations of many APIs, and find the right ones.")


def import_paths(
    paths: Annotated[list[str], typer.Argument(help="OpenAPI 3 or Swagger 2 documents, folders of them, addresses.")],
    db: Db,
    json: Json = False,
) -> None:
    """Bring the registry up to date with these documents; an import that was stopped goes on where it was.

    What did not become an operation is listed with its reason. Exit status 1 when not one of the documents is there
    afterwards.
    """
    with stdout_kept_free():
        document = _imported(paths, db)
    if json:
        print_json(document)
    else:
        _show(document)
    raise typer.Exit(0 if document["total"] else 1)


def search(
    query: Annotated[str, typer.Argument(help="What you want done, in your own words.")],
    db: Db,
    k: Annotated[int, typer.Option(min=1, help="How many operations.")] = 5,
    permission: Annotated[list[str] | None, typer.Option(help="One that you hold; again for more.")] = None,
    json: Json = False,
) -> None:
    """The operations that fit best, among those that need no permission beyond yours."""
    with stdout_kept_free():
        rows = _found(query, db, k, permission or [])
    if json:
        print_json(rows)
    else:
        shown = [[row["name"], row["risk"], row["owner"], row["description"]] for row in rows]
        print_table(["name", "risk", "owner", "what it does"], shown, wide="what it does")


def _imported(paths: list[str], db: str) -> dict[str, Any]:
    from workbook.tools.importing import import_documents
    from workbook.tools.registry import Registry

    return import_documents(Registry(db), paths, _followed).to_dict()


def _followed(files: list[str]) -> Iterable[str]:
    """The files, with a bar on stderr."""
    from rich.progress import track

    err.print(f"{len(files)} documents")
    return track(files, description="import", console=err, transient=True)


def _show(document: dict[str, Any]) -> None:
    counts = ["imported", "changed", "removed", "total"]
    print_table(counts, [[f"{document[name]:,}" for name in counts]])
    for failure in document["failed"][:FAILURES_SHOWN]:
        err.print(f"not imported: {failure['file']}: {failure['operation'] or 'all of it'}: {failure['reason']}",
                  soft_wrap=True, markup=False)  # fmt: skip
    if len(document["failed"]) > FAILURES_SHOWN:
        err.print(f"... and {len(document['failed']) - FAILURES_SHOWN} more: see them all with --json")


def _found(query: str, db: str, k: int, permissions: list[str]) -> list[dict[str, Any]]:
    from workbook.tools.decomposition import best_retriever
    from workbook.tools.registry import Registry

    registry = Registry(db)
    if not len(registry):
        raise WorkbookError(f"the registry at {db} is empty", f"Fill it: workbook registry import PATH... --db {db}")
    (hits,) = best_retriever(registry).search([query], k, permissions)
    found = registry.get([hit.id for hit in hits])
    return [
        {"name": one.tool.name, "description": one.tool.description.split("\n")[0], "risk": one.risk,
         "owner": one.terms.owner, "cost": one.terms.cost, "source": one.source, "version": one.version}
        for one in found
    ]  # fmt: skip
