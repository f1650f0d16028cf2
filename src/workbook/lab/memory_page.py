"""The table of ``course/fine_tuning.md``: what tuning Mistral-7B takes in memory, by ``finetune.memory``.

Arithmetic on a configuration and no measurement: nobody has run it here.
"""

from __future__ import annotations

from pathlib import Path

from workbook.core.files import write_whole
from workbook.core.settings import repo_root
from workbook.finetune.memory import MISTRAL_7B, plan
from workbook.lab.scaling import filled

TOKENS, RANK = 2048, 16
WAYS = {"QLoRA, 4 bits": (RANK, True), "LoRA, bfloat16": (RANK, False), "all weights": (None, False)}
"""Each way of tuning: LoRA's rank, and whether the base is held in 4 bits."""


def page() -> Path:
    """The page of the course that plans memory, ``course/fine_tuning.md``."""
    return repo_root() / "course" / "fine_tuning.md"


def table() -> str:
    """GiB of each part, by way of tuning, as a table in Markdown."""
    plans = [plan(MISTRAL_7B, TOKENS, rank, four_bit) for rank, four_bit in WAYS.values()]
    lines = [f"| {name} | " + " | ".join(f"{one[name]:.2f}" for one in plans) + " |" for name in plans[0]]
    return "\n".join([f"| GiB | {' | '.join(WAYS)} |", "|---|" + "---:|" * len(WAYS), *lines])


def write() -> None:
    """Bring the page up to date; to be called when the plan has changed."""
    write_whole(page(), filled(page().read_text(encoding="utf-8"), table()))
