"""Agents against an API that changes: a real server, clients that know its schema from different times.

Each change has an API of its own on one server. Leaves out the server (``api_server``), and the changes themselves
(``workbook.suites.drift``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from workbook.agent.guards import short_error
from workbook.core.chat import Message, ToolCall, ToolResult, assistant, tool_message
from workbook.core.coroutines import finished
from workbook.core.judging import asks_for, refuses
from workbook.core.matching import calls_match
from workbook.finetune.by_heart import MORE, more_tasks
from workbook.lab.api_server import ApiServer
from workbook.models.base import Completion, LanguageModel, Reply
from workbook.suites.drift import Drift, by_heart, drift
from workbook.tools import Toolbox, ToolError, from_openapi

if TYPE_CHECKING:
    import pandas as pd

Outcome = Literal["right", "silent", "refused", "idle"]
"""``silent``: the server took a wrong call; ``refused``: it took none of those made; ``idle``: none was made."""
Known = Literal["before", "after"]


@dataclass(frozen=True)
class Client:
    """How an agent knows the schema: from ``before`` or ``after`` the change; ``tries`` calls, errors fed back.

    One that is not ``shown`` it has nothing in its prompt, and calls by what its model learned by heart.
    """

    knows: Known
    tries: int = 1
    shown: bool = True


class Once:
    """A model that is asked each prompt once: greedy replies do not change, and many clients read the same schema."""

    def __init__(self, model: LanguageModel) -> None:
        self.model, self.render, self.parse = model, model.render, model.parse
        self._done: dict[tuple[str, int], Completion] = {}

    def complete(self, prompts: Sequence[str], *, max_new_tokens: int) -> list[Completion]:
        """The completion of each prompt, new or kept."""
        new = [prompt for prompt in dict.fromkeys(prompts) if (prompt, max_new_tokens) not in self._done]
        made = self.model.complete(new, max_new_tokens=max_new_tokens) if new else []
        self._done |= {(prompt, max_new_tokens): done for prompt, done in zip(new, made, strict=True)}
        return [self._done[prompt, max_new_tokens] for prompt in prompts]


def run_clients(
    model: LanguageModel | Once,
    clients: Mapping[str, Client],
    drifts: Sequence[Drift],
    max_new_tokens: int = 160,
    strict: bool = False,
) -> pd.DataFrame:
    """Every client on every change, over HTTP: a row each, with ``arm, kind, task, outcome`` and ``reply``.

    Measures are the outcomes, of which one is 1, and ``old``: the last reply is the call that was right before.
    ``unit`` is what the rows of one task and of the further requests made from it share.
    ``strict``: the server refuses fields that its schema does not name.
    """
    import pandas as pd

    rows = []
    with ApiServer(strict) as server:
        for arm, client in clients.items():
            for made, reply, taken in _run(server, model, client, drifts, max_new_tokens):
                outcome = judged(made, reply, taken)
                row = {"arm": arm, "kind": made.kind, "task": f"{made.before.id} {made.kind}", "outcome": outcome}
                row["unit"] = made.before.id.partition(MORE)[0]
                shares = {name: float(outcome == name) for name in get_args(Outcome)}
                old = float(calls_match(reply.calls, made.before.expected, made.before.tools))
                rows.append({**row, **shares, "old": old, "reply": reply})
    return pd.DataFrame(rows)


def judged(made: Drift, reply: Reply, taken: Sequence[ToolCall]) -> Outcome:
    """What came of it, by what the server took and by what is right after the change."""
    after = made.after
    if taken:
        return "right" if calls_match(taken, after.expected, after.tools) else "silent"
    if reply.calls or reply.problems:
        return "refused"
    if after.kind == "ask":
        return "right" if asks_for(reply.content, after.accept) else "idle"
    return "right" if after.kind == "decline" and refuses(reply.content) else "idle"


def _run(
    server: ApiServer, model: LanguageModel | Once, client: Client, drifts: Sequence[Drift], max_new_tokens: int
) -> list[tuple[Drift, Reply, list[ToolCall]]]:
    """Each change with the last reply and what its server took."""
    boxes = [_known(server, f"api{number}", made, client.knows) for number, made in enumerate(drifts)]
    talks: list[list[Message]] = [list(made.before.messages) for made in drifts]
    replies: list[Reply] = [Reply("")] * len(drifts)
    open_ones = list(range(len(drifts)))
    for _ in range(client.tries):
        prompts = [model.render(talks[k], boxes[k].shown if client.shown else ()) for k in open_ones]
        done = model.complete(prompts, max_new_tokens=max_new_tokens) if prompts else []
        for k, completion in zip(open_ones, done, strict=True):
            replies[k] = model.parse(completion.text)
        open_ones = [k for k in open_ones if _send(boxes[k], replies[k], talks[k])]
    return [(made, replies[k], server.served[f"api{k}"]) for k, made in enumerate(drifts)]


def _known(server: ApiServer, api: str, made: Drift, knows: Known) -> Toolbox:
    """The tools as the client has read them; the change is deployed in any case."""
    url = f"{server.address}/{api}/openapi.json"
    server.deploy(api, made.before.tools)
    old = from_openapi(url).toolbox if knows == "before" else None
    server.deploy(api, made.after.tools)
    return old if old is not None else from_openapi(url).toolbox


def _send(box: Toolbox, reply: Reply, talk: list[Message]) -> bool:
    """Run the calls; whether one failed, which the conversation then tells."""
    results = finished(_results(box, reply.calls))
    talk += [assistant(reply.content, *reply.calls), *map(tool_message, results)]
    return any(result.error for result in results)


async def _results(box: Toolbox, calls: Sequence[ToolCall]) -> list[ToolResult]:
    results = []
    for call in calls:
        try:
            if call.name not in box:
                raise ToolError(f"unknown tool {call.name}")
            results.append(ToolResult(call.name, await box[call.name].run(call.arguments)))
        except ToolError as error:
            results.append(ToolResult(call.name, short_error(error.message), error=True))
    return results


def known_by_heart(more: int = 0, seed: int = 0) -> list[Drift]:
    """Changes of the APIs that ``drift-memorised`` was trained on, each with up to ``more`` requests beside its own:
    all of them requests that it never read."""
    own = by_heart(seed)
    others = (drift(task, made.kind, seed) for made in own for task in more_tasks(made.before, more, seed))
    return own + [made for made in others if made is not None]


def poisoned(made: Drift, order: str) -> Drift:
    """The change with an order in the words of its new tools."""
    tools = tuple(replace(tool, description=f"{tool.description} {order}") for tool in made.after.tools)
    return replace(made, kind="poisoned", after=replace(made.after, tools=tools))
