"""The pocket behind a real OpenAI-compatible server: llama.cpp's, with the model as GGUF, grammar included."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from workbook.core.chat import user
from workbook.core.constraints import JsonSchema, ToolCalls
from workbook.core.settings import data_dir
from workbook.core.validation import call_errors
from workbook.grammar import generate
from workbook.models import load_model
from workbook.models.gguf_export import export_gguf
from workbook.models.server import ServerModel
from workbook.runner import run_notebooks
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


TASKS = [task for task in load_tasks("calls") if task.kind == "call"][:16]


def test_it_calls_as_the_model_here_does(served: ServerModel, pocket: str) -> None:
    here = load_model(pocket)
    there = served.complete([served.render(one.messages, one.tools) for one in TASKS], max_new_tokens=160)
    own = here.complete([here.render(one.messages, one.tools) for one in TASKS], max_new_tokens=160)
    same = sum(served.parse(a.text).calls == here.parse(b.text).calls for a, b in zip(there, own, strict=True))
    # bf16 there and float32 here: a close choice may fall differently
    assert same >= len(TASKS) - 3


def test_a_call_that_is_required_there_is_checked_here(served: ServerModel) -> None:
    """Its ``tool_choice`` lets words stand before the call, on to the limit; what comes back says so."""
    some = TASKS[:12]
    prompts = [served.render(one.messages, one.tools) for one in some]
    done = generate(served, prompts, [ToolCalls(one.tools) for one in some], max_new_tokens=160)
    called = [
        (one, served.parse(each.text).calls) for one, each in zip(some, done, strict=True) if each.status == "valid"
    ]
    assert len(called) >= len(some) - 4
    assert all(len(calls) == 1 and call_errors(calls[0], one.tools) == [] for one, calls in called)
    assert {each.status for each in done} <= {"valid", "truncated"}


def test_a_schema_holds_there_too(served: ServerModel) -> None:
    schema = {
        "type": "object",
        "properties": {
            "unit": {"enum": ["celsius", "kelvin"]},
            "days": {"type": "integer", "minimum": 1, "maximum": 9},
        },
        "required": ["unit", "days"],
        "additionalProperties": False,
    }
    prompts = [
        served.render([user(text)]) for text in ("How warm is it?", "Say anything at all.", "Give me fahrenheit.")
    ]
    done = generate(served, prompts, JsonSchema(schema), max_new_tokens=60)
    assert [each.status for each in done] == ["valid"] * 3


ASK = """
from workbook.core.chat import user
from workbook.core.constraints import JsonSchema
from workbook.grammar import generate
from workbook.models import load_model
served = load_model(model_id)
schema = {"type": "object", "properties": {"unit": {"enum": ["celsius", "kelvin"]}}, "required": ["unit"]}
(reply,) = generate(served, [served.render([user("How warm is it?")])], JsonSchema(schema), max_new_tokens=40)
print(reply.status)"""


def test_the_workers_of_a_cluster_ask_it_by_its_address(served: ServerModel, save, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = run_notebooks([save(ASK)], "ci", served.url, out, workers=1)
    assert report.ok, report.notebooks[0].error
    assert report.notebooks[0].worker == "0"
    assert nbformat.read(out / "90_made.ipynb", as_version=4).cells[-1].outputs[0].text == "valid\n"
