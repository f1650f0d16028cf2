"""The logits processor that enforces a constraint, and survives rewinds.

Beam search reorders rows, assisted decoding takes drafts back, several samples multiply
rows. So the processor trusts nothing but what it is shown: each row keeps the
tokens that it has followed; at every call they are compared with ``input_ids``, what has
vanished is rolled back and what is new is consumed. The usual step, one more token in
every row, is recognized with one comparison.

Usable as ``outlines.Generator(model.outlines, processor=...)`` and in the
``logits_processor`` list of transformers' ``generate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbook.grammar import masks as bits
from workbook.grammar.engine import CompiledConstraint, GrammarError
from workbook.grammar.row import Row, write_masks

if TYPE_CHECKING:
    import torch


class GrammarProcessor:
    """One constraint for all rows, or one for each prompt of a batch, in the order of the prompts."""

    def __init__(self, compiled: CompiledConstraint | Sequence[CompiledConstraint]) -> None:
        self._all = list(compiled) if isinstance(compiled, Sequence) else [compiled]
        if not self._all:
            raise GrammarError("a processor needs at least one constraint")
        self._chosen = self._all
        self.reset()

    def reset(self) -> None:
        """Forget the last generation; the next call starts a new one."""
        self._rows: list[Row] = []
        self._seen: torch.Tensor | None = None
        self._prompt_length = 0

    def select(self, rows: Sequence[int]) -> None:
        """The next generation is for these prompts; without it, for all of them in order."""
        self._chosen = self._all if len(self._all) == 1 else [self._all[row] for row in rows]
        self.reset()

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Forbid what the constraint forbids; the first call after :meth:`reset` shows the prompts alone."""
        self._follow(input_ids)
        return bits.apply(self._fill(scores.shape[1]), scores)

    def masks(self, input_ids: Any) -> torch.Tensor:
        """The packed masks for these rows, as :meth:`__call__` would apply them."""
        self._follow(input_ids)
        return self._fill(self._chosen[0].vocabulary.width)

    def _follow(self, input_ids: torch.Tensor) -> None:
        """Bring every row to what ``input_ids`` shows."""
        if self._is_new(input_ids):
            self._start(input_ids)
        elif self._is_next(input_ids):
            for row, token in zip(self._rows, input_ids[:, -1].tolist(), strict=True):
                row.append(token)
        else:
            for row, tokens in zip(self._rows, input_ids[:, self._prompt_length :].tolist(), strict=True):
                row.become(tokens)
        self._seen = input_ids

    def _is_new(self, input_ids: torch.Tensor) -> bool:
        """Another number of rows, or other prompts: a generation of which nobody told us."""
        import torch

        seen, prompt = self._seen, self._prompt_length
        if seen is None or seen.shape[0] != input_ids.shape[0] or input_ids.shape[1] < prompt:
            return True
        return not torch.equal(seen[:, :prompt], input_ids[:, :prompt])

    def _is_next(self, input_ids: torch.Tensor) -> bool:
        import torch

        return (
            self._seen is not None
            and input_ids.shape[1] == self._seen.shape[1] + 1
            and torch.equal(input_ids[:, :-1], self._seen)
        )

    def _start(self, input_ids: torch.Tensor) -> None:
        rows, constraints = input_ids.shape[0], self._chosen
        if rows % len(constraints):
            raise GrammarError(f"{len(constraints)} constraints do not fit {rows} rows", "Give one for each prompt.")
        each = rows // len(constraints)  # beams, or several samples, of one prompt stand together
        self._rows = [Row(constraints[row // each]) for row in range(rows)]
        self._prompt_length = input_ids.shape[1]
        self._masks: torch.Tensor | None = None
        self._pinned = input_ids.device.type == "cuda"

    def _fill(self, width: int) -> torch.Tensor:
        if self._masks is None:
            self._masks = bits.allocate(len(self._rows), width, pinned=self._pinned)
        write_masks([(row, index) for index, row in enumerate(self._rows)], self._masks)
        return self._masks
