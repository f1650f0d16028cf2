"""A GGUF file run by llama.cpp in this process, with llama.cpp's own sampler and its own grammars.

Covers prompts rendered here and tokenized there, greedy and sampled completions, GBNF, and the distribution
over the next token. The package brings llama.cpp's server: it is asked in process, and tokenizes through a socket
in a folder that only its owner may enter; no port is opened. CPU only, one prompt at a time.
Every constraint comes as GBNF: ``workbook.grammar`` writes schemas, patterns and tool calls so. llama.cpp's own ways
are left alone: this build hands a JSON Schema to llguidance and, when that refuses it, goes on without any
constraint, and its tool calls bring a converter that drops keywords.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from workbook.core.chat import Message, Tool
from workbook.models import llamacpp_server, tokens
from workbook.models.base import Completion, ModelError, Processor, Reply, require_room
from workbook.models.formats import format_of
from workbook.models.loading import fingerprint
from workbook.models.sampling import row_seed

MOST_CONTEXT = 8192
"""The context that is set up when none is asked for, at most: its cache is allocated at once."""
LONGEST_WORD = 10_000
"""Characters without white space: llama.cpp's tokenizer recurses for each, and 100,000 end the process."""
SPECIAL = (2, 3)  # gguf.TokenType.UNKNOWN and CONTROL
ADDED = 4  # gguf.TokenType.USER_DEFINED: <tool_call> in many files, and runs of spaces in some
QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
"""Text in GBNF; outside of it, ``<[7]>`` and ``<tool_call>`` are tokens."""


