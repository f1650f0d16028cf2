"""Pairs to prefer by: ask rather than guess, and call rather than ask needlessly; in TRL's preference form.

``{"prompt", "chosen", "rejected", "tools"}``, each but the tools a list of messages. Two pairs come of one request:
without a required argument, a question is chosen and the call with a value that nobody gave is rejected; whole, the
call is chosen and the question rejected. So asking always, and never, is wrong half the time. Leaves out the training
(``dpo``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from random import Random
from typing import Any

from workbook.core.chat import Message
from workbook.core.errors import WorkbookError
from workbook.finetune.conversations import Example, with_and_without
from workbook.finetune.pipeline import TOOLS_AT_MOST, checked, held_out
from workbook.finetune.rows import Row, as_rendered, check_rows
from workbook.finetune.toolmaker import make_box

SIDES = ("chosen", "rejected")
FORM = 'Expected {"prompt": [...], "chosen": [...], "rejected": [...]}; `workbook finetune data --help` writes some.'


def asked_or_guessed(count: int, seed: int = 0, tools: int = TOOLS_AT_MOST) -> list[Row]:
    """``count`` pairs of the training split with up to ``tools`` tools, checked as generated rows are: asks, calls."""
    rng = Random(f"preferences {seed}")
    return list(islice((pair for both in _drawn(rng, tools) for pair in both), count))


def chosen_rows(pairs: Sequence[Row]) -> list[Row]:
    """The rows that supervised tuning learns from the same pairs: each prompt with what was chosen."""
    return [_row(pair, "chosen") for pair in pairs]


def check_pairs(pairs: Sequence[Row], controls: Mapping[str, int]) -> None:
    """Raise ``WorkbookError`` at the first pair that nothing can be learned from."""
    for number, pair in enumerate(pairs, 1):
        absent = [name for name in ("prompt", *SIDES) if not isinstance(pair.get(name), list)]
        if absent:
            raise WorkbookError(f"pair {number} has no list of messages under {absent[0]!r}", FORM)
        if pair["chosen"] == pair["rejected"]:
            raise WorkbookError(f"pair {number} rejects what it chooses", FORM)
    for side in SIDES:
        check_rows([_row(pair, side) for pair in pairs], controls)


def rendered(pair: Row) -> dict[str, Any]:
    """The pair with messages and tools as a chat template is given them when the model is asked."""
    sides = {name: as_rendered({"messages": pair[name]})["messages"] for name in ("prompt", *SIDES)}
    return {**sides, "tools": as_rendered(_row(pair, "chosen"))["tools"]}


def _row(pair: Row, side: str) -> Row:
    return {"messages": [*pair["prompt"], *pair[side]], "tools": pair.get("tools") or []}


def _drawn(rng: Random, tools: int) -> Iterator[tuple[Row, Row]]:
    held = held_out()
    while True:
        made = with_and_without(rng, "train", make_box(rng, "train", rng.randint(1, tools)))
        drawn = [checked(example) for example in made[:2]] if made else []
        if made and not any(one.stage or any(one.text in index for index in held) for one in drawn):
            whole, part, _ = made
            yield _pair(part, whole.answer), _pair(whole, part.answer)


def _pair(example: Example, rejected: Message) -> Row:
    """The example against another answer to it: a question against the call that guesses, or the other way round."""
    return {
        "prompt": [message.to_dict() for message in example.messages[:-1]],
        "chosen": [example.answer.to_dict()],
        "rejected": [rejected.to_dict()],
        "tools": [tool.to_dict() for tool in example.tools],
    }
