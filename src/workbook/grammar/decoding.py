"""The decoding loop: constrained text with fewer forward passes than free text needs.

A loop of our own over transformers' KV cache, for one row or many, handed to ``network.generate`` as
``custom_generate``. What makes it fast is in the :class:`Plan`:

- *lazy*: choose first, ask the constraint about that one token, and fill a mask only when it is refused;
- *fast-forward*: text that the constraint forces is appended without a pass of its own;
- *drafts*: guessed tokens ride along with the next pass, which confirms those that it would have chosen itself.

None of them changes what is written. The greatest of the allowed logits is the same whether the mask comes before or
after the look, and with Gumbel noise (``models.sampling``) that holds for samples as well. Forced tokens are those that
the tokenizer would write, so the text equals that of a masked loop wherever the model spells forced text as the
tokenizer does.

Rows go on at their own pace (see ``window``). Leaves out beams, and stopping criteria other than stop tokens and the
length.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from workbook.core.errors import UsageError
from workbook.grammar import masks as bits
from workbook.grammar.drafting import Drafter, PromptLookup
from workbook.grammar.engine import CompiledConstraint, GrammarError
from workbook.grammar.plans import Costs, Plan
from workbook.grammar.row import Row, write_masks
from workbook.grammar.text import Text
from workbook.grammar.window import Window

if TYPE_CHECKING:
    import torch


class GrammarDecoder:
    """One constraint for all rows, or one for each prompt of a batch; ``costs`` adds up until :meth:`reset_costs`."""

    def __init__(
        self,
        compiled: CompiledConstraint | Sequence[CompiledConstraint] | None,
        plan: Plan,
        drafter: Drafter | None = None,
    ) -> None:
        if compiled is None and plan.masked:
            raise UsageError("this plan needs a constraint", "use PLANS['free'] to decode without one")
        self._all = list(compiled) if isinstance(compiled, Sequence) else [compiled]
        self._chosen = self._all
        self.plan, self.drafter = plan, drafter or PromptLookup()
        self.reset_costs()

    def reset_costs(self) -> None:
        """Count from zero again."""
        self.costs = Costs()

    def select(self, rows: Sequence[int]) -> None:
        """The next generation is for these prompts; without it, for all of them in order."""
        self._chosen = self._all if len(self._all) == 1 else [self._all[row] for row in rows]

    def __call__(
        self,
        model: Any,
        input_ids: Any,
        logits_processor: Any,
        stopping_criteria: Any,
        generation_config: Any,
        **model_kwargs: Any,
    ) -> Any:
        """transformers' ``custom_generate``: token ids of shape (rows, prompt and text), padded on the right."""
        rows = len(input_ids)
        if rows % len(self._chosen):
            raise GrammarError(f"{len(self._chosen)} constraints do not fit {rows} rows", "Give one for each prompt.")
        each = rows // len(self._chosen)
        constraints = [self._chosen[row // each] for row in range(rows)]
        stops = frozenset(_listed(generation_config.eos_token_id))
        samplers = [_for_rows(processor) for processor in logits_processor]
        limit = generation_config.max_length - input_ids.shape[1]
        window = Window(model, input_ids, model_kwargs.get("attention_mask"))
        prompts = [ids[seen.bool()].tolist() for ids, seen in zip(input_ids, window.seen, strict=True)]
        texts = [Text(one, prompt, stops, limit) for one, prompt in zip(constraints, prompts, strict=True)]
        _Run(self, texts, samplers, window).finish()
        return _padded(input_ids, [text.written for text in texts], generation_config.pad_token_id)


def _listed(ids: Any) -> list[int]:
    return ids if isinstance(ids, list) else [ids]


Sampler = Callable[["torch.Tensor", "torch.Tensor"], "torch.Tensor"]


def _for_rows(processor: Any) -> Sampler:
    """A logits processor that knows rows at different steps, as ``models.sampling.GumbelSampler`` does."""
    if not hasattr(processor, "at_steps"):
        raise UsageError(
            f"{type(processor).__name__} cannot be used here: rows are at different steps",
            "decode greedily, or sample with workbook.models.sampling.GumbelSampler",
        )
    sampler: Sampler = processor.at_steps
    return sampler


def _padded(input_ids: torch.Tensor, written: list[list[int]], pad: int) -> torch.Tensor:
    import torch

    longest = max(map(len, written))
    filled = torch.tensor([row + [pad] * (longest - len(row)) for row in written], dtype=torch.int64)
    return torch.cat([input_ids, filled.to(input_ids.device)], dim=1)


class _Run:
    """One generation."""

    def __init__(self, decoder: GrammarDecoder, texts: list[Text], samplers: Iterable[Sampler], window: Window) -> None:
        self.plan, self.costs, self.drafter = decoder.plan, decoder.costs, decoder.drafter
        self.texts, self.samplers, self.window = texts, list(samplers), window
        self.masks: torch.Tensor | None = None

    def finish(self) -> None:
        """Decode until every row is done; what is forced from the start is read together with the prompt."""
        for text in self.texts:
            self._prepare(text)
        while not all(text.done for text in self.texts):
            feeds = [[] if text.done else text.feed for text in self.texts]
            last = 1 + max(len(text.guessed) for text in self.texts)
            logits = self.window.show(feeds, last)
            for text in self.texts:
                text.shown = len(text.written)
            self._advance(logits)
        self.costs.tokens += sum(len(text.written) for text in self.texts)

    def _advance(self, logits: torch.Tensor) -> None:
        """From the logits of one pass to the next tokens of every row, drafts confirmed or taken back."""
        self.costs.passes += 1
        chosen = self._scores(logits)
        if self.plan.masked and not self.plan.lazy:
            self._mask(
                [(text.row, index) for index, text in enumerate(self.texts) if text.row and not text.done], chosen
            )
        first = chosen.argmax(dim=-1).tolist()  # the first thing that waits for the device
        rows = zip(self.texts, chosen, first, strict=True)
        self.window.forget([None if text.done else self._extend(text, *row) for text, *row in rows])

    def _scores(self, logits: torch.Tensor) -> torch.Tensor:
        """Logits with the samplers' noise of each row's and each position's step."""
        import torch

        if not self.samplers:
            return logits
        columns = []
        for column in range(logits.shape[1]):
            behind = logits.shape[1] - 1 - column
            steps = [len(text.written) + len(text.guessed) - behind for text in self.texts]
            scores = logits[:, column]
            for sampler in self.samplers:
                scores = sampler(scores, torch.tensor(steps, device=scores.device).clamp(min=0))
            columns.append(scores)
        return torch.stack(columns, dim=1)

    def _extend(self, text: Text, scores: torch.Tensor, first: list[int]) -> int:
        """Write one token for each confirmed guess and one more, then what is forced; gives the guesses to forget."""
        guessed, text.guessed = text.guessed, []
        column = len(first) - 1 - len(guessed)
        confirmed = 0
        for guess in [*guessed, None]:
            token = self._choose(text, scores[column + confirmed], first[column + confirmed])
            if token != guess or text.done:
                break
            confirmed += 1
        self.costs.accepted += confirmed
        text.shown += confirmed
        self._prepare(text)
        return len(guessed) - confirmed

    def _prepare(self, text: Text) -> None:
        """Write what is forced, and guess what may follow."""
        if self.plan.fast_forward:
            with self.costs.following():
                self.costs.forced += text.fast_forward()
        if self.plan.drafts and not text.done:
            self._guess(text)

    def _choose(self, text: Text, scores: torch.Tensor, best: int) -> int:
        """Write the best token that the constraint admits, and give it: a mask is filled only after a refusal."""
        if self._take(text, best):
            return best
        assert text.row is not None  # without a constraint everything is taken
        self._mask([(text.row, 0)], scores[None, None])
        token = int(scores.argmax())
        if not self._take(text, token):
            raise GrammarError("the mask admits no token that the constraint takes", "Report this with the constraint.")
        return token

    def _take(self, text: Text, token: int) -> bool:
        with self.costs.following():
            return text.take(token)

    def _mask(self, rows: list[tuple[Row, int]], scores: torch.Tensor) -> None:
        """Forbid, in the last column of ``scores`` (rows, columns, vocabulary), what the rows' constraints forbid."""
        started = time.perf_counter()
        if self.masks is None:
            self.masks = bits.allocate(len(self.texts), scores.shape[-1], pinned=scores.device.type == "cuda")
        write_masks(rows, self.masks)
        bits.apply(self.masks[: len(scores)], scores[:, -1])
        self.costs.masks += len(rows)
        self.costs.mask_seconds += [(time.perf_counter() - started) / len(rows)] * len(rows)

    def _guess(self, text: Text) -> None:
        """Draft what may come, as far as the constraint goes along."""
        room = min(self.plan.drafts, text.limit - len(text.written) - 1)
        if room <= 0:
            return
        drafted = list(self.drafter.draft(text.prompt + text.written, room))
        drafted = [token for token in drafted if token not in text.stops] if drafted else []
        with self.costs.following():
            text.guessed = drafted if text.row is None else drafted[: text.row.matcher.accepts(drafted)]
        self.costs.drafted += len(text.guessed)
