"""The page on fine-tuning: its table is today's plan, and its commands exist."""

from __future__ import annotations

import re

from workbook.finetune.memory import MISTRAL_7B, NF4_BITS, plan
from workbook.lab.memory_page import RANK, TOKENS, page, table
from workbook.lab.scaling import filled


def test_the_pages_table_is_the_plan():
    text = page().read_text(encoding="utf-8")
    assert filled(text, table()) == text, "run workbook.lab.memory_page.write()"
    assert f"{TOKENS:,} tokens at a time (`--pack {TOKENS}`)" in text.replace("\n", " ")
    assert f"rank {RANK}" in text
    assert f"{NF4_BITS:.3f} bits" in text


def test_the_table_has_a_column_for_each_way():
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table().splitlines()]
    assert {len(row) for row in rows} == {4}
    together = next(row for row in rows if row[0] == "together")
    assert together[1] == f"{plan(MISTRAL_7B, TOKENS, RANK, True)['together']:.2f}"


def test_every_option_on_the_page_is_one_of_the_commands():
    import typer

    from workbook.cli.main import app

    group = typer.main.get_command(app).commands["finetune"].commands
    known = {name for command in group.values() for option in command.params for name in option.opts}
    named = set(re.findall(r"--[a-z][a-z-]+", page().read_text(encoding="utf-8")))
    assert named - {"--model"} <= known