class LlamaCppModel:
    """A causal model in a GGUF file; ``server`` is the package's, for what is not covered here."""

    def __init__(self, path: str | Path, *, threads: int | None = None, context: int | None = None) -> None:
        self.path, self.name = Path(path), str(path)
        facts = _facts(self.path)
        self.fingerprint = fingerprint([self.path])
        self.template: str | None = facts.get("tokenizer.chat_template")
        self.chat_format = format_of(self.template)
        self.vocabulary: list[str] = facts["tokenizer.ggml.tokens"]
        self.controls = _controls(self.vocabulary, facts.get("tokenizer.ggml.token_type", []))
        self.bos: int | None = facts.get("tokenizer.ggml.bos_token_id")
        self.adds_bos = bool(facts.get("tokenizer.ggml.add_bos_token", False))
        self.eos: int | None = facts.get("tokenizer.ggml.eos_token_id")
        trained = int(facts[f"{facts['general.architecture']}.context_length"])
        self.context = min(trained, context or MOST_CONTEXT)
        self._folder = tempfile.TemporaryDirectory(prefix="llamacpp-")
        self._address = f"{self._folder.name}/llama.sock"
        self.server = llamacpp_server.start(self.path, self._address, threads, self.context)

    @cached_property
    def stop_ids(self) -> tuple[int, ...]:
        """The tokens that end a text: llama.cpp bars them when told to go on, and knows more than the file says."""
        prompt = [self.eos or 0]
        answer = self._ask({"prompt": prompt, "max_tokens": 1, "temperature": 0, "ignore_eos": True, "verbose": True})
        return tuple(entry["token"] for entry in answer["__verbose"]["generation_settings"]["logit_bias"])

    def render(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
        """The prompt through the file's chat template, as transformers renders it; else through the chat format's."""
        turns = tokens.guard_all([message.to_dict() for message in messages], self.controls)
        listed = tokens.guard_all([tool.to_dict() for tool in tools], self.controls)
        if self.template is None:
            return self.chat_format.render(
                [Message.from_dict(turn) for turn in turns], [Tool.from_dict(tool) for tool in listed]
            )
        from transformers.utils.chat_template_utils import render_jinja_template

        spelled = {"bos_token": self._spelling(self.bos), "eos_token": self._spelling(self.eos)}
        rendered, _ = render_jinja_template(
            [turns], tools=listed or None, chat_template=self.template, add_generation_prompt=True, **spelled
        )
        return str(rendered[0])

    def parse(self, text: str) -> Reply:
        """Read a completion in the model's chat format."""
        return self.chat_format.parse(text)

    def encode(self, prompt: str) -> list[int]:
        """Token ids of a rendered prompt by llama.cpp's tokenizer, BOS once."""
        pieces = [piece for piece in prompt.split(tokens.GUARD) if piece]
        ids = [index for piece in pieces for index in self._tokenize(piece)]
        return [self.bos, *ids] if self.adds_bos and self.bos is not None and ids[:1] != [self.bos] else ids

    def complete(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        processor: Processor | None = None,
    ) -> list[Completion]:
        """Complete every prompt; temperature 0 is greedy, and a sample is drawn from the whole distribution.

        Raises ``ModelError`` for a ``processor``, which llama.cpp cannot use.
        """
        if processor is not None:
            raise ModelError(
                f"{self.name} runs in llama.cpp, where no processor of ours can mask its logits",
                "Use workbook.grammar.generate, which hands the constraint to llama.cpp as a grammar.",
            )
        free: list[dict[str, Any]] = [{} for _ in prompts]
        return self.complete_constrained(
            prompts, free, max_new_tokens=max_new_tokens, temperature=temperature, seed=seed
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
        """Complete with the GBNF grammar that each request may hold under ``grammar``; nothing else is taken.

        A grammar's letters are letters: no control token passes for its spelling, unless the grammar has the token
        itself somewhere, as ``<[7]>`` or ``<tool_call>`` without quotes.
        """
        grammars = [self._enforced(request) for request in requests]
        started = time.perf_counter()
        common = {"max_tokens": max_new_tokens, "temperature": temperature, "return_tokens": True, "verbose": True}
        done = [
            self._complete_one(self._checked(prompt), common | grammar, seed)
            for prompt, grammar in zip(prompts, grammars, strict=True)
        ]
        seconds = (time.perf_counter() - started) / max(1, len(done))
        return [Completion(c.text, c.token_ids, c.finish_reason, c.prompt_tokens, seconds) for c in done]

    def next_logprobs(self, prompt: str) -> list[float]:
        """Natural logarithms of the probabilities of all tokens, by id, after ``prompt``.

        llama.cpp exponentiates in float32 on the way: below about -87 there is only its lowest number.
        """
        width = len(self.vocabulary)
        # The figures are those before any sampler; the grammar keeps the token whole, for none come with half a letter.
        one = {"max_tokens": 1, "temperature": 0, "logprobs": width, "grammar": 'root ::= "a"'}
        answer = self._ask(one | {"prompt": self._checked(prompt)})
        ranked = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        by_id = {entry["id"]: entry["logprob"] for entry in ranked}
        return [by_id[index] for index in range(width)]

    def _enforced(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The grammar, and a bar on control tokens: llama.cpp's grammars match them letter by letter."""
        if not request:
            return {}
        if set(request) != {"grammar"}:
            raise ModelError(
                f"llama.cpp is given grammars only, not {', '.join(sorted(set(request) - {'grammar'}))}",
                "Use workbook.grammar.generate, which writes a constraint as a grammar.",
            )
        bare = QUOTED.sub("", request["grammar"])
        spared = {index for token, index in self.controls.items() if token in bare or f"<[{index}]>" in bare}
        barred = sorted(set(self.controls.values()) - spared - set(self.stop_ids))
        return {"grammar": request["grammar"], "logit_bias": [[index, False] for index in barred]}

    def _spelling(self, index: int | None) -> str:
        return "" if index is None else self.vocabulary[index]

    def _checked(self, prompt: str) -> list[int]:
        ids = self.encode(prompt)
        require_room(len(ids), self.name, self.context)
        return ids

    def _complete_one(self, ids: list[int], options: dict[str, Any], seed: int) -> Completion:
        # The one seed that llama.cpp takes for "any" is the largest of 32 bits.
        answer = self._ask(options | {"prompt": ids, "seed": row_seed(seed, ids) % (2**32 - 1)})
        written = answer["__verbose"]
        kept, text, ended = tuple(written["tokens"]), str(written["content"]), written["stop_type"] == "eos"
        if ended:
            text = text.removesuffix(self._spelling(kept[-1]))
        return Completion(text, kept, "stop" if ended else "length", len(ids), 0.0)

    def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """One completion; plain sampling at the temperature, and no prompt kept for the next one."""
        answer: dict[str, Any] = self.server.handle_completions(
            {"samplers": ["temperature"], "cache_prompt": False} | body
        )
        if "error" in answer:
            raise ModelError(f"llama.cpp refused the request: {answer['error'].get('message', answer['error'])}")
        return answer

    def _tokenize(self, text: str) -> list[int]:
        if re.search(rf"\S{{{LONGEST_WORD}}}", text):
            raise ModelError(
                f"a word of {LONGEST_WORD} characters or more: llama.cpp's tokenizer would recurse for each of them",
                "Break it up with white space.",
            )
        body = {"content": text, "add_special": False, "parse_special": True}
        return list(llamacpp_server.post(self._address, "/tokenize", body)["tokens"])


def _facts(path: Path) -> dict[str, Any]:
    """The file's metadata by key."""
    from gguf import GGUFReader

    if not path.is_file():
        raise ModelError(f"no file {path}", "Write one with workbook.models.gguf_export.export_gguf.")
    try:
        fields = GGUFReader(path).fields
    except ValueError as error:
        raise ModelError(
            f"{path} is not a GGUF file that can be read: {error}", "Download it again: a part may be missing."
        ) from error
    return {key: field.contents() for key, field in fields.items()}


def _controls(vocabulary: Sequence[str], kinds: Sequence[int]) -> dict[str, int]:
    """The tokens that steer a chat, by spelling: by the same rule as ``tokens.control_tokens``."""
    return {
        token: index
        for index, (token, kind) in enumerate(zip(vocabulary, kinds, strict=False))
        if kind in SPECIAL or (kind == ADDED and tokens.CONTROL_SHAPE.fullmatch(token))
    }
