"""The exercises of notebook 02: what is the model's, and the loop's half of a function call."""

from __future__ import annotations

import json
from typing import Any

from workbook.study.choice import choice
from workbook.study.exercise import Exercise, WrongAnswer, expect

whose_job = choice(
    "02.whose_job",
    "what is new with MCP?",
    minutes=2,
    question="A team moves its tools from hand-written functions to an MCP server. What changes for the *model*?",
    options={
        "a": ("it must learn the JSON-RPC of `tools/call`", "The client writes JSON-RPC. The model never sees it."),
        "b": ("nothing: it reads schemas and writes calls as before", "Where schemas come from is the client's job."),
        "c": ("its calls go directly to the server, without your program", "A model only writes text. Programs call."),
        "d": ("it no longer needs the schemas in its prompt", "The client still has to put them there, and they cost."),
    },
    right="b",
    hints=("Which program speaks to the MCP server?", "What does the model read and write in either case?"),
)


def add(a: int, b: int) -> int:
    """A tool."""
    return a + b


def fail() -> None:
    """A tool that raises."""
    raise ValueError("no ink")


TOOLS = {"add": add, "fail": fail}
CALLED = "<tool_call>\n{}\n</tool_call>"
SHORT = "def dispatch(text, tools):\n{}\n"
READ = (
    "    import json\n"
    "    if '<tool_call>' not in text:\n"
    "        return None\n"
    "    body = text.split('<tool_call>')[1].split('</tool_call>')[0]\n"
)
TRY = (
    "    try:\n"
    "        call = json.loads(body)\n"
    "        return tools[call['name']](**call['arguments'])\n"
    "    except {}:\n"
    "        return {}"
)
MESSAGE = "{'error': f'{type(error).__name__}: {error}'}"


def check_dispatch(dispatch: Any) -> None:
    """Runs the one call in a text; whatever goes wrong is a result that the model can read."""
    expect(callable(dispatch), "This exercise wants a function: `def dispatch(text, tools): ...`.")
    good = CALLED.format(json.dumps({"name": "add", "arguments": {"a": 2, "b": 3}}))
    expect(_run(dispatch, good) == 5, "A good call gave something else than the tool's result.")
    expect(_run(dispatch, f"Let me see. {good}") == 5, "Text before the call is allowed.")
    expect(_run(dispatch, "No call is needed.") is None, "Without a call it should give None: that is an answer.")
    for body, what in (
        ('{"name": "add", ', "a call that is no JSON"),
        (json.dumps({"name": "ad", "arguments": {}}), "an unknown tool"),
        (json.dumps({"name": "add", "arguments": {"a": 1}}), "a missing argument"),
        (json.dumps({"name": "fail", "arguments": {}}), "a tool that raises"),
        (json.dumps({"arguments": {}}), "a call without a name"),
    ):
        got = _run(dispatch, CALLED.format(body))
        expect(isinstance(got, dict) and "error" in got, f"For {what} it gave {got!r}, not a dict with `error`.")
        expect(len(str(got["error"])) > 3, f"For {what} the error says nothing: the model cannot mend its call.")


def _run(dispatch: Any, text: str) -> Any:
    try:
        return dispatch(text, dict(TOOLS))
    except NotImplementedError:
        raise
    except Exception as error:
        expect(
            False, f"It raised {type(error).__name__}: an exception ends the agent, a message lets it mend the call."
        )
        return None


dispatch = Exercise(
    id="02.dispatch",
    title="the other half of a function call",
    difficulty=2,
    minutes=10,
    prompt=(
        "The model has written its half. Write `dispatch(text, tools)`: when `text` holds `<tool_call>` ... "
        "`</tool_call>` with the JSON of a call (`name`, `arguments`), run `tools[name]` with the arguments and return "
        "the result. Without a call return `None`. Whatever goes wrong, return `{'error': ...}` with words that help "
        "the model; raise nothing."
    ),
    variable="dispatch",
    stub="""
def dispatch(text, tools):
    raise NotImplementedError
""",
    check=check_dispatch,
    hints=(
        "`text.split('<tool_call>')[1].split('</tool_call>')[0]` is the JSON.",
        "One `try` around reading and running; `f'{type(error).__name__}: {error}'` tells what happened.",
    ),
    answer="\n" + SHORT.format(READ + TRY.format("Exception as error", MESSAGE)),
    why=(
        "This is all that *function calling* needs from your side, and no plugin or protocol changes it. Missing "
        "for production: validation against the schema before anything runs, a time limit, and permission."
    ),
    wrong=(
        WrongAnswer(
            SHORT.format(READ + "    call = json.loads(body)\n    return tools[call['name']](**call['arguments'])"),
            "raised",
        ),
        WrongAnswer(SHORT.format(READ + TRY.format("ValueError as error", MESSAGE)), "raised"),
        WrongAnswer(SHORT.format(READ + TRY.format("Exception", "{'error': ''}")), "says nothing"),
        WrongAnswer(
            SHORT.format(
                READ.replace("return None", "return {'error': 'no call'}") + TRY.format("Exception as error", MESSAGE)
            ),
            "give None",
        ),
    ),
)

EXERCISES = (whose_job, dispatch)
