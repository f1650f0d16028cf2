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


ROW = '{"messages": [{"role": "user", "content": "order item %d"}, {"role": "assistant", "content": "done"}]}\n'


def test_what_is_mixed_in_and_held_out_is_said_and_recorded(tmp_path: Path, pocket: str) -> None:
    rows, more, out = tmp_path / "rows.jsonl", tmp_path / "more.jsonl", tmp_path / "out"
    rows.write_text("".join(ROW % number for number in range(6)), encoding="utf-8")
    more.write_text("".join(ROW % number for number in range(100, 110)), encoding="utf-8")
    options = ["--base", pocket, "--data", str(rows), "--out", str(out), "--lora", "1", "--epochs", "0.5", "--adapter"]
    mixes = ["--mix", "chat=0.25", "--mix", f"{more}=0.25", "--hold-out", "0.1", "--pack", "256"]
    done = RUN.invoke(app, ["finetune", "run", *options, *mixes])
    assert done.exit_code == 0, done.output
    assert "mixed in: 3 rows of chat, 3 rows of more.jsonl" in done.stderr
    assert "held out: 1 rows" in done.stderr
    record = json.loads((out / "training.json").read_text())
    assert record["data"]["mixed"] == [
        {"source": "chat", "share": 0.25, "rows": 3},
        {"source": "more.jsonl", "share": 0.25, "rows": 3},
    ]
    assert "25% chat (3 rows), 25% more.jsonl (3 rows)" in (out / "README.md").read_text()


def test_pairs_are_written_and_learned_from(tmp_path: Path, pocket: str) -> None:
    pairs, out = tmp_path / "pairs.jsonl", tmp_path / "out"
    done = RUN.invoke(app, ["finetune", "data", "--suite", "asked-or-guessed", "--rows", "10", "--out", str(pairs)])
    assert done.exit_code == 0, done.output
    assert [set(row) for row in read_rows(pairs)] == [{"prompt", "chosen", "rejected", "tools"}] * 10
    two = pairs.read_text(encoding="utf-8").splitlines(keepends=True)[:2]
    pairs.write_text("".join(two), encoding="utf-8")
    options = ["--base", pocket, "--data", str(pairs), "--out", str(out), "--lora", "1", "--adapter"]
    done = RUN.invoke(app, ["finetune", "run", "--method", "dpo", *options])
    assert done.exit_code == 0, done.output
    assert json.loads((out / "training.json").read_text())["recipe"]["beta"] == 0.1


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(ROW % 1 + ROW % 2, encoding="utf-8")
    for words, message in (
        (["--mix", "chatt=0.2"], "chatt"),
        (["--mix", "chat"], "thing to mix in"),
        (["--mix", "chat=much"], "no share"),
        (["--mix", "chat=0.6", "--mix", "replay=0.4"], "no room"),
        (["--method", "ppo"], "ppo"),
        (["--method", "dpo", "--mix", "chat=0.1"], "dpo learns from pairs"),
        (["--hold-out", "some"], "neither a share nor a file"),
        (["--hold-out", str(rows)], "near copies of held-out ones"),
        (["--four-bit"], "no adapter to keep or to learn"),
    ):
        failed = RUN.invoke(app, ["finetune", "run", "--data", str(rows), "--out", str(tmp_path / "out"), *words])
        assert isinstance(failed.exception, WorkbookError), words
        assert message in str(failed.exception), words
