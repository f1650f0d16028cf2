"""The pocket behind a real OpenAI-compatible server: llama.cpp's, with the model as GGUF, grammar included."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbook.core.constraints import ToolCalls
from workbook.core.settings import data_dir
from workbook.core.validation import call_errors
from workbook.grammar import generate
from workbook.models import load_model
from workbook.models.gguf_export import export_gguf
from workbook.models.server import ServerModel
from workbook.suites.tasks import load_tasks

pytestmark = pytest.mark.slow
SERVE = Path(__file__).with_name("serve_gguf.py")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerModel]:
    if not (data_dir() / "models" / "pocket" / "model.safetensors").is_file():
        pytest.skip("no weights under data/models/pocket: git checkout -- data/models")
    file = export_gguf(data_dir() / "models" / "pocket", tmp_path_factory.mktemp("served") / "pocket.gguf")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, SERVE, file, str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready"), "the server did not come up"
        yield load_model(f"http://127.0.0.1:{port}/v1")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


TASKS = [task for task in load_tasks("calls") if task.kind == "call"][:24]


def test_it_calls_as_the_model_here_does(served: ServerModel, pocket: str) -> None:
    here = load_model(pocket)
    there = served.complete([served.render(one.messages, one.tools) for one in TASKS], max_new_tokens=160)
    own = here.complete([here.render(one.messages, one.tools) for one in TASKS], max_new_tokens=160)
    same = sum(served.parse(a.text).calls == here.parse(b.text).calls for a, b in zip(there, own, strict=True))
    # bf16 there and float32 here: a close choice may fall differently
    assert same >= len(TASKS) - 3


def test_a_grammar_holds_there_too(served: ServerModel) -> None:
    prompts = [served.render(one.messages, one.tools) for one in TASKS]
    for one, prompt in zip(TASKS, prompts, strict=True):
        [done] = generate(served, [prompt], ToolCalls(one.tools), max_new_tokens=200)
        [call] = served.parse(done.text).calls
        assert call_errors(call, one.tools) == []
