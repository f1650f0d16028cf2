"""Does an alarm on the tool error rate notice what goes wrong? Faults are switched on under an agent at work.

A scripted clerk works through the tasks of the set ``enterprise`` at a real gateway (no socket between): it knows every
call, and slips in a few. At some call a fault begins, of the gateway or of the clerk. Two monitors see the same causes:
one chart for all failures, and one a cause. Leaves out the charts (``workbook.agent.monitoring``).
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from workbook.agent.monitoring import Monitor, charts
from workbook.core.chat import ToolCall
from workbook.core.coroutines import finished
from workbook.core.settings import unknown
from workbook.gateway.calling import request_for
from workbook.gateway.catalogue import Operation, operation
from workbook.gateway.faults import Faults, FaultSource
from workbook.gateway.limits import Rate
from workbook.gateway.state import company
from workbook.gateway.tokens import issue
from workbook.suites.enterprise import EnterpriseTask, enterprise_tasks, filled
from workbook.tools.causes import Cause, cause_of_status

if TYPE_CHECKING:
    import httpx2
    import pandas as pd
    from fastapi import FastAPI

OF_THE_GATEWAY = ("error", "busy", "malformed", "dropped", "latency", "stale", "demanding")
OF_THE_CLERK = ("misnames an argument", "invents a tool", "shows no token", "takes the wrong record")
KINDS = (*OF_THE_GATEWAY, *OF_THE_CLERK)
STRENGTHS = (0.1, 0.2, 0.5)
"""Shares of calls that a fault strikes; of operations for ``stale`` and ``demanding``."""
SLIPS = 0.02
"""Share of calls in which the clerk misnames an argument while all is well."""
WITHIN, CALM = 200, 1000
"""Calls in which a fault must be seen, and calm calls that the charts are made from."""
RISE, FALSE_ALARM_EVERY = 0.1, 2000.0
"""What the charts are made for: a rate that goes up by so much, and calls between false alarms."""
A_COMPANY = 300
"""Calm calls in one company, before a new one."""
ARMS = {"one rate": False, "by cause": True}
Outcome = tuple[str, Cause | None]
"""The operation that was called, and why that failed."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong, for what share of calls, and from which call on."""

    kind: str
    strength: float
    begins: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown("kind of fault", self.kind, KINDS)


def calm_causes(calls: int = CALM, seed: int = 0) -> list[Cause | None]:
    """What becomes of the clerk's calls while all is well; every few hundred in a company that nobody has touched."""
    return [cause for _, cause in calm_calls(calls, seed)]


def calm_calls(calls: int = CALM, seed: int = 0) -> list[Outcome]:
    """The calls of :func:`calm_causes`, each with the operation that was called."""
    return finished(_taken(calls, seed))


def watched(trials: int, calm: Sequence[Cause | None], seed: int = 0, kinds: Sequence[str] = KINDS) -> pd.DataFrame:
    """Charts made from ``calm``, and a fault a trial, of each of ``kinds`` in turn, its strength drawn.

    A row a trial and arm, with ``fault, strength, noticed, calls``.
    ``calls`` are those from the fault to the alarm, ``WITHIN`` where there was none; ``early`` counts alarms before it.
    """
    import pandas as pd

    made = {arm: charts(calm, RISE, FALSE_ALARM_EVERY, by_cause) for arm, by_cause in ARMS.items()}
    rows = []
    for number in range(trials):
        rng = Random(f"watched {seed} {number}")
        # All kinds in turn, so that few trials hold them all.
        fault = Fault(kinds[number % len(kinds)], rng.choice(STRENGTHS), rng.randrange(60))
        monitors = {arm: Monitor(one) for arm, one in made.items()}
        finished(_until_seen(fault, monitors, f"watched {seed} {number}"))
        rows += [_row(number, arm, fault, monitor) for arm, monitor in monitors.items()]
    return pd.DataFrame(rows)


def causes_under(fault: Fault, calls: int, seed: int = 1) -> list[Cause | None]:
    """Why each of so many calls failed (None: it did not) when ``fault`` begins among them; seeded."""
    return [cause for _, cause in finished(_first(_outcomes(f"shown {seed}", fault), calls))]


def _row(number: int, arm: str, fault: Fault, monitor: Monitor) -> dict[str, Any]:
    late = [alarm for alarm in monitor.alarms if alarm.call > fault.begins]
    first = late[0] if late else None
    return {
        "task": number,
        "arm": arm,
        "fault": fault.kind,
        "strength": fault.strength,
        "noticed": float(first is not None),
        "calls": first.call - fault.begins if first else WITHIN,
        "series": first.series if first else "",
        "early": len(monitor.alarms) - len(late),
    }


