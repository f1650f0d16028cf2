"""A model behind an OpenAI-compatible server: vLLM, llama.cpp's server, SGLang, or a proxy before several.

Two ways to ask. With a local tokenizer (``tokenizer=`` a folder or a hub id that is cached) the
prompt is rendered and tokenized here and sent as token ids to ``/completions``, so that no
message can spell a control token. Without one, ``render`` keeps the conversation as JSON
and ``/chat/completions`` renders it there. Constraints are handed over and never
trusted: ``workbook.grammar.generate`` checks what comes back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from workbook.core.chat import Message, Tool
from workbook.models import hermes
from workbook.models.base import Completion, ModelError, Processor, Reply
from workbook.models.formats import ChatFormat, chat_format, format_of

PARALLEL = 16
"""Requests under way at once: the server makes batches of them."""


class ServerModel:
    """Completes through HTTP; ``url`` ends in ``/v1``, and ``#NAME`` after it chooses one of several models."""

    def __init__(
        self,
        url: str,
        *,
        model: str | None = None,
        tokenizer: Any = None,
        api_key: str = "none",
        timeout: float = 120.0,
        form: str | None = None,
    ) -> None:
        from openai import OpenAI

        self.url, _, chosen = url.partition("#")
        self.client = OpenAI(base_url=self.url, api_key=api_key, timeout=timeout, max_retries=1)
        self.name = model or chosen or self._only_model()
        self.fingerprint = f"server:{self.name}"
        self._tokenizer_source, self._form = tokenizer, form

    def _only_model(self) -> str:
        offered = [model.id for model in self._ask(lambda: self.client.models.list()).data]
        if len(offered) != 1:
            raise ModelError(f"{self.url} offers {', '.join(offered) or 'no model'}", f"Choose one: {self.url}#NAME.")
        return str(offered[0])

    @cached_property
    def local(self) -> Any:
        """The tokenizer on this machine, with which prompts are rendered; None leaves that to the server."""
        if not isinstance(self._tokenizer_source, str):
            return self._tokenizer_source
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self._tokenizer_source, trust_remote_code=False)

    @cached_property
    def chat_format(self) -> ChatFormat:
        """The form in which the model writes calls, for prompts that are rendered here."""
        return chat_format(self._form) if self._form else format_of(self.local.chat_template if self.local else None)

    def render(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
        """The prompt as text where there is a local tokenizer, else the conversation as JSON."""
        turns, listed = [message.to_dict() for message in messages], [tool.to_dict() for tool in tools]
        if self.local is None:
            return json.dumps({"messages": _with_wire_calls(turns), "tools": listed}, ensure_ascii=False)
        from workbook.models import tokens

        controls = tokens.control_tokens(self.local)
        return self.local.apply_chat_template(
            tokens.guard_all(turns, controls),
            tools=tokens.guard_all(listed, controls) or None,
            tokenize=False,
            add_generation_prompt=True,
        )

    def parse(self, text: str) -> Reply:
        """Read a completion; calls that the server has parsed are written back in Hermes form first."""
        return self.chat_format.parse(text) if self.local else hermes.parse(text)

    def complete(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        processor: Processor | None = None,
    ) -> list[Completion]:
        """Complete every prompt; the seed is handed over, and honoured as far as the server does.

        Raises ``ModelError`` for a ``processor``, which no server takes, and where the server fails.
        """
        if processor is not None:
            raise ModelError(
                f"{self.name} runs on a server, where no processor of ours can mask its logits",
                "Use workbook.grammar.generate, which hands the constraint over.",
            )
        requests: list[dict[str, Any]] = [{} for _ in prompts]
        return self.complete_constrained(
            prompts, requests, max_new_tokens=max_new_tokens, temperature=temperature, seed=seed
        )

    def complete_constrained(
        self,
        prompts: Sequence[str],
        requests: Sequence[Mapping[str, Any]],
        *,
        max_new_tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> list[Completion]:
        """Complete with these extra fields in each request, such as ``response_format`` or ``tools``."""
        started = time.perf_counter()
        common = {"model": self.name, "max_tokens": max_new_tokens, "temperature": temperature, "seed": seed}

        def one(job: tuple[str, Mapping[str, Any]]) -> Completion:
            return self._complete_one(job[0], common, dict(job[1]))

        with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
            done = list(pool.map(one, zip(prompts, requests, strict=True)))
        seconds = (time.perf_counter() - started) / max(1, len(prompts))
        return [Completion(c.text, c.token_ids, c.finish_reason, c.prompt_tokens, seconds) for c in done]

    def _complete_one(self, prompt: str, common: dict[str, Any], extra: dict[str, Any]) -> Completion:
        conversation = _conversation(prompt) if self.local is None else None
        if conversation is not None:
            body = common | conversation | {key: value for key, value in extra.items() if value}
            return _from_chat(self._ask(lambda: self.client.chat.completions.create(**_split(body))))
        from workbook.models import tokens

        ids: Any = tokens.encode(self.local, prompt) if self.local is not None else prompt
        if "tools" in extra:
            raise ModelError(
                "/completions takes no tools", "Leave the tokenizer out, so that the server renders the conversation."
            )
        body = common | {"prompt": ids, "add_special_tokens": False, "skip_special_tokens": False} | extra
        return _from_text(self._ask(lambda: self.client.completions.create(**_split(body))))

    def _ask(self, request: Any) -> Any:
        """The answer, or a :class:`ModelError` that says what the server said."""
        from openai import OpenAIError

        try:
            return request()
        except OpenAIError as error:
            raise ModelError(
                f"the server at {self.url} failed: {str(error)[:300] or error.__class__.__name__}",
                "Check that it runs and serves /v1, for example with `curl URL/models`.",
            ) from error


STANDARD = {
    "model", "messages", "prompt", "max_tokens", "temperature", "seed",
    "tools", "tool_choice", "parallel_tool_calls", "response_format",
}  # fmt: skip


def _split(body: dict[str, Any]) -> dict[str, Any]:
    """Fields of the standard as they are, the servers' own in ``extra_body``; ``/completions`` has fewer."""
    known = STANDARD if "messages" in body else STANDARD - {"response_format"}
    extra = {key: value for key, value in body.items() if key not in known}
    return {key: value for key, value in body.items() if key in known} | ({"extra_body": extra} if extra else {})


def _conversation(prompt: str) -> dict[str, Any] | None:
    """The conversation that :meth:`ServerModel.render` wrote, or None for a prompt of plain text."""
    try:
        data = json.loads(prompt)
    except ValueError:
        return None
    if not isinstance(data, dict) or "messages" not in data:
        return None
    return {"messages": data["messages"]} | ({"tools": data["tools"]} if data.get("tools") else {})


def _with_wire_calls(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Calls and results as the wire format wants them: arguments as a string, ids that tie the two together."""
    waiting: list[str] = []
    for position, turn in enumerate(turns):
        for number, call in enumerate(turn.get("tool_calls", ())):
            call["id"] = f"call_{position}_{number}"
            call["function"]["arguments"] = json.dumps(call["function"]["arguments"], ensure_ascii=False)
            waiting.append(call["id"])
        if turn["role"] == "tool":
            turn["tool_call_id"] = waiting.pop(0) if waiting else f"call_{position}_0"
    return turns


def _from_chat(answer: Any) -> Completion:
    choice = answer.choices[0]
    calls = [_hermes_call(call.function.name, call.function.arguments) for call in choice.message.tool_calls or ()]
    text = "\n".join([choice.message.content or "", *calls]).strip("\n") if calls else choice.message.content or ""
    return _completion(text, choice.finish_reason, answer.usage)


def _hermes_call(name: str, arguments: str) -> str:
    """A call that the server has parsed, as the model will have written it; broken arguments stay as they are."""
    return f'{hermes.OPEN}\n{{"name": {json.dumps(name)}, "arguments": {arguments}}}\n{hermes.CLOSE}'


def _from_text(answer: Any) -> Completion:
    choice = answer.choices[0]
    return _completion(choice.text, choice.finish_reason, answer.usage)


def _completion(text: str, reason: str, usage: Any) -> Completion:
    """Servers rarely return token ids: none are invented."""
    cut = reason == "length"
    return Completion(text, (), "length" if cut else "stop", usage.prompt_tokens if usage else 0, 0.0)
