"""The command line as a whole: help, exit statuses, one JSON document, errors that name the way out."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from typer.main import get_command

from workbook.cli.claims import _measured
from workbook.cli.console import print_json
from workbook.cli.main import app

COMMAND = [sys.executable, "-c", "from workbook.cli.main import main; main()"]


def workbook(*args, **env):
    """Run the command in a process of its own."""
    environment = {**os.environ, "COLUMNS": "200", **env}
    return subprocess.run([*COMMAND, *args], capture_output=True, text=True, env=environment)


def all_commands():
    """Every command and group, as the words that call it."""

    def walk(command, words):
        yield words
        for name, child in getattr(command, "commands", {}).items():
            yield from walk(child, (*words, name))

    return list(walk(get_command(app), ()))


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_help_has_an_example(words):
    shown = workbook(*words, "--help")
    assert shown.returncode == 0
    assert f"Example: workbook {' '.join(words)}" in shown.stdout


def test_the_commands_of_this_stage_are_there():
    assert {("doctor",), ("lab",), ("run",), ("claims",), ("train", "pocket"), ("eval", "calls")} <= set(all_commands())


def test_the_version():
    from workbook import __version__

    assert workbook("--version").stdout.strip() == __version__


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["rnu"], "Did you mean 'run'"),
        (["run", "99_no_such_topic"], "unknown notebook '99_no_such_topic'"),
        (["run", "--profile", "sudy"], "Did you mean 'study'"),
        (["run", "--set", "n_trials"], "NAME=VALUE"),
        (["run", "--profile", "full", "--in-place"], "--profile ci"),
        (["run", "01", "--grid", "n_tasks=2,4", "sed=0,1"], "unknown parameter 'sed'; did you mean 'seed'?"),
        (["run", "01", "--grid", "seed=0,1", "--set", "seed=2"], "--set and --grid both name 'seed'"),
        (["run", "01", "--grid", "seed=0,1", "--profile", "ci", "--in-place"], "leave out --in-place"),
        (["run", "01", "--cluster", "locl"], "tcp://host:8786"),
        (["run", "01", "--cluster", "tcp://127.0.0.1:1"], "dask scheduler --host 127.0.0.1"),
        (["run", "01", "--cluster", "tcp://127.0.0.1:1", "--workers", "2"], "Leave one out"),
        (["eval", "calls", "--decoding", "gramar"], "Did you mean 'grammar'"),
        (["eval", "calls", "--data", "cals"], "unknown task set 'cals'"),
        (["eval", "calls", "--limit", "0"], "--limit"),
        (["train", "pocket", "--preset", "gpuu"], "gpu"),
        (["train", "pocket", "--stage", "tool"], "Did you mean 'tools'"),
        (["doctor", "--jsn"], "--json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_an_error_that_names_the_way_out(args, said):
    shown = workbook(*args)
    assert shown.returncode in (1, 2)
    assert said in shown.stderr
    assert shown.stdout == ""
    assert "Traceback" not in shown.stderr


def test_claims_lists_every_claim_measured_or_not(tmp_path):
    import yaml

    from workbook.core.settings import repo_root

    shown = workbook("claims", "--json", WORKBOOK_LEDGER=str(tmp_path / "none.jsonl"))
    assert shown.returncode == 0, shown.stderr
    rows = json.loads(shown.stdout)
    written = yaml.safe_load((repo_root() / "course" / "claims.yaml").read_text(encoding="utf-8"))
    entries = written["claims"] if isinstance(written, dict) and "claims" in written else written
    ids = {entry["id"] for entry in entries} if isinstance(entries, list) else set(entries)
    assert {row["id"] for row in rows} == ids
    keys = {"id", "claim", "notebook", "metric", "estimate", "low", "high", "n", "verdict", "model", "hardware"}
    assert all(keys | {"profile"} <= set(row) for row in rows)


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"kind": "measured", "estimate": None, "profile": None}, "not yet"),
        ({"kind": "measured", "estimate": None, "profile": "ci"}, "not estimable"),
        ({"kind": "documented", "estimate": None, "profile": None}, "documented"),
    ],
)
def test_a_claim_without_an_estimate_says_why(row, shown):
    assert _measured(row) == shown


def test_claims_for_a_person_shows_every_id():
    rows = json.loads(workbook("claims", "--json").stdout)
    shown = workbook("claims").stdout
    assert [row["id"] for row in rows if row["id"] not in shown] == []


def test_json_has_no_nan(capsys):
    print_json({"low": float("nan"), "high": float("inf"), "rows": [(1.5, None)]})
    assert json.loads(capsys.readouterr().out) == {"low": None, "high": None, "rows": [[1.5, None]]}


@pytest.mark.slow
def test_run_writes_one_document_and_shows_the_cell_that_failed(save, tmp_path):
    good, bad = save("x = 1", name="91_good.ipynb"), save("1 / 0", name="92_bad.ipynb")
    shown = workbook("run", str(good), str(bad), "--profile", "ci", "--out", str(tmp_path / "out"), "--json")
    assert shown.returncode == 1
    document = json.loads(shown.stdout)
    assert [entry["status"] for entry in document["notebooks"]] == ["ok", "failed"]
    assert (document["profile"], document["model"]) == ("ci", "pocket")
    assert "ZeroDivisionError" in shown.stderr
    assert "    1 / 0" in shown.stderr


@pytest.mark.slow
def test_run_succeeds_with_status_zero(save, tmp_path):
    cell = 'profile: str = "study"  # which\nmodel_id: str = "pocket"  # which\nsizes: list = [1]  # some\n'
    path = save("assert sizes == [1, 2] and model_id == 'other', (sizes, model_id)", parameters=cell)
    args = ["--profile", "ci", "--out", str(tmp_path / "out"), "--set", "sizes=[1, 2]"]
    shown = workbook("run", str(path), *args, WORKBOOK_MODEL="other")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout == ""
    assert (tmp_path / "out" / "index.html").is_file()


@pytest.mark.slow
def test_in_place_keeps_a_notebook_that_failed(save, tmp_path):
    good, bad = save("40 + 2", name="91_good.ipynb"), save("1 / 0", name="92_bad.ipynb")
    before = bad.read_bytes()
    workbook("run", str(good), str(bad), "--profile", "ci", "--out", str(tmp_path / "out"), "--in-place")
    assert bad.read_bytes() == before
    assert '"42"' in good.read_text()
