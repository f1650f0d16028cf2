"""llama.cpp's server inside this process: started for one model, reached through a file, and never destroyed.

Covers what ``llamacpp`` needs of it: no port is opened, and the socket lies in a folder of the caller's.
Leaves out every setting of a server that others may reach.
"""

from __future__ import annotations

import json
import os
import socket
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from workbook.models.base import ModelError


def start(path: Path, address: str, threads: int | None, context: int) -> Any:
    """The server that runs the model in ``path`` and listens at the file ``address``; no threads: :func:`cores`.

    Raises ``ModelError`` where the file is no model.
    """
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel = str(path), context, 1
    params.hostnames, params.n_threads_http, params.ui = [address], 1, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads or cores()
    params.special = True  # control tokens are spelled out, <tool_call> among them
    params.verbosity, params.warmup, params.fit_params = 0, False, False
    params.cache_ram_mib = 0
    try:
        return _kept(xllamacpp.Server(params))
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"llama.cpp cannot load {path}: {error}", "Check that the file is whole.") from error


def post(address: str, route: str, body: dict[str, Any]) -> dict[str, Any]:
    """What the server at the file ``address`` answers to ``body``."""
    connection = _Local(address)
    try:
        connection.request("POST", route, json.dumps(body), {"Content-Type": "application/json"})
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer
    finally:
        connection.close()


def cores() -> int:
    """As many as torch would take: ``OMP_NUM_THREADS``, else the cores that this process may use."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdigit() and int(asked) else found


class _Local(HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        """Connect to the file instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def _kept(server: Any) -> Any:
    """The server, never to be destroyed before the process ends.

    Its destructor asks its HTTP thread to stop and waits for it. A thread that has not begun to listen does not hear
    that, and both wait for ever (seen with xllamacpp 2026.10).
    """
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(server))
    return server
