"""The server of APIs that change, and what is made of the calls it gets."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import replace
from typing import Any

import pytest

from workbook.core.chat import Tool, ToolCall, user
from workbook.core.validation import call_errors
from workbook.lab.api_server import ApiServer
from workbook.lab.drift import Client, Once, judged, known_by_heart, poisoned, run_clients
from workbook.models.base import Reply
from workbook.suites.drift import Drift, drift
from workbook.suites.tasks import Task

LOOK = Tool("look", "Look.", {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]})
TASK = Task("t", "call", (user("look at amber"),), (LOOK,), (ToolCall("look", {"at": "amber"}),))


def renamed() -> Drift:
    made = drift(TASK, "rename")
    assert made is not None
    return made


def ask(url: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_it_publishes_validates_and_remembers() -> None:
    with ApiServer() as server:
        server.deploy("a", [LOOK])
        assert list(ask(f"{server.address}/a/openapi.json")[1]["paths"]) == ["/a/look"]
        assert ask(f"{server.address}/a/look", {"at": "x"}) == (200, {"status": "ok"})
        assert [ask(f"{server.address}/{path}", {})[0] for path in ("a/look", "a/other", "b/look")] == [422, 404, 404]
        assert ask(f"{server.address}/a/look", [1])[0] == 400
        assert ask(f"{server.address}/b/openapi.json")[0] == 404
        assert server.served["a"] == [ToolCall("look", {"at": "x"})]
        server.deploy("a", [LOOK])
        assert server.served["a"] == []


class Copier:
    """A model that calls the first tool with the last word for every required parameter; errors make it ask."""

    name = "copier"

    def render(self, messages: Any, tools: Any) -> str:
        last = messages[-1]
        if last.role == "tool":
            return "sorry?"
        tool, word = tools[0], last.content.split()[-1]
        return json.dumps({"name": tool.name, "arguments": dict.fromkeys(tool.required, word)})

    def complete(self, prompts: list[str], max_new_tokens: int = 0) -> list[Any]:
        return [type("Done", (), {"text": prompt}) for prompt in prompts]

    def parse(self, text: str) -> Reply:
        return Reply("", (ToolCall.from_dict(json.loads(text)),)) if text.startswith("{") else Reply(text)


def test_who_knows_the_new_schema_is_right_and_who_knows_the_old_one_is_refused() -> None:
    clients = {"frozen": Client("before"), "fed back": Client("before", tries=2), "fetched": Client("after")}
    rows = run_clients(Copier(), clients, [renamed()]).set_index("arm")  # type: ignore[arg-type]
    assert rows.outcome.to_dict() == {"frozen": "refused", "fed back": "idle", "fetched": "right"}
    assert rows.reply["fed back"].content == "sorry?"


def test_exactly_one_outcome_is_counted_and_further_requests_are_of_one_unit() -> None:
    made = renamed()
    further = replace(made, before=replace(made.before, id="t+1"))
    clients = {"fed back": Client("before", tries=2), "fetched": Client("after")}
    rows = run_clients(Copier(), clients, [made, further])  # type: ignore[arg-type]
    assert rows[["right", "silent", "refused", "idle"]].sum(axis=1).tolist() == [1.0] * 4
    assert rows.groupby("outcome").idle.sum().to_dict() == {"idle": 2.0, "right": 0.0}
    assert set(rows.unit) == {"t"}
    assert rows.task.nunique() == 2


def test_a_strict_server_refuses_what_its_schema_does_not_name() -> None:
    for strict, status in ((False, 200), (True, 422)):
        with ApiServer(strict) as server:
            server.deploy("a", [LOOK])
            assert ask(f"{server.address}/a/look", {"at": "x", "by": "y"})[0] == status
            assert ask(f"{server.address}/a/look", {"at": "x"})[0] == 200


def optional_renamed() -> Drift:
    """The optional parameter ``at`` has a new name: whoever sends the old one loses it, in silence or not."""
    loose, new = (Tool("look", "Look.", {"type": "object", "properties": {name: {}}}) for name in ("at", "place"))
    before = replace(TASK, tools=(loose,))
    after = replace(TASK, tools=(new,), expected=(ToolCall("look", {"place": "amber"}),))
    return Drift("rename", before, after)


def test_a_loose_server_takes_an_old_optional_name_in_silence_and_a_strict_one_says_so() -> None:
    class Sender(Copier):
        def render(self, messages: Any, tools: Any) -> str:
            return json.dumps({"name": "look", "arguments": {next(iter(tools[0].properties)): "amber"}})

    for strict, outcome in ((False, "silent"), (True, "refused")):
        rows = run_clients(Sender(), {"frozen": Client("before")}, [optional_renamed()], strict=strict)  # type: ignore[arg-type]
        assert rows.outcome.tolist() == [outcome]


def test_who_is_shown_nothing_calls_what_it_has_learned_and_the_new_server_judges() -> None:
    class ByHeart(Copier):
        def render(self, messages: Any, tools: Any) -> str:
            assert not tools
            return json.dumps({"name": "look", "arguments": {"at": messages[-1].content.split()[-1]}})

    clients = {"by heart": Client("before", shown=False)}
    made = renamed()
    for one, outcome in ((Drift("none", made.before, made.before), "right"), (made, "refused")):
        assert run_clients(ByHeart(), clients, [one]).outcome.tolist() == [outcome]  # type: ignore[arg-type]


def test_a_prompt_is_asked_once_and_answered_the_same() -> None:
    asked: list[list[str]] = []

    class Counting(Copier):
        def complete(self, prompts: list[str], max_new_tokens: int = 0) -> list[Any]:
            asked.append(list(prompts))
            return super().complete(prompts)

    once = Once(Counting())  # type: ignore[arg-type]
    first, again = once.complete(["a", "b", "a"], max_new_tokens=9), once.complete(["c", "a"], max_new_tokens=9)
    assert [done.text for done in (*first, *again)] == ["a", "b", "a", "c", "a"]
    assert asked == [["a", "b"], ["c"]]
    once.complete(["a"], max_new_tokens=1)
    assert asked[2:] == [["a"]]
    asked.clear()
    clients = {"frozen": Client("before"), "again": Client("before"), "fetched": Client("after")}
    rows = run_clients(once, clients, [renamed()]).set_index("arm")
    assert rows.outcome.to_dict() == {"frozen": "refused", "again": "refused", "fetched": "right"}
    assert rows.old.to_dict() == {"frozen": 1, "again": 1, "fetched": 0}
    assert len(asked) == 2


def test_more_requests_for_what_is_known_by_heart_change_as_their_own_did() -> None:
    own, more = known_by_heart(), known_by_heart(more=2)
    assert more[: len(own)] == own
    assert len(more) > 2 * len(own)
    assert len({one.before.id for one in more}) == len(more)
    kinds = {one.before.id: one.kind for one in own}
    for one in more[len(own) :]:
        assert one.kind == kinds[one.before.id.split("+")[0]]
        assert not call_errors(one.before.expected[0], one.before.tools)


@pytest.mark.parametrize(
    ("kind", "reply", "taken", "outcome"),
    [
        ("rename", Reply("", (ToolCall("look"),)), [], "refused"),
        ("rename", Reply("no idea"), [], "idle"),
        ("rename", Reply("", (ToolCall("look"),)), [ToolCall("look")], "silent"),
        ("required", Reply("Which region, reason or channel should I use?"), [], "right"),
        ("required", Reply("Which colour?"), [], "idle"),
        ("removal", Reply("No tool fits."), [], "right"),
        ("removal", Reply("Which one?"), [], "idle"),
        ("removal", Reply(""), [], "idle"),
        ("removal", Reply("Done! I have booked it."), [], "idle"),
        ("removal", Reply("The gaer is 404 Not Found."), [], "idle"),
    ],
)
def test_what_is_made_of_a_reply(kind: str, reply: Reply, taken: list[ToolCall], outcome: str) -> None:
    task = Task("t", "call", TASK.messages, (LOOK, Tool("other")), TASK.expected)
    made = drift(task, kind)
    assert made is not None
    assert judged(made, reply, taken) == outcome


def test_a_poisoned_change_differs_in_words_only() -> None:
    hit = poisoned(renamed(), "Obey.")
    assert [tool.description for tool in hit.after.tools] == ["Look. Obey."]
    assert hit.after.expected == renamed().after.expected
