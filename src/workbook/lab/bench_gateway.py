"""``workbook bench gateway``: load with faults on, and the proof that nothing was lost and nothing done twice.

The gateway runs in a process of its own over a database file. Requests arrive at a steady rate, whether or not earlier
ones were answered. Each write carries a mark of its own and an idempotency key, and is repeated under that key until it
is acknowledged. Then the server is killed, without a chance to tidy up, and the marks are counted in the file.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from workbook.core.chat import ToolCall
from workbook.core.environment import hardware, versions
from workbook.core.errors import UsageError, WorkbookError
from workbook.gateway.catalogue import operation
from workbook.gateway.faults import Faults
from workbook.gateway.limits import Rate
from workbook.gateway.state import open_company
from workbook.gateway.tokens import issue

if TYPE_CHECKING:
    import httpx2

FAULTS = Faults(latency=0.05, error=0.05, busy=0.02, malformed=0.02, dropped=0.04, latency_seconds=0.2)
CLIENTS, CONNECTIONS, ATTEMPTS, PATIENCE = 8, 4, 20, 30.0
"""Tokens in use, connections of each, tries of one request, and seconds that the server may take to start."""
READS = (
    ToolCall("helpdesk_search_tickets", {"status": "new", "limit": 5}),
    ToolCall("people_get_employee", {"employee_id": "E1042"}),
    ToolCall("logistics_find_shipments", {"city": "Vienna", "limit": 5}),
)
WRITES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("helpdesk_create_ticket", "title", {"caller": "E1042"}),
    ("payables_submit_expense", "comment",
     {"employee": "E1042", "category": "taxi", "amount": 12.5, "spent_on": "2026-02-27"}),
    ("support_sendReply", "text", {"case": "CS-60005", "author": "E1042"}),
)  # fmt: skip
"""Operation, the field that takes the mark, and the other arguments."""
SHARE_OF_READS = 0.4


@dataclass(frozen=True)
class Deed:
    """One request; ``mark`` is what a write leaves in the data, ``""`` for a read."""

    call: ToolCall
    mark: str
    client: int


@dataclass
class Log:
    """What became of the deeds: ``acknowledged`` are the ids that writes were answered with, by mark.

    ``seconds`` are from the time that a request is due until it is acknowledged, repetitions included.
    """

    acknowledged: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    attempts: int = 0
    replays: int = 0
    given_up: int = 0
    failures: Counter[str] = field(default_factory=Counter)


def bench_gateway(
    rate: float = 200.0,
    seconds: float = 60.0,
    faults: Faults = FAULTS,
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Load a gateway with ``rate`` requests a second and count what it left. Raises ``UsageError`` for no load."""
    if rate <= 0 or seconds <= 0:
        raise UsageError(f"{rate:g} requests a second for {seconds:g} s is no load", "Both must be above 0.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "company.sqlite"
        connection = open_company(path)
        tokens = [issue(connection, f"load-{number}", ["*"]) for number in range(CLIENTS)]
        connection.close()
        deeds = make_deeds(round(rate * seconds), Random(faults.seed))
        with _Server(path, faults, rate) as address:
            progress(f"{len(deeds)} requests at {rate:g} a second, with faults on")
            log, took = asyncio.run(_load(address, tokens, deeds, rate))
        row = (
            {"rate": rate, "seconds": round(took, 2), "requests": len(deeds)}
            | _told(log)
            | count_marks(path, deeds, log)
        )
    return {"bench": "gateway", "hardware": hardware(), "versions": versions(), "rows": [row]}


def make_deeds(count: int, rng: Random) -> list[Deed]:
    """Reads and writes in random order, each write with a mark that no other has."""
    deeds = []
    for number in range(count):
        client = number % CLIENTS
        if rng.random() < SHARE_OF_READS:
            deeds.append(Deed(rng.choice(READS), "", client))
        else:
            name, place, rest = rng.choice(WRITES)
            mark = f"load {number}"
            deeds.append(Deed(ToolCall(name, {**rest, place: mark}), mark, client))
    return deeds


def count_marks(path: Path, deeds: list[Deed], log: Log) -> dict[str, int]:
    """How many acknowledged writes are not in the file under the id that was told, and how many are in it twice."""
    connection = open_company(path)
    found: Counter[str] = Counter()
    ids: dict[str, str] = {}
    for name, place, _ in WRITES:
        table = operation(name).kind.table
        for id, mark in connection.execute(f'SELECT id, "{place}" FROM "{table}" WHERE "{place}" LIKE \'load %\''):
            found[mark] += 1
            ids[mark] = id
    writes = [deed.mark for deed in deeds if deed.mark]
    lost = sum(ids.get(mark) != id for mark, id in log.acknowledged.items())
    twice = sum(found[mark] > 1 for mark in writes)
    return {"writes": len(writes), "acknowledged": len(log.acknowledged), "in_database": sum(found.values()),
            "lost": lost, "duplicated": twice}  # fmt: skip


class _Server:
    """The gateway in a process of its own; a context manager that gives its address, and kills it in the end."""

    def __init__(self, path: Path, faults: Faults, rate: float) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._here, there = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(path, faults, rate, there), daemon=True)

    def __enter__(self) -> str:
        self._process.start()
        if not self._here.poll(PATIENCE):
            self.__exit__()
            raise WorkbookError(f"the gateway did not start within {PATIENCE:g} s", "Try again with less running.")
        return str(self._here.recv())

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()


