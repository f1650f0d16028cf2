"""``workbook eval schemas``: bad input names the way out; a small folder goes through real workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from workbook.cli.main import main; main()"]
CASE = {
    "schema": {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]},
    "tests": [{"valid": True, "data": {"a": True}}, {"valid": False, "data": {"a": 1}}, {"valid": False, "data": {}}],
}


def workbook(*args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run([*COMMAND, *args], capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--data", "absent"], "no folder absent"),
        (["--data", "{folder}"], "no JSON files in"),
        (["--data", "{folder}", "--engine", "xgramar"], "Did you mean 'xgrammar'"),
        (["--data", "{folder}", "--decoding", "free"], "Leave --decoding out"),
        (["--data", "{folder}", "--seconds", "0"], "--seconds"),
        ([], "--data"),
    ],
    ids=" ".join,
)
def test_bad_input(args: list[str], said: str, tmp_path: Path) -> None:
    shown = workbook("eval", "schemas", *(arg.format(folder=tmp_path) for arg in args))
    assert shown.returncode in (1, 2)
    assert said in shown.stderr
    assert shown.stdout == ""
    assert "Traceback" not in shown.stderr


@pytest.mark.slow
def test_a_folder_through_real_workers(tmp_path: Path, pocket: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "case.json").write_text(json.dumps(CASE))
    (tmp_path / "bare.json").write_text('{"type": "array", "uniqueItems": true}')
    (tmp_path / "broken.json").write_text("{")
    shown = workbook("eval", "schemas", "--data", str(tmp_path), "--engine", "llguidance", "--seconds", "60", "--json")
    assert shown.returncode == 0, shown.stderr
    document = json.loads(shown.stdout)
    metrics = {name: metric["estimate"] for name, metric in document["metrics"].items()}
    for prefix in ("", "llguidance.", "llguidance+check."):
        assert [metrics[prefix + name] for name in ("compiles", "accepts_valid", "rejects_invalid")] == [0.5, 1, 1]
        assert (metrics[f"{prefix}wrong_accepts"], metrics[f"{prefix}timeouts"]) == (0, 0)
    assert [bad["id"] for bad in document["bad_files"]] == ["broken.json"]
    assert "not a case: broken.json: not JSON" in shown.stderr
    assert (document["model"], document["n"]) == (pocket, 2)
