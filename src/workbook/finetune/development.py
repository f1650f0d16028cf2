"""Scores while training goes on: a development set, greedy, free of any grammar.

The set is drawn from the held-out split with a seed of its own; it is none of the frozen sets, so that looking
at it while training leaves those untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING

from workbook.finetune import general
from workbook.finetune.conversations import Example, make
from workbook.finetune.runs import Run
from workbook.finetune.stream import render
from workbook.finetune.tokenizer import END

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

TOOLS_AT_MOST = 4


def _tools_maker(kind: str) -> Callable[[Random], Example]:
    return lambda rng: make(kind, rng, "held_out", rng.randint(1, TOOLS_AT_MOST))


def _general_maker(kind: str) -> Callable[[Random], Example]:
    return lambda rng: general.MAKERS[kind][1](rng, "held_out")


SETS: Mapping[str, Mapping[str, Callable[[Random], Example]]] = {
    "tools": {kind: _tools_maker(kind) for kind in ("call", "ask", "decline")},
    "base": {kind: _general_maker(kind) for kind in ("write_json", "fact", "arithmetic")},
}


def dev_scores(run: Run, count: int = 64) -> dict[str, float]:
    """Share of right answers by kind; the first kind of a stage is the one that its ladder climbs."""
    rng = Random("development")
    makers = SETS["base" if run.stage == "base" else "tools"]
    examples = {kind: [draw(rng) for _ in range(count)] for kind, draw in makers.items()}
    replies = iter(_greedy(run, [example for part in examples.values() for example in part]))
    return {
        kind: sum(_right(example, next(replies), run.tokenizer) for example in part) / count
        for kind, part in examples.items()
    }


def _right(example: Example, reply: str, tokenizer: PreTrainedTokenizerFast) -> bool:
    if example.kind in ("ask", "fact"):
        return "<tool_call>" not in reply and any(word in reply for word in example.accept)
    if example.kind == "decline":
        return "<tool_call>" not in reply and "?" not in reply
    whole = render(example, tokenizer)
    return whole[len(render(example, tokenizer, prompt_only=True)) :].strip() == reply.strip()


def _greedy(run: Run, examples: list[Example], rows: int = 32) -> list[str]:
    import torch

    run.model.eval()
    replies = []
    for i in range(0, len(examples), rows):
        prompts = [render(example, run.tokenizer, prompt_only=True) for example in examples[i : i + rows]]
        batch = run.tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False).to(run.device)
        with torch.no_grad(), torch.autocast(run.device, dtype=torch.bfloat16):
            out = run.model.generate(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                max_new_tokens=140,
                do_sample=False,
            )
        texts = run.tokenizer.batch_decode(out[:, batch["input_ids"].shape[1] :], skip_special_tokens=False)
        replies += [text.split(END)[0] + END for text in texts]
    run.model.train()
    return replies
