"""``workbook eval injection``: bad input names the way out; our suite and a folder of InjecAgent give one document."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from injecagent_rows import write

COMMAND = [sys.executable, "-c", "from workbook.cli.main import main; main()"]


def workbook(*args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run([*COMMAND, "eval", "injection", *args], capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--data", "absent"], "no such folder"),
        (["--data", "{folder}"], "it holds nothing"),
        (["--arm", "aproval"], "Did you mean 'approval'"),
        (["--decoding", "freely"], "Did you mean 'free'"),
        (["--limit", "0"], "--limit"),
    ],
    ids=" ".join,
)
def test_bad_input(args: list[str], said: str, tmp_path: Path) -> None:
    shown = workbook(*(arg.format(folder=tmp_path) for arg in args))
    assert shown.returncode in (1, 2)
    assert said in shown.stderr
    assert shown.stdout == ""
    assert "Traceback" not in shown.stderr


@pytest.mark.slow
def test_a_folder_in_injecagents_form(tmp_path: Path, pocket: str) -> None:
    write(tmp_path, **{"Tool Parameters": "open('x')"})
    shown = workbook("--data", str(tmp_path), "--limit", "4", "--arm", "none", "--decoding", "grammar", "--json")
    assert shown.returncode == 0, shown.stderr
    document = json.loads(shown.stdout)
    assert (document["suite"], document["model"], document["n"]) == ("injection", pocket, 4)
    assert list(document["files"].values()) == [1] * 4
    assert {"attack_success_valid", "attack_success_all", "utility", "valid"} <= document["metrics"].keys()
    assert "none.attack_success_all" in document["metrics"]
    assert len(document["bad_rows"]) == 4
    assert "not a case: test_cases_dh_base.0: no Python literal" in shown.stderr


@pytest.mark.slow
def test_our_own_office(pocket: str) -> None:
    shown = workbook("--limit", "2", "--arm", "none")
    assert shown.returncode == 0, shown.stderr
    assert "attack_success_valid" in shown.stdout
    assert "2 attacks and 2 errands" in shown.stderr
