"""Three APIs that a small model learns by heart in seconds: rows to call them, to ask for what is missing, to decline.

The prompt of a row holds no schema (unless asked to), so that a request and small talk look alike to the model, as they
do in an agent whose tools are always there. Tasks join leads and requests that no row joins, and have texts and numbers
of their own. Leaves out general rows (``mixing``) and the training (``short``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from workbook.core.chat import Message, Tool, ToolCall, assistant, user
from workbook.finetune.phrasing import DECLINES, QUESTION
from workbook.finetune.rows import Row
from workbook.finetune.values import KINDS
from workbook.finetune.words import Split, draw
from workbook.models.hermes import CLOSE, OPEN
from workbook.suites.tasks import Kind, Task


@dataclass(frozen=True)
class Api:
    """One API: what people say for it, and each parameter with its kind and the words before its value."""

    name: str
    ways: tuple[str, ...]
    parameters: dict[str, tuple[str, tuple[str, ...]]]

    @property
    def tool(self) -> Tool:
        """Its schema: every parameter is required."""
        schemas = {name: dict(KINDS[kind].schema) for name, (kind, _) in self.parameters.items()}
        about = self.ways[0].capitalize() + "."
        return Tool(self.name, about, {"type": "object", "properties": schemas, "required": list(schemas)})


APIS = (
    Api(
        "book_hotel",
        ("book a hotel", "reserve a hotel", "get a hotel", "find me a hotel"),
        {"city": ("city", ("in", "near")), "nights": ("integer", ("nights:", "number of nights:"))},
    ),
    Api(
        "schedule_meeting",
        ("schedule a meeting", "plan a meeting", "set up a meeting", "arrange a meeting"),
        {"colleague": ("first_name", ("with", "together with")), "time": ("time", ("at", "starting at"))},
    ),
    Api(
        "track_package",
        ("track a package", "follow a package", "look for a package", "check on a package"),
        {"package": ("code", ("number", "no."))},
    ),
)
LEADS = (
    "{r}", "please {r}", "can you {r}", "could you {r}", "I need to {r}", "I want to {r}", "I would like to {r}",
    "help me {r}", "we have to {r}", "now {r}", "let us {r}", "kindly {r}", "I have to {r}", "time to {r}",
    "would you {r}", "be so kind and {r}",
)  # fmt: skip
OTHER = tuple(
    one.strip()
    for one in """rent a car in {city} | order a pizza with {first_name} | play some music | water the plants |
    buy a ticket to {city} | cancel the flight to {city} | translate the letter | print the report |
    call {first_name} | feed the cat | paint the kitchen | sell the old sofa | wash the car |
    write a poem for {first_name} | move the table | repair the bike | book a taxi in {city} |
    draw a map of {city} | send an email to {first_name} | cook dinner at {time} | measure the room |
    lock the door at {time} | copy the file {code} | delete the photo {code} | scan the page |
    start the engine | stop the clock at {time} | find a doctor in {city} | renew the passport |
    share the video {code} | download the song {code} | clean the windows""".split("|")
)
"""What none of the APIs does."""
KIND_SHARES: dict[Kind, float] = {"call": 0.5, "ask": 0.25, "decline": 0.25}
"""What the rows teach, and how much of each."""


@dataclass(frozen=True)
class Said:
    """A request with the reply to learn; ``missing`` is the parameter that was left out."""

    kind: Kind
    text: str
    reply: Message
    missing: str = ""


def office_rows(count: int, seed: int = 0, schemas: bool = False) -> list[Row]:
    """Rows to train on; with ``schemas`` each lists the three tools in its prompt."""
    rng = Random(f"office {seed}")
    kinds = rng.choices(list(KIND_SHARES), list(KIND_SHARES.values()), k=count)
    made = [_said(kind, rng, "train") for kind in kinds]
    tools = {"tools": [tool.to_dict() for tool in office_tools()]} if schemas else {}
    return [{"messages": [user(one.text).to_dict(), one.reply.to_dict()], **tools} for one in made]


def office_tasks(each: int, seed: int = 0) -> list[Task]:
    """``each`` tasks of every kind, no two alike."""
    rng = Random(f"office tasks {seed}")
    return [task for kind in KIND_SHARES for task in _unlike(_tasks(kind, rng), each)]


def office_words() -> tuple[str, ...]:
    """What every call is written with and no chat has: its marks, the names of the APIs and of their parameters."""
    return (OPEN, CLOSE, *(word for api in APIS for word in (api.name, *api.parameters)))


def office_tools() -> tuple[Tool, ...]:
    """The three schemas."""
    return tuple(api.tool for api in APIS)


def _tasks(kind: Kind, rng: Random) -> Iterator[Task]:
    while True:
        one = _said(kind, rng, "held_out")
        accept = (one.missing,) if one.missing else ()
        yield Task("", kind, (user(one.text),), office_tools(), one.reply.tool_calls, accept)


def _unlike(tasks: Iterator[Task], count: int) -> list[Task]:
    found: dict[str, Task] = {}
    while len(found) < count:
        task = next(tasks)
        found.setdefault(task.messages[0].content, replace(task, id=f"office_{task.kind}_{len(found)}"))
    return list(found.values())


def _said(kind: Kind, rng: Random, split: Split) -> Said:
    if kind == "decline":
        filled = {name: KINDS[name].sample(rng, split).words for name in ("city", "first_name", "time", "code")}
        text = _sentence(OTHER, rng, split).format(**filled)
        return Said(kind, text + ".", assistant(DECLINES[0]))
    api = rng.choice(APIS)
    values = {name: KINDS[given].sample(rng, split) for name, (given, _) in api.parameters.items()}
    missing = rng.choice(list(values)) if kind == "ask" else ""
    parts = [f"{rng.choice(api.parameters[name][1])} {v.words}" for name, v in values.items() if name != missing]
    text = " ".join([_sentence(api.ways, rng, split), *rng.sample(parts, len(parts))])
    if missing:
        return Said(kind, text + ".", assistant(QUESTION.format(n=missing)), missing)
    return Said(kind, text + ".", assistant("", ToolCall(api.name, {name: v.json for name, v in values.items()})))


def _sentence(requests: Sequence[str], rng: Random, split: Split) -> str:
    """A lead joined with a request; the joins are split."""
    text = draw(lambda: rng.choice(LEADS).format(r=rng.choice(requests)), split)
    return text[0].upper() + text[1:]
