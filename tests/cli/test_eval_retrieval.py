"""``workbook eval retrieval``: bad input names the way out; a small set goes through."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from retrieval_toys import ToyEncoder
from typer.testing import CliRunner

from workbook.cli.main import app
from workbook.tools import embedding

COMMAND = [sys.executable, "-c", "from workbook.cli.main import main; main()"]


def workbook(*args):
    return subprocess.run([*COMMAND, "eval", "retrieval", *args], capture_output=True, text=True,
                          env={**os.environ, "COLUMNS": "200"})  # fmt: skip


@pytest.mark.parametrize(("args", "said"), [
    (["--data", "absent", "--format", "toole"], "no folder absent"),
    (["--data", "{folder}", "--format", "tool"], "Did you mean 'toole'"),
    (["--data", "{folder}", "--format", "bfcl"], "is not laid out as bfcl"),
    (["--data", "{folder}"], "--format"),
    (["--data", "{folder}", "--format", "bfcl", "--decoding", "gramar"], "Did you mean 'grammar'"),
    (["--data", "{folder}", "--format", "bfcl", "--model", "pocket"], "pocket is no encoder"),
    (["--data", "{folder}", "--format", "bfcl", "--reranker", "{folder}"], "is no cross-encoder"),
], ids=" ".join)  # fmt: skip
def test_bad_input(args, said, tmp_path):
    shown = workbook(*(arg.format(folder=tmp_path) for arg in args))
    assert shown.returncode in (1, 2)
    assert said in shown.stderr
    assert shown.stdout == ""
    assert "Traceback" not in shown.stderr


def test_a_set_goes_through(tmp_path, monkeypatch):
    """With a small encoder; the real one has tests of its own."""
    monkeypatch.setattr(embedding, "MiniLm", ToyEncoder)
    tools = {"RainRadar": "Says where it will rain or snow.", "Coins": "Converts one currency into another."}
    (tmp_path / "plugin_des.json").write_text(json.dumps(tools))
    (tmp_path / "all_clean_data.csv").write_text("Query,Tool\nWill it rain?,RainRadar\nWhich currency?,Coins\n")
    command = ["eval", "retrieval", "--data", str(tmp_path), "--format", "toole"]
    shown = CliRunner().invoke(app, [*command, "--json"])
    assert shown.exit_code == 0, shown.stderr
    document = json.loads(shown.stdout)
    assert (document["n"], document["model"]) == (2, "toy")
    assert document["metrics"]["bm25.recall@1"]["estimate"] == 1
    assert "2 queries over 2 tools" in shown.stderr
    table = CliRunner().invoke(app, command).stdout
    assert all(arm in table for arm in ("bm25", "dense", "hybrid", "decomposed", "recall@5"))
