"""``workbook agent``: a question, a model, and tools from a Python file of one's own."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from inspect import isfunction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from workbook.cli.console import MODEL_HELP, err, print_json, stdout_kept_free
from workbook.core.chat import user
from workbook.core.errors import UsageError
from workbook.core.settings import unknown

if TYPE_CHECKING:
    from workbook.agent import Trace
    from workbook.tools import Toolbox

NO_TOOLS = "none"
RISKS = "RISKS"
"""A dictionary of this name in the file says which functions are ``write`` or ``destructive``."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("agent", epilog='Example: workbook agent "What is the weather in Oslo?" --tools my_tools.py')(agent)


def agent(
    question: Annotated[str, typer.Argument(help="What the agent is asked.")],
    tools: Annotated[
        str, typer.Option(help="A Python file, whose public functions are the tools, or none.")
    ] = NO_TOOLS,
    model: Annotated[str, typer.Option(envvar="WORKBOOK_MODEL", help=MODEL_HELP)] = "pocket",
    decoding: Annotated[str, typer.Option(help="free or grammar.")] = "free",
    trace: Annotated[Path | None, typer.Option(help="Keep every step in this file, as JSON lines.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Let a model answer with tools. Functions that RISKS declares destructive are asked about at the terminal."""
    with stdout_kept_free():
        run = _run(question, tools, model, decoding, trace)
    if json:
        print_json(_document(question, run))
    else:
        typer.echo(run.answer)
    if run.ending != "answered":
        err.print(f"{run.ending}: {run.reason}", markup=False)
    raise typer.Exit(0 if run.answer else 1)


def _run(question: str, tools: str, model: str, decoding: str, path: Path | None) -> Trace:
    from workbook.agent import Agent, Approval, terminal
    from workbook.agent.policy import Decoding
    from workbook.models import load_model

    if decoding not in get_args(Decoding):
        raise unknown("decoding", decoding, get_args(Decoding))
    toolbox = toolbox_from(tools)

    def watch(trace: Trace) -> None:
        if path is not None:
            trace.save(path)
        for record in trace.steps[-1].calls if trace.steps and trace.ending == "running" else ():
            err.print(f"{record.status}: {record.call.name}", markup=False)

    made: Any = Agent(load_model(model), toolbox, approve=Approval(terminal), constraint=decoding)  # type: ignore[arg-type]
    return made.run_sync((user(question),), watch)


def toolbox_from(tools: str) -> Toolbox:
    """The public functions that a Python file defines, in its order, as reading ones unless it says otherwise.

    Raises :class:`UsageError` when there is no such file, or nothing in it.
    """
    from workbook.tools import Toolbox, from_function

    if tools == NO_TOOLS:
        return Toolbox()
    names = _names_of(Path(tools))
    functions = {
        name: value
        for name, value in names.items()
        if isfunction(value) and not name.startswith("_") and value.__module__ == names["__name__"]
    }
    risks = names.get(RISKS, {})
    for name in risks:
        if name not in functions:  # a misspelt one would be taken as reading
            raise unknown("function in RISKS", name, functions)
    if not functions:
        raise UsageError(f"{tools} defines no public function", "Each function, with type hints, is a tool.")
    return Toolbox([from_function(function, risks.get(name, "read")) for name, function in functions.items()])


def _names_of(path: Path) -> dict[str, Any]:
    """Run the file, as ``python FILE`` would, and give what it defines."""
    spec = spec_from_file_location("workbook_agent_tools", path) if path.suffix == ".py" else None
    if spec is None or spec.loader is None or not path.is_file():
        raise UsageError(f"no Python file {path}", f"Give the path of a .py file, or {NO_TOOLS}.")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{path} cannot be loaded: {type(error).__name__}: {error}", "Run it with python.") from error
    return vars(module)


def _document(question: str, trace: Trace) -> dict[str, Any]:
    calls = [
        {**record.call.to_dict(), "status": record.status, "result": record.result.content if record.result else None}
        for record in trace.calls
    ]
    return {
        "question": question,
        "model": trace.policy,
        "ending": trace.ending,
        "reason": trace.reason,
        "answer": trace.answer,
        "steps": len(trace.steps),
        "tokens": trace.tokens,
        "seconds": trace.seconds,
        "calls": calls,
    }
