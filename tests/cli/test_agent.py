"""``workbook agent``: tools from a file, one document, and an exit status that tells an answer from none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from api_server import api_server
from typer.testing import CliRunner

import workbook.models
from workbook.agent import Trace, canned, same_call_forever
from workbook.cli.agent import toolbox_from
from workbook.cli.main import app
from workbook.core.chat import ToolCall
from workbook.core.errors import UsageError
from workbook.gateway import ServedCompany

TOOLS = '''
from json import dumps

RISKS = {"drop": "destructive"}

def weather(city: str) -> str:
    """Get the weather."""
    print("noise")
    return dumps({"city": city, "degrees": 31})

def drop(city: str) -> str:
    """Drop a city."""
    return "dropped"

def _hidden(x: int) -> str:
    return ""
'''
WEATHER = ToolCall("weather", {"city": "Oslo"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tools.py"
    path.write_text(TOOLS)
    return path


def ask(monkeypatch: Any, policy: Any, *options: str) -> Any:
    monkeypatch.setattr(workbook.models, "load_model", lambda name: policy)
    return CliRunner().invoke(app, ["agent", "What is it like in Oslo?", *options])


def test_tools_of_a_file_are_its_public_functions(file: Path) -> None:
    box = toolbox_from(str(file))
    assert [(tool.name, tool.risk) for tool in box] == [("weather", "read"), ("drop", "destructive")]
    assert len(toolbox_from("none")) == 0


def test_an_answer_with_tools(file: Path, monkeypatch: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    policy = canned(WEATHER, "31 degrees.")
    shown = ask(monkeypatch, policy, "--tools", str(file), "--json", "--trace", str(path))
    document = json.loads(shown.stdout)
    assert (shown.exit_code, document["ending"], document["answer"], document["steps"]) == (
        0,
        "answered",
        "31 degrees.",
        2,
    )
    [made] = document["calls"]
    assert (made["name"], made["status"], json.loads(made["result"])["degrees"]) == ("weather", "ran", 31)
    assert Trace.load(path).answer == "31 degrees."


def test_for_a_person_the_answer_alone_goes_to_stdout(file: Path, monkeypatch: Any) -> None:
    shown = ask(monkeypatch, canned(WEATHER, "31 degrees."), "--tools", str(file))
    assert (shown.exit_code, shown.stdout) == (0, "31 degrees.\n")
    assert "ran: weather" in shown.stderr


def test_where_nobody_can_be_asked_nothing_destructive_runs(file: Path, monkeypatch: Any) -> None:
    policy = canned(ToolCall("drop", {"city": "Oslo"}), "It was not done.")
    shown = ask(monkeypatch, policy, "--tools", str(file), "--json")
    assert json.loads(shown.stdout)["calls"][0]["status"] == "denied"


@pytest.mark.parametrize(("policy", "ending"), [(canned(), "failed"), (same_call_forever(WEATHER), "forced")])
def test_no_answer_is_a_failure(policy: Any, ending: str, file: Path, monkeypatch: Any) -> None:
    shown = ask(monkeypatch, policy, "--tools", str(file), "--json")
    assert (shown.exit_code, json.loads(shown.stdout)["ending"]) == (1, ending)
    assert ending in shown.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "no public function"),
        ("from json import dumps", "no public function"),
        ("1 / 0", "ZeroDivisionError"),
        ("def f(", "SyntaxError"),
        ("RISKS = {'drp': 'write'}\ndef drop(): ...", "'drop'"),
    ],
)
def test_a_file_without_tools_says_why(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "tools.py"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        toolbox_from(str(path))


@pytest.mark.parametrize("name", ["nowhere.py", "folder", "tools.txt"])
def test_what_is_no_python_file_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "tools.txt").write_text(TOOLS)
    with pytest.raises(UsageError, match="no Python file"):
        toolbox_from(str(tmp_path / name))


def test_without_tools_of_its_own_the_whole_chain_runs_live(monkeypatch: Any) -> None:
    policy = canned(ToolCall("people_get_employee", {"employee_id": "E1042"}), "Found.")
    shown = ask(monkeypatch, policy, "--scope", "people.read", "--json")
    document = json.loads(shown.stdout)
    assert (shown.exit_code, document["answer"]) == (0, "Found.")
    stages = [line.split()[0] for line in shown.stderr.splitlines() if " s  " in line]
    assert stages[:2] == ["registry", "retrieval"]
    assert stages[-1] == "answer"
    assert "500 operations, 7 within" in shown.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--registry", "x", "--gateway", "http://127.0.0.1:1"], "two places"),
        (["--gateway", "http://127.0.0.1:1"], "WORKBOOK_CREDENTIAL_TOKEN"),
        (["--scope", "peple.read"], "people.read"),
        (["--tools", "none", "--scope", "people.read"], "--tools takes no"),
        (["--decoding", "grammer"], "grammar"),
    ],
)
def test_what_makes_no_sense_says_so(options: list[str], said: str, monkeypatch: Any) -> None:
    monkeypatch.delenv("WORKBOOK_CREDENTIAL_TOKEN", raising=False)
    shown = ask(monkeypatch, canned("Hm."), *options)
    assert shown.exit_code != 0
    assert said in f"{shown.exception!r} {getattr(shown.exception, 'remedy', '')}"


def test_a_registry_that_is_empty_says_how_to_fill_it(monkeypatch: Any, tmp_path: Path) -> None:
    shown = ask(monkeypatch, canned("Hm."), "--registry", str(tmp_path / "empty"))
    assert "registry import" in getattr(shown.exception, "remedy", "")


def test_a_gateway_that_runs_is_called_with_the_token_of_the_environment(monkeypatch: Any) -> None:
    policy = canned(ToolCall("people_get_employee", {"employee_id": "E1042"}), "Found.")
    with ServedCompany() as served:
        monkeypatch.setenv("WORKBOOK_CREDENTIAL_TOKEN", served.token("me", "people.read"))
        shown = ask(monkeypatch, policy, "--gateway", served.address, "--scope", "people.read", "--json")
        text = served.app.state.gateway.metrics.text()
    [made] = json.loads(shown.stdout)["calls"]
    assert made["status"] == "ran"
    assert json.loads(made["result"])["id"] == "E1042"
    assert b"people_get_employee" in (text if isinstance(text, bytes) else text.encode())
    assert "WORKBOOK" not in shown.stderr


def test_a_registry_of_ones_own_is_used_as_it_is(monkeypatch: Any, tmp_path: Path) -> None:
    from workbook.tools.importing import import_documents
    from workbook.tools.registry import Registry

    with api_server() as api:
        path = {"get": {"operationId": "get_weather", "summary": "What is it like in a town?"}}
        document = {"openapi": "3.1.0", "info": {"title": "t"}, "paths": {"/echo": path}, "servers": [{"url": api.url}]}
        (tmp_path / "weather.json").write_text(json.dumps(document))
        import_documents(Registry(str(tmp_path / "db")), [str(tmp_path / "weather.json")])
        shown = ask(monkeypatch, canned(ToolCall("get_weather"), "Mild."), "--registry", str(tmp_path / "db"), "--json")
        assert api.last["path"] == "/echo"
    document = json.loads(shown.stdout)
    assert (document["answer"], document["calls"][0]["status"]) == ("Mild.", "ran")