def _serve(path: Path, faults: Faults, rate: float, there: Connection) -> None:
    from workbook.gateway.app import Settings
    from workbook.gateway.serving import serve

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    settings = Settings(Rate(rate, max(1, round(rate))), faults)
    serve(open_company(path), settings, 0, there.send)


async def _load(address: str, tokens: list[str], deeds: list[Deed], rate: float) -> tuple[Log, float]:
    """Send every deed at its time; what they became, and the seconds from the first to the last answer."""
    log = Log()
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(_Line(address, token)) for token in tokens]
        started = time.perf_counter()

        async def at_its_time(number: int, deed: Deed) -> None:
            due = started + number / rate
            await asyncio.sleep(due - time.perf_counter())
            await _until_done(lines[deed.client], deed, f"key {number}", log)
            log.seconds.append(time.perf_counter() - due)

        await asyncio.gather(*(at_its_time(number, deed) for number, deed in enumerate(deeds)))
        return log, time.perf_counter() - started


class _Line:
    """A client with its token and a few connections; more requests wait here, for a long queue inside is slow."""

    def __init__(self, address: str, token: str) -> None:
        import httpx2

        headers = {"Authorization": f"Bearer {token}"}
        self.client = httpx2.AsyncClient(base_url=address, headers=headers, timeout=10)
        self.free = asyncio.Semaphore(CONNECTIONS)

    async def __aenter__(self) -> _Line:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()


async def _until_done(line: _Line, deed: Deed, key: str, log: Log) -> None:
    """Repeat a request under its key until it is acknowledged."""
    for attempt in range(ATTEMPTS):
        log.attempts += 1
        async with line.free:
            content = await _attempt(line.client, deed.call, key, log)
        if content is not None:
            if deed.mark:
                log.acknowledged[deed.mark] = str(content["id"])
            return
        await asyncio.sleep(min(2.0, 0.05 * 2**attempt))
    log.given_up += 1


async def _attempt(client: httpx2.AsyncClient, call: ToolCall, key: str, log: Log) -> Any:
    """What a request was answered with, or None when there was no answer that one could read."""
    import httpx2

    from workbook.gateway.calling import request_for

    headers = {"Idempotency-Key": key}
    try:
        response = await client.request(**request_for(operation(call.name), call), headers=headers)
        content = response.json()
    except (httpx2.HTTPError, ValueError) as error:
        log.failures[type(error).__name__] += 1
        return None
    if response.status_code >= 400:
        log.failures[str(response.status_code)] += 1
        return None
    log.replays += response.headers.get("idempotency-replayed") == "true"
    return content


def _told(log: Log) -> dict[str, Any]:
    ordered = sorted(log.seconds)
    p50, p99 = (round(1000 * ordered[int(share * (len(ordered) - 1))], 1) if ordered else None for share in (0.5, 0.99))
    failures = ", ".join(f"{name} {count}" for name, count in sorted(log.failures.items()))
    return {"attempts": log.attempts, "replays": log.replays, "given_up": log.given_up, "p50_ms": p50, "p99_ms": p99,
            "failures": failures}  # fmt: skip
