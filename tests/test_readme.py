"""The README's links, topics and commands are those of the repository."""

from __future__ import annotations

import re

import pytest

from workbook.core.settings import repo_root
from workbook.runner.front_page import renewed
from workbook.study.topics import topics

ROOT = repo_root()
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
LINKS = [link for link in re.findall(r"\]\(([^)\s]+)\)", TEXT) if "://" not in link]


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_somewhere(link):
    assert (ROOT / link).is_file()


def test_the_made_parts_are_those_of_today():
    assert renewed(TEXT) == TEXT, "make readme"


def test_every_topic_is_in_the_table():
    assert set(re.findall(r"^\| (\d\d) \|", TEXT, re.MULTILINE)) == {"00", *(topic.notebook[:2] for topic in topics())}


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
