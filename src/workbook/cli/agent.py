"""``workbook agent``: a question, a model, and tools: five found among 500, or those of a Python file of one's own."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from inspect import isfunction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from workbook.cli.agent_chain import Place, run_chain
from workbook.cli.console import MODEL_HELP, err, print_json, stdout_kept_free
from workbook.core.chat import user
from workbook.core.errors import UsageError
from workbook.core.settings import unknown

if TYPE_CHECKING:
    from workbook.agent import Trace
    from workbook.agent.policy import Decoding
    from workbook.agent.run import Watch
    from workbook.tools import Toolbox

NO_TOOLS = "none"
RISKS = "RISKS"
"""A dictionary of this name in the file says which functions are ``write`` or ``destructive``."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("agent", epilog='Example: workbook agent "Where does badge BG-5149 open doors?"')(agent)


def agent(
    question: Annotated[str, typer.Argument(help="What the agent is asked.")],
    tools: Annotated[
        str | None, typer.Option(help="A Python file, whose public functions are all its tools, or none.")
    ] = None,
    registry: Annotated[
        str,
        typer.Option(help="A registry of your own in place of the company's."),
    ] = "",
    gateway: Annotated[
        str, typer.Option(help="A company's gateway that runs; its token is read from WORKBOOK_CREDENTIAL_TOKEN.")
    ] = "",
    scope: Annotated[
        list[str] | None, typer.Option(help="A permission that you hold, such as 'people.*'; again for more. All.")
    ] = None,
    model: Annotated[str, typer.Option(envvar="WORKBOOK_MODEL", help=MODEL_HELP)] = "pocket",
    decoding: Annotated[str, typer.Option(help="free or grammar; by default free with --tools, else grammar.")] = "",
    trace: Annotated[Path | None, typer.Option(help="Keep every step in this file, as JSON lines.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Let a model answer with tools: five of a company's 500 APIs, found for the question, behind its gateway.

    Each stage is shown as it happens. What is declared destructive is asked about at the terminal, and so are
    functions of --tools that RISKS declares destructive.
    """
    with stdout_kept_free():
        run = _run(question, tools, Place(registry, gateway, tuple(scope or ())), model, decoding, trace)
    if json:
        print_json(_document(question, run))
    else:
        typer.echo(run.answer)
    if run.ending != "answered":
        err.print(f"{run.ending}: {run.reason}", markup=False)
    raise typer.Exit(0 if run.answer else 1)


def _run(question: str, tools: str | None, place: Place, model: str, decoding: str, path: Path | None) -> Trace:
    from workbook.agent.policy import Decoding

    if decoding and decoding not in get_args(Decoding):
        raise unknown("decoding", decoding, get_args(Decoding))

    def watch(trace: Trace) -> None:
        if path is not None:
            trace.save(path)

    if tools is None:
        return run_chain(question, model, cast("Decoding", decoding or "grammar"), place, watch)
    if place != Place():
        raise UsageError("--tools takes no registry, gateway or scope", "Give the file alone, or leave it out.")
    return _run_with(toolbox_from(tools), question, model, cast("Decoding", decoding or "free"), watch)


def _run_with(toolbox: Toolbox, question: str, model: str, decoding: Decoding, watch: Watch) -> Trace:
    from workbook.agent import Agent, Approval, terminal
    from workbook.models import load_model

    def told(trace: Trace) -> None:
        watch(trace)
        for record in trace.steps[-1].calls if trace.steps and trace.ending == "running" else ():
            err.print(f"{record.status}: {record.call.name}", markup=False)

    made: Any = Agent(load_model(model), toolbox, approve=Approval(terminal), constraint=decoding)
    return made.run_sync((user(question),), told)


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
