"""A model that answers from a script, so that the lab is tested in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from workbook.core.chat import Message, Tool, ToolCall, user
from workbook.models import hermes
from workbook.models.base import Completion, Reply
from workbook.models.formats import chat_format
from workbook.suites.tasks import Task

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 1}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = Tool("get_weather", "The weather.", CITY)


class ScriptedModel:
    """Says what ``answer`` makes of a prompt and the seed; keeps the prompts that it was given."""

    name = "scripted"
    fingerprint = "f" * 64
    chat_format = chat_format("hermes")

    def __init__(self, answer: Callable[[str, int], str]) -> None:
        self.answer = answer
        self.batches: list[list[str]] = []

    def render(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
        return hermes.render(messages, tools)

    def complete(
        self, prompts: Sequence[str], *, max_new_tokens=256, temperature=0.0, seed=0, processor=None
    ) -> list[Completion]:
        self.batches.append(list(prompts))
        texts = [self.answer(prompt, seed) for prompt in prompts]
        pairs = zip(prompts, texts, strict=True)
        return [Completion(text, tuple(range(len(text))), "stop", len(prompt), 0.5) for prompt, text in pairs]

    def encode(self, prompt: str) -> list[int]:
        return [0, *map(ord, prompt)]  # a token a character, after one that begins every prompt

    def parse(self, text: str) -> Reply:
        return hermes.parse(text)


@pytest.fixture
def scripted() -> type[ScriptedModel]:
    return ScriptedModel


@pytest.fixture
def weather() -> Tool:
    return WEATHER


@pytest.fixture
def tasks() -> list[Task]:
    """Six tasks that each want the weather of one city."""
    cities = ["Paris", "Rome", "Oslo", "Lima", "Cairo", "Quito"]
    return [
        Task(f"t{i}", "call", (user(f"Weather in {city}?"),), (WEATHER,), (ToolCall("get_weather", {"city": city}),))
        for i, city in enumerate(cities)
    ]


@pytest.fixture
def written() -> Callable[..., str]:
    """A call as the model writes it: ``written("get_weather", city="Paris")``."""
    return lambda tool, **arguments: hermes.render_call(ToolCall(tool, arguments))


@pytest.fixture
def ledger(monkeypatch, tmp_path):
    """A ledger of this test's own."""
    path = tmp_path / "ledger.jsonl"
    monkeypatch.setenv("WORKBOOK_LEDGER", str(path))
    return path


@pytest.fixture
def shown(monkeypatch) -> list:
    """What was displayed."""
    things: list = []
    monkeypatch.setattr("IPython.display.display", lambda *objects, **_: things.extend(objects))
    return things
