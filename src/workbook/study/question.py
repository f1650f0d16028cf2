"""What a question of the bank is, as values: answers, follow-ups, rubric, and the drills that belong to it.

Leaves out the files (``bank``), what makes a question a good one (``bank_lint``) and how it is shown
(``question_page``, ``drills``). Texts are Markdown; ``{claim:ID}`` in them stands for a measurement of ours
(``figures``), and ``[Key]`` for one of the question's sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

KINDS = ("question", "challenge", "design", "checklist")
LEVELS = ("core", "senior", "staff")
"""Core: everyone is asked. Senior: the mechanism and its limits. Staff: many teams, much traffic, years."""

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "grammars": "constrained decoding",
        "tokens": "tokens and chat templates",
        "interfaces": "function calling, plugins, MCP",
        "arguments": "arguments and errors",
        "models": "models made for tools",
        "evaluation": "evaluation",
        "retrieval": "choosing among many tools",
        "drift": "schemas that change",
        "loops": "loops and budgets",
        "training": "training data and fine-tuning",
        "security": "injection, approval, sandboxes",
        "latency": "speed and cost of decoding",
        "enterprise": "systems with many APIs",
        "production": "running it",
    }
)
LETTERS = "abcdefg"
RECKONED = "reckoned"
"""The key that texts cite beside arithmetic and values of an example, which have no source."""


@dataclass(frozen=True)
class Option:
    """Something to choose, and what is said to those who choose it."""

    text: str
    why: str


@dataclass(frozen=True)
class Choice:
    """Multiple choice; ``right`` is the letter of the right option, in the order of the file."""

    ask: str
    right: str
    options: tuple[Option, ...]

    @property
    def letters(self) -> str:
        """The letters that the options go by, in order, such as ``abcd``."""
        return LETTERS[: len(self.options)]


@dataclass(frozen=True)
class Number:
    """A number to predict, from ``low`` to ``high``: a claim's measurement, or a published value with its source."""

    ask: str
    unit: str
    low: float
    high: float
    why: str
    claim: str = ""
    value: float | None = None
    source: str = ""


@dataclass(frozen=True)
class Steps:
    """Steps in their right order; ``why`` says what goes wrong in another one."""

    ask: str
    order: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class FollowUp:
    """What is asked next, with its answer or the question of the bank that holds it; ``then`` goes deeper."""

    ask: str
    answer: str = ""
    see: str = ""
    then: tuple[FollowUp, ...] = ()

    def walk(self) -> Iterator[FollowUp]:
        """This one and all below it, each before those that it leads to."""
        yield self
        for child in self.then:
            yield from child.walk()


@dataclass(frozen=True)
class Point:
    """A line of the rubric: what an answer must hold to earn ``points``."""

    points: int
    what: str


@dataclass(frozen=True)
class Question:
    """One question. ``short`` and ``long`` are its answers of thirty seconds and of three minutes.

    ``whiteboard`` is the text of a Mermaid flow chart. ``asked_in`` is the item of the usual notes that it answers,
    such as ``Q1``. ``sources`` are by the key that the texts cite.
    """

    id: str
    question: str
    topic: str
    notebook: str
    level: str
    kind: str
    rubric: tuple[Point, ...]
    follow_ups: tuple[FollowUp, ...]
    red_flags: tuple[str, ...]
    short: str
    long: str
    whiteboard: str
    asked_in: str = ""
    claims: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    choice: Choice | None = None
    number: Number | None = None
    steps: Steps | None = None

    @property
    def most(self) -> int:
        """The points that the rubric gives at most."""
        return sum(point.points for point in self.rubric)
