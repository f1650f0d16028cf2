"""``workbook sandbox check``: its document, its table, its exit status."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from workbook.cli.main import app
from workbook.tools import escapes
from workbook.tools import sandbox as sandboxes_module
from workbook.tools.bubblewrap import Bubblewrap
from workbook.tools.escapes import ESCAPES, Attempt


class Fake:
    def __init__(self, name: str, reason: str = "") -> None:
        self.name, self.reason = name, reason

    def available(self) -> str:
        return self.reason


@pytest.fixture
def check(monkeypatch):
    """Run the command on made sandboxes, each with its attempts."""

    def run(*sandboxes, held=True, words=("--json",)):
        monkeypatch.setattr(sandboxes_module, "sandboxes", lambda: sandboxes)
        found = [Attempt("network", True, "refused"), Attempt("disk", held, "9 [bytes]")]
        monkeypatch.setattr(escapes, "check", lambda sandbox: found)
        return CliRunner().invoke(app, ["sandbox", "check", *words])

    return run


def test_the_document(check):
    shown = check(Fake("podman", "no program podman"), Fake("bubblewrap"))
    assert shown.exit_code == 0
    assert json.loads(shown.stdout) == {
        "sandboxes": [
            {"name": "podman", "available": False, "reason": "no program podman", "attempts": []},
            {
                "name": "bubblewrap",
                "available": True,
                "reason": "",
                "attempts": [
                    {"name": "network", "held": True, "detail": "refused"},
                    {"name": "disk", "held": True, "detail": "9 [bytes]"},
                ],
            },
        ]
    }


@pytest.mark.parametrize("words", [("--json",), ()])
def test_an_escape_is_a_failure(check, words):
    shown = check(Fake("bubblewrap"), held=False, words=words)
    assert shown.exit_code == 1
    assert "9 [bytes]" in shown.stdout
    assert ("ESCAPED" in shown.stdout) == (not words)


def test_nothing_to_attack_is_no_success(check):
    shown = check(Fake("podman", "no program podman"), words=())
    assert shown.exit_code == 1
    assert shown.stdout == ""
    assert "no program podman" in shown.stderr
    assert "make system-deps" in shown.stderr


def test_the_table_names_what_happened(check):
    shown = check(Fake("bubblewrap"), words=())
    assert shown.exit_code == 0
    assert "refused" in shown.stdout
    assert "ESCAPED" not in shown.stdout


def test_the_real_one(tmp_path, require):
    """Bubblewrap alone, by a PATH without engines: every attempt is in the document and was held."""
    reason = Bubblewrap().available()
    require("bubblewrap", not reason, f"bubblewrap does not work here: {reason} (make system-deps)")
    (tmp_path / "bwrap").symlink_to(str(shutil.which("bwrap")))
    command = [sys.executable, "-c", "from workbook.cli.main import main; main()", "sandbox", "check", "--json"]
    environment = {**os.environ, "PATH": str(tmp_path)}
    shown = subprocess.run(command, capture_output=True, text=True, env=environment)
    rows = {row["name"]: row for row in json.loads(shown.stdout)["sandboxes"]}
    assert {name: row["available"] for name, row in rows.items()} == {
        "podman": False,
        "docker": False,
        "bubblewrap": True,
    }
    attempts = rows["bubblewrap"]["attempts"]
    assert [row["name"] for row in attempts] == [escape.name for escape in ESCAPES]
    assert [row for row in attempts if not row["held"]] == []
    assert shown.returncode == 0, shown.stderr
