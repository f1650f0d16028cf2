"""``workbook finetune``: the data, the run, and what it says when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from workbook.cli.main import app
from workbook.core.errors import WorkbookError
from workbook.finetune.rows import read_rows

RUN = CliRunner()


def test_the_data_is_written_as_rows(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    done = RUN.invoke(app, ["finetune", "data", "--suite", "drift", "--wordings", "1", "--out", str(out)])
    assert done.exit_code == 0, done.output
    rows = read_rows(out)
    assert rows
    assert all(row["messages"][-1]["tool_calls"] for row in rows)


def test_a_run_on_the_shipped_base_leaves_an_adapter(tmp_path: Path, pocket: str) -> None:
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out"
    row = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}\n'
    rows.write_text(row * 2, encoding="utf-8")
    options = ["--base", pocket, "--data", str(rows), "--out", str(out), "--lora", "1", "--epochs", "1", "--adapter"]
    done = RUN.invoke(app, ["finetune", "run", *options])
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert "step 1 of 1, loss" in done.stderr
    assert {path.name for path in out.iterdir()} >= {"adapter_model.safetensors", "README.md", "training.json"}
    assert str(tmp_path) not in (out / "adapter_config.json").read_text()


def test_a_mistake_is_an_error_of_ours(tmp_path: Path) -> None:
    for words in (
        ["data", "--suite", "drft", "--out", str(tmp_path / "x")],
        ["run", "--data", str(tmp_path / "none.jsonl")],
    ):
        assert isinstance(RUN.invoke(app, ["finetune", *words]).exception, WorkbookError)


def test_generated_rows_come_with_their_funnel(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    done = RUN.invoke(app, ["finetune", "data", "--suite", "generated", "--rows", "20", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert len(read_rows(out)) == 20
    assert {path.name for path in tmp_path.iterdir()} == {"rows.jsonl", "rows.funnel.json", "rows.funnel.png"}
    assert "balance:" in done.stderr
    absent = ["finetune", "data", "--suite", "generated", "--out", str(out), "--against", str(tmp_path / "none")]
    assert isinstance(RUN.invoke(app, absent).exception, WorkbookError)


def test_rows_of_a_persons_own_api(tmp_path: Path) -> None:
    item = {"type": "object", "properties": {"item": {"type": "string"}}}
    operation = {"operationId": "order", "requestBody": {"content": {"application/json": {"schema": item}}}}
    document = {"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "paths": {"/o": {"post": operation}}}
    line = {"text": "Order a lamp", "operation": "order", "arguments": {"item": "lamp"}}
    spec, log, out = tmp_path / "api.json", tmp_path / "log.jsonl", tmp_path / "rows.jsonl"
    spec.write_text(json.dumps(document))
    log.write_text(json.dumps(line) + '\n{"text": "hm"}\n')
    done = RUN.invoke(app, ["finetune", "data", "--openapi", str(spec), "--logs", str(log), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert len(read_rows(out)) == 1
    assert "neither an operation nor a path 1" in done.stderr
    assert (tmp_path / "rows.funnel.png").is_file()
    alone = RUN.invoke(app, ["finetune", "data", "--openapi", str(spec), "--out", str(out)])
    assert isinstance(alone.exception, WorkbookError)
