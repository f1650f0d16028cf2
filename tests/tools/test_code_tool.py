"""Tools that run a model's code: what the model is shown, what it is told, and what goes back as its mistake."""

from __future__ import annotations

import asyncio

import pytest

from workbook.core.chat import ToolCall
from workbook.core.errors import UsageError, WorkbookError
from workbook.core.validation import call_errors
from workbook.tools.code_tool import as_text, command_tool, python_tool
from workbook.tools.sandbox import Finished, Limits
from workbook.tools.toolbox import ToolError


class Recorded:
    """A sandbox that keeps what it is asked, and answers what it is told to."""

    name, python = "recorded", "/usr/bin/python3"

    def __init__(self, answer) -> None:
        self.answer, self.asked = answer, []

    def available(self) -> str:
        return ""

    def run(self, command, files=None, stdin=b"", limits=None) -> Finished:
        self.asked.append((list(command), dict(files or {}), stdin))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def told(bound, **arguments) -> str:
    assert call_errors(ToolCall(bound.name, arguments), [bound.tool]) == []
    return asyncio.run(bound.run(arguments))


def test_code_runs_in_the_sandbox_for_real(sandbox):
    assert told(python_tool(sandbox), code="print(6 * 7)") == "exit status 0\noutput:\n42"
    assert told(python_tool(sandbox), code="print(input())", stdin="typed") == "exit status 0\noutput:\ntyped"
    assert told(command_tool(sandbox), command=["echo", "a  b", "$HOME"]) == "exit status 0\noutput:\na  b $HOME"


def test_a_mistake_in_the_code_comes_back(sandbox):
    text = told(python_tool(sandbox), code="1 / 0")
    assert text.startswith("exit status 1\nerrors:\n")
    assert "ZeroDivisionError" in text


def test_a_limit_comes_back(sandbox):
    bound = python_tool(sandbox, Limits(seconds=0.5, output=1000))
    assert told(bound, code="while True: pass") == "stopped after 0.5 s, the limit of time"
    assert told(bound, code="while True: print('x')").startswith("stopped at 1000 bytes, the limit of output\noutput:")


def test_several_run_at_the_same_time(sandbox):
    bound = python_tool(sandbox)

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(bound.run({"code": f"print({number})"}) for number in range(3)))

    assert asyncio.run(all_of_them()) == [f"exit status 0\noutput:\n{number}" for number in range(3)]


def test_the_words_are_passed_on_as_they_are():
    place = Recorded(Finished(0, "", "", 0.1))
    assert told(command_tool(place), command=["ls", "-l; rm x"], stdin="in") == "exit status 0"
    told(python_tool(place), code="pass")
    assert place.asked == [(["ls", "-l; rm x"], {}, "in"), ([place.python, "program.py"], {"program.py": "pass"}, "")]


def test_a_wrong_request_is_the_models_and_a_broken_sandbox_is_not():
    with pytest.raises(ToolError, match="an empty command"):
        told(command_tool(Recorded(UsageError("an empty command", "Name a program."))), command=["x"])
    with pytest.raises(WorkbookError, match="the engine is gone") as caught:
        told(python_tool(Recorded(WorkbookError("the engine is gone"))), code="pass")
    assert not isinstance(caught.value, ToolError)


@pytest.mark.parametrize("arguments", [{}, {"command": "ls -l"}, {"command": []}, {"command": ["ls"], "shell": True}])
def test_the_schema_refuses_what_is_no_list_of_words(arguments):
    bound = command_tool(Recorded(None))
    assert call_errors(ToolCall(bound.name, arguments), [bound.tool])


def test_what_a_person_needs_to_know_is_declared():
    for bound in (python_tool(Recorded(None)), command_tool(Recorded(None))):
        assert (bound.risk, bound.origin) == ("destructive", "sandbox: recorded")


def test_every_cut_has_words():
    limits = Limits(memory=4096)
    assert as_text(Finished(137, "a\n", "b\n", 1, "memory"), limits) == (
        "stopped at 4096 bytes, the limit of memory\noutput:\na\nerrors:\nb"
    )
