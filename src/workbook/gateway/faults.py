"""Faults that can be switched on: what goes wrong, how often, drawn from a seed. Off unless somebody asks.

Each fault has a share of requests; ``stale`` and ``demanding`` have a share of operations, whose bodies no longer fit
the documents that are handed out. Leaves out how an answer is spoilt (``app``).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from workbook.core.errors import UsageError
from workbook.core.settings import unknown
from workbook.gateway.catalogue import Operation

SHARES = ("latency", "error", "busy", "malformed", "dropped", "stale", "demanding")
DEMANDED = "legal_basis"
"""What everybody has to give all of a sudden; no operation of the company has such a field."""


@dataclass(frozen=True)
class Faults:
    """``latency`` waits ``latency_seconds``, ``error`` is a 503, ``busy`` a 429, ``malformed`` a torn JSON body,
    ``dropped`` a connection that ends early, before the effect or after it, ``stale`` a field with a new name,
    ``demanding`` a new field that must be given.
    """

    latency: float = 0.0
    error: float = 0.0
    busy: float = 0.0
    malformed: float = 0.0
    dropped: float = 0.0
    stale: float = 0.0
    demanding: float = 0.0
    latency_seconds: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} is a share from 0 to 1, not {getattr(self, name):g}")
        if not 0 <= self.latency_seconds <= 60:
            raise UsageError(f"latency_seconds is from 0 to 60, not {self.latency_seconds:g}")

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Faults:
        """Read ``{"error": 0.1, "seed": 3}``; raises :class:`UsageError` for other names and types."""
        fields = {field.name: field.default for field in dataclasses.fields(cls)}
        for name, value in given.items():
            if name not in fields:
                raise unknown("fault", name, fields)
            kind = int if name == "seed" else int | float
            if isinstance(value, bool) or not isinstance(value, kind):
                raise UsageError(f"{name} must be a number, not {json.dumps(value)}")
        return cls(**given)

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Read ``error=0.1,latency=0.2,seed=3``, as the command line takes it."""
        given: dict[str, Any] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            name, _, value = part.partition("=")
            try:
                given[name] = int(value) if name == "seed" else float(value)
            except ValueError:
                raise UsageError(f"the fault {part!r} is not NAME=NUMBER", "Such as error=0.1,latency=0.2") from None
        return cls.from_dict(given)


@dataclass(frozen=True)
class Draw:
    """Which faults befall one request; several may."""

    latency: bool = False
    error: bool = False
    busy: bool = False
    malformed: bool = False
    dropped_before: bool = False
    dropped_after: bool = False

    @property
    def named(self) -> tuple[str, ...]:
        """The faults that happen, for the metrics."""
        return tuple(name.split("_")[0] for name, happens in vars(self).items() if happens)


class FaultSource:
    """Draws for one request after the other; the same seed and order of requests give the same faults."""

    def __init__(self, faults: Faults) -> None:
        self.faults, self._rng = faults, Random(faults.seed)

    def draw(self) -> Draw:
        """The faults of the next request. Every draw takes the same number of random values, whatever is on."""
        faults, chances = self.faults, [self._rng.random() for _ in range(6)]
        dropped, early = chances[4] < faults.dropped, chances[5] < 0.5
        return Draw(chances[0] < faults.latency, chances[1] < faults.error, chances[2] < faults.busy,
                    chances[3] < faults.malformed, dropped and early, dropped and not early)  # fmt: skip

    def renamed(self, operation: Operation) -> tuple[str, str] | None:
        """A field of the operation's body and the name that it has now; None while the documents are right."""
        if operation.verb == "list" or not operation.inputs:
            return None
        if not self._chosen(operation, "", self.faults.stale):
            return None
        field = next((one for one in operation.inputs if one.required), operation.inputs[0])
        return field.name, new_name(field.name, field.type)

    def demanded(self, operation: Operation) -> str | None:
        """A field that the operation's body must have now; None while the documents are right."""
        if operation.verb == "list" or not operation.inputs:
            return None
        return DEMANDED if self._chosen(operation, " demanding", self.faults.demanding) else None

    def _chosen(self, operation: Operation, salt: str, share: float) -> bool:
        return Random(f"{operation.name} {self.faults.seed}{salt}").random() < share


def new_name(name: str, type: str) -> str:
    """What a field is called after somebody has tidied up: ``caller_id``, ``due_date``, ``title_text``."""
    if type == "date":
        return f"{name.removesuffix('_on').removesuffix('_day')}_date"
    return f"{name}_id" if type == "ref" else f"{name}_value" if type in ("money", "integer") else f"{name}_text"
