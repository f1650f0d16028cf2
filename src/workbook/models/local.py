"""A model on this machine: Outlines over transformers, on CPU or CUDA.

Covers rendering, batched generation and fingerprints. ``model.outlines`` is the
Outlines model, for ``outlines.Generator(model.outlines, processor=...)``; rendering and
tokenizing stay here, because Outlines' chat takes no tools and writes BOS twice.
Leaves out finding and reading the files (``loading``).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbook.core.chat import Message, Tool
from workbook.models import tokens
from workbook.models.base import Completion, Decoder, ModelError, Processor, Reply, RowProcessor, require_room
from workbook.models.formats import ChatFormat, format_of
from workbook.models.sampling import GumbelSampler, row_seed

if TYPE_CHECKING:
    import torch

DEFAULT_BATCH = {"cpu": 16, "cuda": 128}


class TransformersModel:
    """A causal model of transformers with its tokenizer and chat format."""

    def __init__(
        self, name: str, network: Any, tokenizer: Any, *, fingerprint: str = "", chat_format: ChatFormat | None = None
    ) -> None:
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        self.name, self.fingerprint = name, fingerprint
        self.network, self.tokenizer = network.eval(), tokenizer
        self.controls = tokens.control_tokens(tokenizer)
        self.stop_ids = self._find_stop_ids()
        self._forget_sampling_defaults()
        self.chat_format = chat_format or format_of(tokenizer.chat_template)

    @cached_property
    def outlines(self) -> Any:
        """The Outlines model over the same network and tokenizer, made when first asked for: its import is slow."""
        from outlines.models.transformers import Transformers

        return Transformers(self.network, self.tokenizer)

    @property
    def device(self) -> torch.device:
        """The device that holds the weights; prompts go there."""
        return self.network.device

    @property
    def logit_width(self) -> int:
        """Length of a row of logits: the vocabulary, padding included."""
        return self.network.config.get_text_config().vocab_size

    @property
    def context(self) -> int | None:
        """Most tokens that prompt and completion may have together; None when the model states none."""
        return getattr(self.network.config.get_text_config(), "max_position_embeddings", None)

    def _find_stop_ids(self) -> tuple[int, ...]:
        """Tokens that end a reply: the tokenizer's EOS, the generation config's, and ``<|im_end|>``."""
        configured = self.network.generation_config.eos_token_id
        listed = configured if isinstance(configured, list) else [configured]
        candidates = [self.tokenizer.eos_token_id, *listed, self.controls.get("<|im_end|>")]
        found = tuple(dict.fromkeys(index for index in candidates if index is not None))
        if not found:
            raise ModelError(f"{self.name} has no end-of-text token; set eos_token in its tokenizer_config.json")
        return found

    def _forget_sampling_defaults(self) -> None:
        """A checkpoint's own temperature or repetition penalty would make arms differ behind our back."""
        from transformers import GenerationConfig

        pad = self.tokenizer.pad_token_id
        self.network.generation_config = GenerationConfig(eos_token_id=list(self.stop_ids), pad_token_id=pad)

    def render(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
        """The prompt through the tokenizer's chat template; without one, through the chat format's own."""
        turns = tokens.guard_all([message.to_dict() for message in messages], self.controls)
        listed = tokens.guard_all([tool.to_dict() for tool in tools], self.controls)
        if self.tokenizer.chat_template is None:
            safe_tools = [Tool.from_dict(tool) for tool in listed]
            return self.chat_format.render([Message.from_dict(turn) for turn in turns], safe_tools)
        return self.tokenizer.apply_chat_template(
            turns, tools=listed or None, tokenize=False, add_generation_prompt=True
        )

    def encode(self, prompt: str) -> list[int]:
        """Token ids of a rendered prompt, BOS once."""
        return tokens.encode(self.tokenizer, prompt)

    def decode(self, token_ids: Sequence[int]) -> str:
        """Text of tokens, control tokens spelled out."""
        return self.tokenizer.decode(list(token_ids), skip_special_tokens=False, clean_up_tokenization_spaces=False)

    def parse(self, text: str) -> Reply:
        """Read a completion in the model's chat format."""
        return self.chat_format.parse(text)

    def complete(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        processor: Processor | None = None,
        decoder: Decoder | None = None,
        batch_size: int | None = None,
    ) -> list[Completion]:
        """Complete every prompt, in batches of prompts of similar length.

        A ``decoder`` takes the place of transformers' loop, and enforces a constraint itself.
        A sample depends on the prompt and the seed, not on the batch; the same prompt twice
        with the same seed gives the same text twice.
        """
        encoded = [self._checked(prompt) for prompt in prompts]
        results: dict[int, Completion] = {}
        for rows in _batches([len(ids) for ids in encoded], batch_size or DEFAULT_BATCH.get(self.device.type, 16)):
            if processor is not None:
                processor.reset()
            for chooser in (processor, decoder):
                if isinstance(chooser, RowProcessor):
                    chooser.select(rows)
            batch = [encoded[row] for row in rows]
            completions = self._complete_batch(batch, max_new_tokens, temperature, seed, processor, decoder)
            results.update(zip(rows, completions, strict=True))
        return [results[row] for row in range(len(prompts))]

    def _checked(self, prompt: str) -> list[int]:
        ids = self.encode(prompt)
        require_room(len(ids), self.name, self.context)
        return ids

    def _complete_batch(
        self,
        batch: list[list[int]],
        max_new_tokens: int,
        temperature: float,
        seed: int,
        processor: Processor | None,
        decoder: Decoder | None,
    ) -> list[Completion]:
        import torch

        started = time.perf_counter()
        length = max(map(len, batch))
        limit = min(max_new_tokens, self.context - length) if self.context else max_new_tokens
        processors: list[Any] = [processor] if processor is not None else []
        if temperature > 0:
            processors.append(GumbelSampler(temperature, [row_seed(seed, ids) for ids in batch], length))
        with torch.inference_mode():
            output = self._generate(batch, length, limit, processors, decoder)
        rows = output[:, length:].tolist()
        seconds = (time.perf_counter() - started) / len(batch)
        return [self._completion(row, ids, seconds) for row, ids in zip(rows, batch, strict=True)]

    def _generate(
        self, batch: list[list[int]], length: int, limit: int, processors: list[Any], decoder: Decoder | None
    ) -> torch.Tensor:
        import torch
        from transformers import LogitsProcessorList

        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([[pad] * (length - len(row)) + row for row in batch])
        mask = torch.tensor([[0] * (length - len(row)) + [1] * len(row) for row in batch])
        return self.network.generate(
            input_ids=ids.to(self.device),
            attention_mask=mask.to(self.device),
            max_new_tokens=limit,
            do_sample=False,
            logits_processor=LogitsProcessorList(processors),
            custom_generate=decoder,
        )

    def _completion(self, row: list[int], prompt: list[int], seconds: float) -> Completion:
        end = next((i for i, token in enumerate(row) if token in self.stop_ids), None)
        written = row if end is None else row[:end]
        kept = tuple(row if end is None else row[: end + 1])
        return Completion(self.decode(written), kept, "length" if end is None else "stop", len(prompt), seconds)


def _batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Indexes of rows, longest first, ``size`` at a time: little padding, and a lack of memory shows at once."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    for start in range(0, len(order), size):
        yield order[start : start + size]
