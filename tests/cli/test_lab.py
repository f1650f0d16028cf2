"""``workbook lab``: the server that it starts, asked over HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from workbook.cli.lab import FIRST, lab_command
from workbook.core.settings import repo_root

TOKEN = "for-this-test"


def test_it_opens_the_first_notebook_and_the_readers_options_come_last(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / FIRST).write_text("{}")
    command = lab_command(tmp_path, ["--no-browser", "--ServerApp.ip=0.0.0.0"])
    assert f"--LabApp.default_url=/lab/tree/{FIRST}" in command
    assert command.index("--ServerApp.ip=127.0.0.1") < command.index("--ServerApp.ip=0.0.0.0")
    assert command[0] == sys.executable


def test_without_the_first_notebook_it_opens_the_folder(tmp_path):
    assert "--LabApp.default_url=/lab" in lab_command(tmp_path, [])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A running ``workbook lab``."""

    def __init__(self, folder):
        self.port = free_port()
        self.log = (folder / "log").open("w+")
        args = ["lab", "--no-browser", f"--ServerApp.port={self.port}", f"--IdentityProvider.token={TOKEN}"]
        code = "from workbook.cli.main import main; main()"
        environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(folder), "JUPYTER_CONFIG_DIR": str(folder)}
        command = [sys.executable, "-c", code, *args]
        # From elsewhere: the command finds the workbook by itself.
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=self.log, stderr=self.log)

    def ask(self, path, data=None):
        """The status and the body of an answer."""
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, data=data, headers={"Authorization": f"token {TOKEN}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()

    def wait(self, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, self.read_log()
            try:
                return self.ask("/api/status")
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        raise AssertionError(f"no answer in {seconds} s: {self.read_log()}")

    def read_log(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("lab"))
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@pytest.mark.slow
def test_the_page_of_the_first_notebook_is_served(server):
    status, page = server.ask(f"/lab/tree/{FIRST}" if (repo_root() / FIRST).is_file() else "/lab")
    assert status == 200
    assert "JupyterLab" in page


@pytest.mark.slow
def test_it_offers_nobody_news(server):
    _, page = server.ask("/lab")
    config = json.loads(page.split('id="jupyter-config-data" type="application/json">')[1].split("</script>")[0])
    assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]


@pytest.mark.slow
def test_it_serves_the_workbook_and_not_where_it_was_called(server):
    _, listing = server.ask("/api/contents/notebooks")
    assert json.loads(listing)["type"] == "directory"


@pytest.mark.slow
def test_a_kernel_starts(server):
    status, kernel = server.ask("/api/kernels", data=b'{"name": "python3"}')
    assert status == 201
    assert json.loads(kernel)["name"] == "python3"


@pytest.mark.slow
def test_it_listens_on_this_machine_alone(server):
    import psutil

    process = psutil.Process(server.process.pid)
    listening = [c.laddr for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    assert server.port in {address.port for address in listening}
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}
