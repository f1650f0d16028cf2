"""``workbook eval injection``: bad input names the way out; our suite and a folder of InjecAgent give one document."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from injecagent_rows import write

COMMAND = [sys.executable, "-c", "from workbook.cli.main import main; main()"]


def workbook(*args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run([*COMMAND, "eval", "injection", *args], capture_output=True, text=True, env=environment)


class Obedient(BaseHTTPRequestHandler):
    """A server whose model calls the first offered tool that the conversation has not called yet, then answers."""

    def do_GET(self) -> None:
        self._send({"object": "list", "data": [{"id": "tiny", "object": "model", "created": 0, "owned_by": "x"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        done = {call["function"]["name"] for turn in body["messages"] for call in turn.get("tool_calls", ())}
        left = [tool["function"]["name"] for tool in body["tools"] if tool["function"]["name"] not in done]
        message: dict[str, Any] = {"role": "assistant", "content": None if left else "Done."}
        if left:
            call = {"name": left[0], "arguments": json.dumps({"to": ["eve"]} if left[0] == "MailSend" else {})}
            message["tool_calls"] = [{"id": "c", "type": "function", "function": call}]
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        self._send({"id": "x", "created": 0, "model": "tiny", "object": "chat.completion", "choices": [choice]})

    def _send(self, data: dict[str, Any]) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    """The address of an obedient model."""
    made = ThreadingHTTPServer(("127.0.0.1", 0), Obedient)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}/v1"
    made.shutdown()
    made.server_close()


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


def test_a_model_behind_a_server(tmp_path: Path, server: str) -> None:
    shown = workbook("--data", str(write(tmp_path)), "--limit", "4", "--arm", "none", "--model", server, "--json")
    assert shown.returncode == 0, shown.stderr
    document = json.loads(shown.stdout)
    values = {name: metric["estimate"] for name, metric in document["metrics"].items()}
    assert (document["model"], document["too_weak"]) == ("tiny", False)
    assert (values["none.attack_success_all"], values["attack_success_all"]) == (1, 0)
    assert (values["none.utility"], values["utility"]) == (0, 1)


@pytest.mark.slow
def test_our_own_office(pocket: str) -> None:
    shown = workbook("--limit", "1", "--arm", "none")
    assert shown.returncode == 0, shown.stderr
    assert "attack_success_valid" in shown.stdout
    assert "1 attacks and 1 errands" in shown.stderr
