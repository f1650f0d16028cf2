"""``workbook gateway``: serve the company's APIs, and make tokens for them."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbook.cli.console import err, print_json, stdout_kept_free

if TYPE_CHECKING:
    import sqlite3

STATE = Path("runs/gateway.sqlite")
STATE_HELP = "The company's database; a new file is filled."


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(no_args_is_help=True, epilog="Example: workbook gateway serve --port 8080")
    group.command("serve", epilog="Example: workbook gateway serve --faults error=0.1,latency=0.2,seed=3")(serve)
    group.command("token", epilog="Example: workbook gateway token front-desk --scope 'people.*'")(token)
    group.command("watch", epilog="Example: workbook gateway watch http://127.0.0.1:8080 --calm 500")(watch)
    app.add_typer(group, name="gateway", help="500 internal APIs of a company, behind a real gateway.")


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="On this machine only; 0 takes a free one.")] = 8080,
    faults: Annotated[
        str,
        typer.Option(
            help="latency, error, busy, malformed, dropped, stale, demanding, each a share: error=0.1,seed=3."
        ),
    ] = "",
    rate: Annotated[float, typer.Option(help="Requests a second that each client may make.")] = 50.0,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time limit of a request.")] = 10.0,
    state: Annotated[Path, typer.Option(help=STATE_HELP)] = STATE,
) -> None:
    """Serve the company until interrupted. Documents are at /openapi.json, metrics at /metrics.

    A token with the scope gateway.admin may switch faults meanwhile: PUT /admin/faults with {"error": 0.1}.
    """
    from workbook.gateway.app import Settings
    from workbook.gateway.faults import Faults
    from workbook.gateway.limits import Rate
    from workbook.gateway.serving import serve as run

    settings = Settings(Rate(rate, max(1, round(2 * rate))), Faults.parse(faults), seconds)
    connection = _open(state)
    run(connection, settings, port, lambda address: _hail(address, connection))


def token(
    client: Annotated[str, typer.Argument(help="Who it is for; its rate is limited under this name.")],
    scope: Annotated[list[str] | None, typer.Option(help="Such as people.read or 'people.*'; all by default.")] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take back all tokens of this client instead.")] = False,
    state: Annotated[Path, typer.Option(help=STATE_HELP)] = STATE,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Make a bearer token, which is shown this once and kept as a digest alone. It works at once."""
    from workbook.gateway import tokens

    with stdout_kept_free():
        connection = _open(state)
        if revoke:
            document: dict[str, object] = {"client": client, "revoked": tokens.revoke(connection, client)}
        else:
            document = {"client": client, "token": tokens.issue(connection, client, scope or ["*"])}
    if json:
        print_json(document)
    else:
        typer.echo(f"{document['revoked']} taken back" if revoke else document["token"])


def watch(
    url: Annotated[str, typer.Argument(help="The gateway's address.")] = "http://127.0.0.1:8080",
    calm: Annotated[int, typer.Option(min=30, help="Calls to learn from what is usual, before any alarm.")] = 300,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 5.0,
    looks: Annotated[int, typer.Option(min=0, help="Stop after so many; 0 goes on until interrupted.")] = 0,
) -> None:
    """Watch failures by cause, and ring where a rate has gone up: one false alarm in 2,000 calls.

    The first calls after the start are taken as usual, so start it while all is well. Exit status 1 after an alarm.
    """
    from workbook.gateway.watcher import Watcher

    watcher = Watcher(url, calm)
    for number in itertools.count(1):
        for line in watcher.look():
            typer.echo(line)
        if number == looks:
            break
        time.sleep(every)
    raise typer.Exit(1 if watcher.alarms else 0)


def _open(state: Path) -> sqlite3.Connection:
    from workbook.gateway.state import open_company

    return open_company(state)


def _hail(address: str, connection: sqlite3.Connection) -> None:
    err.print(f"The company answers at {address}, its documents are at {address}/openapi.json", soft_wrap=True)
    if connection.execute("SELECT COUNT(*) FROM gateway_tokens").fetchone()[0] == 0:
        err.print("Nobody has a token yet: workbook gateway token NAME", soft_wrap=True)