async def _until_seen(fault: Fault, monitors: dict[str, Monitor], seed: str) -> None:
    async with aclosing(_outcomes(seed, fault)) as outcomes:
        number = 0
        async for _, cause in outcomes:
            number += 1
            for monitor in monitors.values():
                monitor.add(cause)
            seen = all(any(alarm.call > fault.begins for alarm in one.alarms) for one in monitors.values())
            if seen or number == fault.begins + WITHIN:
                return


async def _taken(calls: int, seed: int) -> list[Outcome]:
    found = list[Outcome]()
    while len(found) < calls:
        found += await _first(_outcomes(f"calm {seed} {len(found)}", None), min(A_COMPANY, calls - len(found)))
    return found


async def _first(outcomes: AsyncGenerator[Outcome, None], calls: int) -> list[Outcome]:
    found = list[Outcome]()
    async with aclosing(outcomes):
        async for outcome in outcomes:
            found.append(outcome)
            if len(found) == calls:
                break
    return found


async def _outcomes(seed: str, fault: Fault | None) -> AsyncGenerator[Outcome, None]:
    """What becomes of the clerk's calls, one after the other, in a company of its own."""
    clerk = _Clerk(Random(f"clerk {seed}"), fault)
    tasks = [task for task in enterprise_tasks() if task.calls]
    clerk.rng.shuffle(tasks)
    try:
        for task in itertools.chain(tasks, tasks):
            async for outcome in clerk.work(task):
                yield outcome
    finally:
        await clerk.client.aclose()


class _Clerk:
    """Does tasks by their calls; what it gets wrong, and from when on, is drawn from ``rng``."""

    def __init__(self, rng: Random, fault: Fault | None) -> None:
        import httpx2

        self.rng, self.fault, self.calls = rng, fault, 0
        app = _app()
        self.gateway = app.state.gateway
        self.connection = self.gateway.connection = company()
        self.gateway.source = FaultSource(Faults())
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1")

    async def work(self, task: EnterpriseTask) -> AsyncIterator[Outcome]:
        """What becomes of each call of a task; a failure ends it."""
        token, results = issue(self.connection, "clerk", task.scopes), list[Any]()
        for wanted in task.calls:
            slip = self._slip()
            cause, content = await self._answered(operation(wanted.name), filled(wanted, results), token, slip)
            yield wanted.name, cause
            if cause:
                return
            results.append(content)

    def _slip(self) -> str:
        """What the clerk gets wrong at this call; here the fault begins, at the gateway too."""
        fault, chance = self.fault, self.rng.random()
        self.calls += 1
        if fault and self.calls == fault.begins + 1 and fault.kind in OF_THE_GATEWAY:
            faults = Faults(**{fault.kind: fault.strength}, latency_seconds=0.002, seed=self.rng.randrange(10**6))
            self.gateway.source = FaultSource(faults)
        if fault and self.calls > fault.begins and fault.kind in OF_THE_CLERK and chance < fault.strength:
            return fault.kind
        return "misnames an argument" if self.rng.random() < SLIPS else ""

    async def _answered(self, called: Operation, call: ToolCall, token: str, slip: str) -> tuple[Cause | None, Any]:
        if slip == "invents a tool":
            return "wrong tool", None
        request = request_for(called, self._slipped(called, call, slip))
        headers = {} if slip == "shows no token" else {"Authorization": f"Bearer {token}"}
        return await _sent(self.client, request, headers)

    def _slipped(self, called: Operation, call: ToolCall, slip: str) -> ToolCall:
        arguments = dict(call.arguments)
        if slip == "misnames an argument":
            for name in [name for name in arguments if name != called.id_parameter][:1]:
                arguments[f"{name}_value"] = arguments.pop(name)
        if slip == "takes the wrong record" and called.on_one:
            ids = [row[0] for row in self.connection.execute(f'SELECT id FROM "{called.kind.table}" ORDER BY id')]
            arguments[called.id_parameter] = self.rng.choice(ids)
        return ToolCall(call.name, arguments)


@cache
def _app() -> FastAPI:
    """One application for all clerks, who work one after the other: 500 routes take longer to make than to use."""
    from workbook.gateway.app import Settings, create_app

    return create_app(company(), Settings(Rate(1e6, 10**6)))


async def _sent(
    client: httpx2.AsyncClient, request: dict[str, Any], headers: dict[str, str]
) -> tuple[Cause | None, Any]:
    """The cause of a failure, and what came back; an answer that cannot be read is the service's failure."""
    import httpx2

    try:
        response = await client.request(**request, headers=headers)
        content = response.json() if response.content else None
    except (httpx2.HTTPError, ValueError, AssertionError):  # the last is this transport's word for a dropped answer
        return "server", None
    return cause_of_status(response.status_code), content
