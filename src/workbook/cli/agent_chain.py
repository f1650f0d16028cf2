"""The whole chain behind ``workbook agent``: registry, five tools, model, grammar, approval, gateway, answer, live.

Covers where the operations come from (our company, a gateway that runs, a registry of one's own) and what is shown
while it runs. Leaves out the chain itself (``workbook.agent.chain``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from workbook.cli.console import err
from workbook.core.errors import UsageError, WorkbookError

if TYPE_CHECKING:
    from workbook.agent import Trace
    from workbook.agent.chain import Bind, Event
    from workbook.agent.policy import Decoding
    from workbook.agent.run import Watch
    from workbook.tools.registry import Registry

TOKEN = "WORKBOOK_CREDENTIAL_TOKEN"
TOLD = 110
"""Characters of what a stage said that are shown."""


@dataclass(frozen=True)
class Place:
    """Where the operations are: a registry with a gateway of ours, the address of one, or a registry alone."""

    registry: str = ""
    gateway: str = ""
    scopes: Sequence[str] = ()


def run_chain(question: str, model: str, decoding: Decoding, place: Place, watch: Watch) -> Trace:
    """One run with its stages on stderr. Raises ``UsageError`` for two places at once, or one without a token."""
    from workbook.agent import Approval, Dedup, terminal
    from workbook.agent.chain import Chain
    from workbook.core.chat import system, user
    from workbook.models import load_model
    from workbook.suites.enterprise import TODAY
    from workbook.tools.decomposition import best_retriever

    with _opened(place) as (registry, bind):
        chain = Chain(
            registry,
            best_retriever(registry),
            bind,
            load_model(model),
            permissions=_held(registry, place.scopes or ["*"]),
            constraint=decoding,
            approve=Approval(terminal),
            guards=[Dedup()],
        )
        # In the company it is always that Monday; elsewhere a model has to ask for the day.
        day = [] if place.registry else [system(f"Today is {TODAY:%A}, {TODAY.day} {TODAY:%B %Y}.")]
        return chain.run_sync([*day, user(question)], show, watch).trace


def show(event: Event) -> None:
    """One line for what a stage did."""
    said = " ".join(event.said.split())
    short = said if len(said) <= TOLD else said[: TOLD - 1] + "…"
    err.print(f"{event.stage:<10} {event.seconds:7.3f} s  {short}", markup=False, soft_wrap=True)


@contextmanager
def _opened(place: Place) -> Iterator[tuple[Registry, Bind]]:
    from workbook.lab import company
    from workbook.tools.openapi import from_openapi
    from workbook.tools.registry import Registry

    if place.registry and place.gateway:
        raise UsageError("--registry and --gateway are two places", "Give one of them.")
    if place.registry:
        registry = Registry(place.registry)
        if not len(registry):
            remedy = f"Fill it: workbook registry import PATH... --db {place.registry}"
            raise WorkbookError(f"the registry at {place.registry} is empty", remedy)
        yield registry, company.Sources(lambda source: from_openapi(source, environment=os.environ).tools)
        return
    with company.Enterprise() as own:
        own.begin(place.scopes or ["*"])
        if place.gateway:
            theirs = company.catalogue(place.gateway, {"token": _token()})
            yield own.registry, company.Sources(lambda department: theirs[department])
        else:
            yield own.registry, own.tools()


def _token() -> str:
    found = os.environ.get(TOKEN, "")
    if not found:
        raise UsageError(f"there is no token for the gateway in {TOKEN}", f"{TOKEN}=$(workbook gateway token me)")
    return found


def _held(registry: Registry, patterns: Sequence[str]) -> list[str]:
    """The permissions that the patterns stand for, among those that the registry's operations ask for."""
    from workbook.core.settings import unknown

    asked = sorted(registry.demands())
    held = [one for one in asked if any(fnmatchcase(one, pattern) for pattern in patterns)]
    missing = [pattern for pattern in patterns if pattern != "*" and not any(fnmatchcase(o, pattern) for o in asked)]
    if missing:
        raise unknown("scope", missing[0], asked)
    return held
