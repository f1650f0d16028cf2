"""A gateway that runs: uvicorn on the loopback, on a thread for tests and experiments, or in the foreground.

Covers starting, stopping and tokens. Leaves out the application (``app``).
"""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbook.core.errors import WorkbookError
from workbook.gateway.faults import Faults, FaultSource
from workbook.gateway.state import company
from workbook.gateway.tokens import issue

if TYPE_CHECKING:
    import uvicorn

    from workbook.gateway.app import Settings

HOST = "127.0.0.1"
PATIENCE = 20.0
"""Seconds that a server may take to start."""


class ServedCompany:
    """A company behind its gateway, in the background; a context manager. Without a database, a fresh one in memory.

    Look into ``connection`` while no request is under way.
    """

    def __init__(self, connection: sqlite3.Connection | None = None, settings: Settings | None = None) -> None:
        from workbook.gateway.app import create_app

        self.connection = connection or company()
        self.app = create_app(self.connection, settings)
        self._socket = bind(0)
        self._server = _server(self.app)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> ServedCompany:
        self._thread.start()
        ends = time.monotonic() + PATIENCE
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > ends:
                raise WorkbookError("the gateway does not start", "Look for an error above.")
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    @property
    def address(self) -> str:
        """The gateway's URL."""
        return f"http://{HOST}:{self._socket.getsockname()[1]}"

    def restart(self, connection: sqlite3.Connection, faults: Faults) -> None:
        """Go on with another database and other faults, at the same address; not while a request is under way."""
        gateway = self.app.state.gateway
        self.connection.close()
        self.connection = gateway.connection = connection
        gateway.source = FaultSource(faults)

    def token(self, client: str = "agent", *scopes: str) -> str:
        """A fresh token of ``client`` with these scopes; without any, with all but the gateway's own."""
        return issue(self.connection, client, scopes or ("*",))


def serve(connection: sqlite3.Connection, settings: Settings, port: int, ready: Callable[[str], None]) -> None:
    """Serve until interrupted; ``ready`` is given the address. Raises ``WorkbookError`` for a port that is taken."""
    from workbook.gateway.app import create_app

    server = _server(create_app(connection, settings))
    with bind(port) as listening:
        listening.listen()  # from here on callers wait instead of being turned away
        ready(f"http://{HOST}:{listening.getsockname()[1]}")
        server.run([listening])


def bind(port: int) -> socket.socket:
    """A socket on the loopback; port 0 takes a free one. Raises ``WorkbookError`` for a port that is taken."""
    # asyncio sends small answers at once only where the protocol is named.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise WorkbookError(f"port {port} cannot be used: {error}", "Take another with --port, or 0.") from error
    return listening


def _server(app: Any) -> uvicorn.Server:
    """A server that logs no request: a connection that is dropped on purpose would look like a fault of ours."""
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    )
