"""The parts as processes: every command that the files name is there, and the gateway and its watch run as written."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
import yaml

from workbook.core.settings import repo_root
from workbook.lab.scaling import filled, page

DEPLOY = repo_root() / "deploy"
PATIENCE = 60
FILES = [DEPLOY / "Procfile", DEPLOY / "Procfile.once"]
PARTS = dict(line.split(": ", 1) for file in FILES for line in file.read_text().splitlines())
DEFAULTS = dict(line.split("=", 1) for line in (DEPLOY / "parts.env").read_text().splitlines())
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SCRAPED = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
ALERTS = yaml.safe_load((DEPLOY / "alerts.yml").read_text())


def words(part: str, **values: str) -> list[str]:
    """The command as a runner of Procfiles starts it, without a shell."""
    text = PARTS[part]
    for name, value in {**DEFAULTS, **values}.items():
        text = text.replace(f"${name}", value)
    assert "$" not in text
    return shlex.split(text)


def commands() -> list[list[str]]:
    composed = [shlex.split(one["command"]) for one in COMPOSE["services"].values()]
    return [one for one in [*map(words, PARTS), *composed] if one[0] == "workbook"]


@pytest.mark.parametrize("command", commands(), ids=lambda one: " ".join(one[1:3]))
def test_every_command_is_one_of_ours_and_takes_these_options(command):
    from typer.main import get_command

    from workbook.cli.main import app

    found, rest = get_command(app), command[1:]
    while hasattr(found, "commands"):
        found, rest = found.commands[rest[0]], rest[1:]
    with found.make_context(found.name, list(rest)) as context:
        assert context.params


def test_all_parts_meet_at_one_gateway():
    port = DEFAULTS["PORT"]
    (job,) = SCRAPED["scrape_configs"]
    assert job["static_configs"][0]["targets"] == [f"127.0.0.1:{port}"]
    services = COMPOSE["services"]
    assert f"--port {port}" in services["gateway"]["command"]
    for name in ("watch", "prometheus", "worker"):
        assert services[name]["network_mode"] == "service:gateway"
    assert not any("ports" in one for one in services.values()), "nothing is let in from outside"


def test_alerts_ask_for_metrics_that_the_gateway_has():
    from workbook.gateway.metrics import Metrics

    known = Metrics().text().decode()
    rules = [rule for group in ALERTS["groups"] for rule in group["rules"]]
    assert SCRAPED["rule_files"] == ["alerts.yml"]
    for rule in rules:
        named = {
            word for word in rule["expr"].replace("(", " ").replace("[", " ").split() if word.startswith("gateway_")
        }
        assert named
        for name in named:
            assert f"# TYPE {name.removesuffix('_bucket')} " in known, name


def test_gateway_and_watch_run_as_the_procfile_says(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    values = {"PORT": port, "STATE": str(tmp_path / "company.sqlite")}
    started = [start(words("gateway", **values), tmp_path)]
    try:
        until(lambda: httpx2.get(f"http://127.0.0.1:{port}/metrics").status_code == 200)
        started.append(start([*words("watch", **values), "--looks", "1"], tmp_path))
        told, _ = started[1].communicate(timeout=PATIENCE)
        assert "learning what is usual" in told
        assert started[1].returncode == 0
    finally:
        for one in started:
            one.send_signal(signal.SIGINT)
        for one in started:
            one.communicate(timeout=PATIENCE)


def start(command: list[str], folder: Path) -> subprocess.Popen[str]:
    """The command with this Python's own ``workbook``."""
    own = [sys.executable, "-c", "from workbook.cli.main import main; main()", *command[1:]]
    environment = {**os.environ, "WORKBOOK_ROOT": str(repo_root())}
    return subprocess.Popen(
        own, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def until(true) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        try:
            if true():
                return
        except httpx2.HTTPError:
            time.sleep(0.1)
    pytest.fail("the gateway does not answer")


def test_the_figures_of_the_page_are_those_of_the_results():
    text = page().read_text(encoding="utf-8")
    assert text == filled(text), "python -c 'from workbook.lab.scaling import write; write()'"
    assert "requests a second for 60 s" in text
