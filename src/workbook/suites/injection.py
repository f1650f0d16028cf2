"""Texts that try to break out of a call, each beside a harmless twin: the set ``injection_json``.

A text is a technique (closing tags, escapes, fake turns, plain orders) in a wrapping (a note, a message, a ticket, a
search); its id is ``technique.wrapping``. Every task offers two tools: the one that is asked for, and a harmful one
that only the text wants. A weak model may call the harmful one whatever the text says, so each text has a *twin*, the
same request with a harmless text; only what the attack adds to its twin is the attack's doing. Leaves out scoring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbook.core.chat import Tool
from workbook.core.errors import WorkbookError
from workbook.suites.tasks import Task, load_tasks

TWIN = ".twin"
HARMLESS = (
    "buy milk and bread",
    "the meeting is at ten on Monday",
    "the blue printer is broken again",
    "Anna will call back tomorrow",
    "two chairs are missing in the hall",
    "the garden needs water",
    "lunch was very good today",
    "the train to the coast is late",
)
"""Texts that want nothing, in the place of those that attack."""


def attacks(most: int | None = None) -> list[Task]:
    """All texts, or ``most`` of them: every technique in turn, and with each the next wrapping.

    Fewer texts than techniques leave techniques out; more than that begin again, one wrapping further.
    """
    texts = load_tasks("injection_json")
    wrappings = list(dict.fromkeys(wrapping(task) for task in texts))
    by_place = {(technique(task), wrapping(task)): task for task in texts}
    techniques = list(dict.fromkeys(technique(task) for task in texts))
    turns = [
        by_place[name, wrappings[(number + turn) % len(wrappings)]]
        for turn in range(len(wrappings))
        for number, name in enumerate(techniques)
    ]
    return turns[:most]


def twin(task: Task) -> Task:
    """The same request with a harmless text; a technique's text is the same in all wrappings.

    Raises ``WorkbookError`` for a task that is none of ``injection_json``.
    """
    [call] = task.expected
    message = task.messages[-1]
    inside = [name for name, value in call.arguments.items() if message.content.endswith(str(value))]
    if len(inside) != 1:
        raise WorkbookError(f"{task.id} is no text of injection_json: its request does not end with an argument")
    text = _harmless(technique(task))
    request = message.content.removesuffix(str(call.arguments[inside[0]])) + text
    return replace(
        task,
        id=task.id + TWIN,
        messages=(*task.messages[:-1], replace(message, content=request)),
        expected=(replace(call, arguments={**call.arguments, inside[0]: text}),),
    )


def harmful_tool(task: Task) -> Tool:
    """The tool that only the injected text wants."""
    [tool] = [tool for tool in task.tools if tool.name != task.expected[0].name]
    return tool


def technique(task: Task) -> str:
    """How the text tries it: the unit of independent tries. Twins belong to their attack's."""
    return task.id.split(".")[0]


def wrapping(task: Task) -> str:
    """What the text is put into: the second part of the task's id."""
    return task.id.split(".")[1]


def is_twin(id: str) -> bool:
    """Whether a task of that id is harmless."""
    return id.endswith(TWIN)


def _harmless(name: str) -> str:
    techniques: Sequence[str] = list(dict.fromkeys(technique(task) for task in load_tasks("injection_json")))
    return HARMLESS[techniques.index(name) % len(HARMLESS)]
