"""A GGUF file run by llama.cpp in this process, with llama.cpp's own sampler and its own grammars.

Covers prompts rendered here and tokenized there, greedy and sampled completions, GBNF, and the distribution
over the next token. The package brings llama.cpp's server: it is asked in process, and tokenizes through a socket
in a folder that only its owner may enter; no port is opened. CPU only, one prompt at a time.
Leaves out JSON Schemas, because this build hands them to llguidance and, when that refuses one, goes on without any
constraint; and llama.cpp's reader of tool calls, which brings a converter that drops keywords.
"""

from __future__ import annotations

import json
import os
import re
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from workbook.core.chat import Message, Tool
from workbook.models import tokens
from workbook.models.base import Completion, ModelError, Processor, Reply
from workbook.models.formats import format_of
from workbook.models.loading import fingerprint
from workbook.models.sampling import row_seed

MOST_CONTEXT = 8192
"""The context that is set up when none is asked for, at most: its cache is allocated at once."""
LONGEST_WORD = 10_000
"""Characters without white space: llama.cpp's tokenizer recurses for each, and 100,000 end the process."""
SPELLED = (3, 4)  # gguf.TokenType.CONTROL and USER_DEFINED: tokens that a text can spell


class LlamaCppModel:
    """A causal model in a GGUF file; ``server`` is the package's, for what is not covered here."""

    def __init__(self, path: str | Path, *, threads: int | None = None, context: int | None = None) -> None:
        self.path, self.name = Path(path), str(path)
        facts = _facts(self.path)
        self.fingerprint = fingerprint([self.path])
        self.template: str | None = facts.get("tokenizer.chat_template")
        self.chat_format = format_of(self.template)
        self.vocabulary: list[str] = facts["tokenizer.ggml.tokens"]
        kinds = facts.get("tokenizer.ggml.token_type", [])
        self.controls = {self.vocabulary[i]: i for i, kind in enumerate(kinds) if kind in SPELLED}
        self.bos: int | None = facts.get("tokenizer.ggml.bos_token_id")
        self.adds_bos = bool(facts.get("tokenizer.ggml.add_bos_token", False))
        self.eos: int | None = facts.get("tokenizer.ggml.eos_token_id")
        trained = int(facts[f"{facts['general.architecture']}.context_length"])
        self.context = min(trained, context or MOST_CONTEXT)
        self._folder = tempfile.TemporaryDirectory(prefix="llamacpp-")
        self.server = _start(self.path, f"{self._folder.name}/llama.sock", threads or _threads(), self.context)

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
        """Complete every prompt; temperature 0 is greedy, and a sample is drawn from the whole distribution."""
        if processor is not None:
            raise ModelError(
                f"{self.name} runs in llama.cpp, where no processor of ours can mask its logits",
                "Use workbook.grammar.generate with a Gbnf, which llama.cpp enforces itself.",
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
        """Complete with the GBNF grammar that each request may hold under ``grammar``; nothing else is taken."""
        grammars = [_grammar(request) for request in requests]
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

    def _spelling(self, index: int | None) -> str:
        return "" if index is None else self.vocabulary[index]

    def _checked(self, prompt: str) -> list[int]:
        ids = self.encode(prompt)
        if not ids:
            raise ModelError("the prompt is empty: a model needs at least one token to go on from")
        if len(ids) >= self.context:
            raise ModelError(f"the prompt has {len(ids)} tokens, and {self.name} reads at most {self.context}")
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
        connection = _Local(f"{self._folder.name}/llama.sock")
        body = json.dumps({"content": text, "add_special": False, "parse_special": True})
        try:
            connection.request("POST", "/tokenize", body, {"Content-Type": "application/json"})
            return list(json.loads(connection.getresponse().read())["tokens"])
        finally:
            connection.close()


class _Local(HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        """Connect to the file instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def _facts(path: Path) -> dict[str, Any]:
    """The file's metadata by key."""
    from gguf import GGUFReader

    if not path.is_file():
        raise ModelError(f"no file {path}", "Write one with workbook.models.gguf_export.export_gguf.")
    try:
        fields = GGUFReader(path).fields
    except ValueError as error:
        raise ModelError(f"{path} is not a GGUF file that can be read: {error}") from error
    return {key: field.contents() for key, field in fields.items()}


def _start(path: Path, address: str, threads: int, context: int) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel = str(path), context, 1
    params.hostnames, params.n_threads_http, params.ui = [address], 1, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.special = True  # control tokens are spelled out, <tool_call> among them
    params.verbosity, params.warmup, params.fit_params = 0, False, False
    params.cache_ram_mib = 0
    try:
        return _kept(xllamacpp.Server(params))
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"llama.cpp cannot load {path}: {error}", "Check that the file is whole.") from error


def _kept(server: Any) -> Any:
    """The server, never to be destroyed before the process ends.

    Its destructor asks its HTTP thread to stop and waits for it. A thread that has not begun to listen does not hear
    that, and both wait for ever (seen with xllamacpp 2026.10).
    """
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(server))
    return server


def _threads() -> int:
    """As many as torch would take: ``OMP_NUM_THREADS``, else the cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdigit() and int(asked) else cores


def _grammar(request: Mapping[str, Any]) -> dict[str, str]:
    if request and "grammar" not in request:
        raise ModelError(
            f"llama.cpp is given grammars only, not {', '.join(sorted(request))}",
            "Use Gbnf(gbnf_of(schema)) or Gbnf(call_gbnf(tools)) from workbook.grammar.gbnf, "
            "which refuse what a grammar cannot say.",
        )
    return {"grammar": request["grammar"]} if request else {}
