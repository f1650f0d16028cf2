"""``workbook bench gateway``: load with faults on, proven from the database."""

from __future__ import annotations

from typing import Annotated

import typer

from workbook.cli.console import err, print_json, print_table, stdout_kept_free

EXAMPLE = "Example: workbook bench gateway --rate 200 --seconds 60 --json"


def gateway(
    rate: Annotated[
        float, typer.Option(min=0.1, help="Requests a second, whether or not earlier ones are done.")
    ] = 200,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long they keep coming.")] = 60,
    faults: Annotated[
        str, typer.Option(help="As for workbook gateway serve; a mixture of all kinds by default, '' for none.")
    ] = "mixed",
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Load a gateway with faults on, kill it, and count in its database what was lost and what was done twice.

    Exit status 1 when something was, and when a request was never answered.
    """
    from workbook.gateway.faults import Faults
    from workbook.lab.bench_gateway import FAULTS, bench_gateway

    with stdout_kept_free():
        chosen = FAULTS if faults == "mixed" else Faults.parse(faults)
        document = bench_gateway(rate, seconds, chosen, progress=err.print)
    (row,) = document["rows"]
    if json:
        print_json(document)
    else:
        shown = [[name.replace("_", " "), str(value)] for name, value in row.items()]
        print_table(["", ""], shown, title=f"gateway, {document['hardware']}", wide="")
    raise typer.Exit(1 if row["lost"] or row["duplicated"] or row["given_up"] else 0)
