"""The README's links, topics and commands are those of the repository."""

from __future__ import annotations

import re

import pytest
import yaml

from workbook.core.settings import repo_root

ROOT = repo_root()
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
TOPICS = yaml.safe_load((ROOT / "course" / "topics.yaml").read_text(encoding="utf-8"))
LINKS = [link for link in re.findall(r"\]\(([^)\s]+)\)", TEXT) if "://" not in link]


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_somewhere(link):
    assert (ROOT / link).is_file()


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic["notebook"])
def test_a_topic_is_in_the_table_and_linked_once_it_is_there(topic):
    (row,) = re.findall(rf"^\| {topic['notebook'][:2]} \| (.+?) \| (.+) \|$", TEXT, re.MULTILINE)
    question, cell = row
    assert question == topic["question"]
    path = f"notebooks/{topic['notebook']}.ipynb"
    assert path in cell if (ROOT / path).is_file() else cell == "planned"


def test_every_make_target_that_it_names_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", TEXT, re.MULTILINE))
    assert named
    assert named <= targets


def test_every_command_that_it_names_is_there():
    from typer.main import get_command

    from workbook.cli.main import app

    commands = set(get_command(app).commands)
    named = set(re.findall(r"`workbook ([a-z]+)", TEXT))
    assert named == commands
