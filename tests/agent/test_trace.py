"""Traces: saved and read back equal, compared, and without secrets."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agent_toys import QUESTION, Toys, call

from workbook.agent import Agent, Approval, Dedup, Neutralise, Trace, always, canned
from workbook.core.chat import assistant, user
from workbook.core.errors import WorkbookError
from workbook.models.base import Reply


def run(*turns: Any, **how: Any) -> Trace:
    return Agent(canned(*turns), Toys().box, **how).run_sync(QUESTION)


@pytest.fixture
def everything() -> Trace:
    """A run in which all that can happen to a call has happened."""
    many = Reply(
        "Wait \ud800 ü\u2028\n", (call("get_user", id=7), call("no_user", id=1), call("boom"), call("x", y=[1, {}]))
    )
    turns = [many, Reply("", (), ("not JSON",)), call("get_user", id=7), call("delete_user"), "Ann."]
    return run(*turns, guards=[Dedup(), Neutralise()], approve=Approval(always(True)))


def test_a_saved_trace_is_read_back_equal(everything: Trace, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    everything.save(path)
    assert Trace.load(path) == everything
    assert len(path.read_text().splitlines()) == 1 + len(everything.steps)
    assert [file.name for file in tmp_path.iterdir()] == ["run.jsonl"]


def test_saving_replaces_the_whole_file_or_nothing(everything: Trace, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    everything.save(path)
    run("Short.").save(path)
    assert Trace.load(path).answer == "Short."
    with pytest.raises(WorkbookError, match="cannot be written"):
        everything.save(tmp_path / "nowhere" / "run.jsonl")
    with pytest.raises(WorkbookError, match="cannot be written"):
        everything.save(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["run.jsonl"]


@pytest.mark.parametrize(
    "text", ["", "{}\n", "[]\n", "1\n", "nonsense", '{"policy": "x"}\n', '{"steps": 3}\n', '{"given": [], "odd": 1}\n']
)
def test_anything_else_is_no_trace(text: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(text)
    with pytest.raises(WorkbookError, match="no saved trace"):
        Trace.load(path)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="cannot be read"):
        Trace.load(tmp_path / "none.jsonl")


def test_secrets_are_blotted_out_in_every_spelling(tmp_path: Path) -> None:
    secret = 'p"w\\ü'
    turn = Reply(f"I know {secret}", (call("x", **{"a": [secret], f"k{secret}": json.dumps(secret)}),))
    agent = Agent(canned(turn, secret), Toys().box)
    trace = agent.run_sync((user(json.dumps({"key": secret})), assistant("", call("y", z=secret))))
    clean = trace.redacted({secret, ""})
    clean.save(tmp_path / "run.jsonl")
    text = (tmp_path / "run.jsonl").read_text()
    assert all(part not in text for part in (secret, json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[1:-1]))
    assert clean.answer == "[redacted]"
    assert Trace.load(tmp_path / "run.jsonl") == clean
    assert trace.answer == secret
    assert trace.redacted(()) is trace


def test_the_longer_secret_goes_first() -> None:
    assert run("abcdef").redacted(["abc", "abcdef"]).answer == "[redacted]"


def test_a_run_agrees_with_itself_whatever_the_time(everything: Trace) -> None:
    slower = replace(everything, seconds=99, steps=tuple(replace(step, seconds=9) for step in everything.steps))
    assert everything.diff(slower) is None


@pytest.mark.parametrize(
    ("left", "right", "step", "what"),
    [
        (["a"], ["b"], 1, "the text"),
        ([call("boom"), "a"], [call("get_user", id=7), "a"], 1, "the calls"),
        ([call("get_user", id=7), "a"], [call("get_user", id=8), "a"], 1, "the calls"),
        ([call("boom"), "a"], [call("boom"), call("boom"), "a"], 2, "the text"),
        (["a"], [Reply("a", (), ("cut",)), "a"], 1, "what could not be read"),
        ([call("boom")], [call("boom"), "a"], 2, "what happens next"),
    ],
)
def test_where_two_runs_part(left: Any, right: Any, step: int, what: str) -> None:
    parting = run(*left).diff(run(*right))
    assert parting is not None
    assert (parting.step, parting.what) == (step, what)
    assert parting.left != parting.right
    assert str(parting).startswith(f"step {step}: {what} differs\n")


def test_what_became_of_a_call_parts_two_runs() -> None:
    calls = [call("get_user", id=7), call("get_user", id=7), "a"]
    parting = run(*calls).diff(run(*calls, guards=[Dedup()]))
    assert (parting.step, parting.left, parting.right) == (2, "ran", "guarded")  # type: ignore[union-attr]


def test_other_questions_part_at_once() -> None:
    other = Agent(canned("a"), Toys().box).run_sync((user("Why?"),))
    assert run("a").diff(other).step == 0  # type: ignore[union-attr]


def test_the_words_say_how_it_went(everything: Trace) -> None:
    words = repr(everything)
    assert all(part in words for part in ("answered after 5 steps", "get_user (guarded)", "boom (broken)", "Ann."))
