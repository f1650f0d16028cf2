"""The short language in which departments are described by hand, read into the nouns of ``catalogue``.

A field is ``name: TYPE ARGS @states | what it means``; its name ends in ``!`` when a new record needs it and in ``=``
when only the system sets it. An operation is ``verb=word: FROM > TO; inputs | summary``, in
which ``field=VALUE`` is set without being asked for; its key ends in ``!`` when it
cannot be taken back and in ``^`` when it needs the right to approve. Leaves out how texts are put (``wording``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

from workbook.core.errors import UsageError
from workbook.core.settings import unknown
from workbook.gateway.catalogue import Department, Field, Kind, Operation, Verb
from workbook.gateway.wording import Voice, plural
from workbook.tools.toolbox import Risk

TYPES = (
    "text", "note", "person", "email", "phone", "company", "city", "country", "street", "login", "host", "code", "date",
    "time", "integer", "money", "yes", "enum", "ref",
)  # fmt: skip
CRUD = tuple(verb for verb in get_args(Verb) if verb != "act")


class _Line(NamedTuple):
    """An operation as it is written down."""

    verb: Verb
    word: str
    final: bool
    approval: bool
    sources: tuple[str, ...]
    target: str
    inputs: tuple[str, ...]
    sets: Mapping[str, Any]
    summary: str


def read_department(path: Path) -> Department:
    """The department that a file describes; raises :class:`UsageError` that names file and line of thought."""
    import yaml

    try:
        loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # every scalar is text
        given = yaml.load(path.read_text(encoding="utf-8"), loader)
        voice = Voice(given["voice"], given["naming"])
        kinds = {name: _kind(path.stem, name, told) for name, told in given["kinds"].items()}
        made = [one for name, told in given["kinds"].items() for one in _operations(kinds[name], told, voice)]
        about = str(given["about"])
        return Department(path.stem, given["title"], given["owner"], about, tuple(kinds.values()), tuple(made))
    except (KeyError, ValueError, AttributeError, TypeError, yaml.YAMLError, UsageError) as error:
        reason = error.message if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
        raise UsageError(f"{path.name} describes no department: {reason}", "Compare it with its neighbours.") from error


def _kind(department: str, name: str, told: Mapping[str, Any]) -> Kind:
    states = {}
    for word in str(told.get("states", "")).split():
        state, _, weight = word.partition("*")
        states[state] = int(weight or 1)
    fields = tuple(_field(department, key, text, states) for key, text in told["fields"].items())
    secret = told.get("secret") == "true"
    return Kind(department, name, told["noun"], told["about"], told["id"], int(told["rows"]), states, fields, secret)


def _field(department: str, key: str, text: str, states: Mapping[str, int]) -> Field:
    told, _, about = text.partition(" | ")
    words = told.split()
    when = tuple(words.pop()[1:].split(",")) if words[-1].startswith("@") else ()
    kind, args = words[0], " ".join(words[1:])
    if kind not in TYPES:
        raise unknown(f"type of the field {key}", kind, TYPES)
    if set(when) - set(states):
        raise UsageError(f"the field {key} waits for a state that is not there: {', '.join(when)}")
    if kind == "ref" and "." not in args.split()[0]:
        args = f"{department}.{args}"
    return Field(key.rstrip("!="), kind, args, about, key.endswith("!"), key.endswith("="), when)


def _operations(kind: Kind, told: Mapping[str, Any], voice: Voice) -> Iterator[Operation]:
    """The operations of a kind, each deprecated one behind its successor."""
    old = str(told.get("old", "")).split()
    for key, text in told["ops"].items():
        made = _operation(kind, _line(kind, key, text or ""), voice)
        yield made
        if made.verb in old:
            yield _deprecated(made, voice)
            old.remove(made.verb)
    if old:
        raise UsageError(f"{kind.full_name} has no operation {old[0]} that could be old")


def _line(kind: Kind, key: str, text: str) -> _Line:
    head, _, summary = text.partition("| ")
    left, _, right = head.partition(";")
    base, _, word = key.rstrip("!^").partition("=")
    verb = cast(Verb, base if base in CRUD else "act")
    marks = key[len(key.rstrip("!^")) :]
    if verb != "act" and verb != "delete":  # their inputs need no semicolon, for they have no states
        left, right = "", left or right
    source, _, target = left.partition(">")
    sources = tuple(part.strip() for part in re.split(r"[,\s]+", source.strip()) if part)
    for state in (*sources, *filter(None, [target.strip()])):
        if state not in kind.states:
            raise unknown(f"state of {kind.full_name} in {key}", state, kind.states)
    parts = [part for part in re.split(r"[,\s]+", right.strip()) if part]
    inputs = tuple(part for part in parts if "=" not in part)
    sets = {name: json.loads(value) for name, _, value in (part.partition("=") for part in parts if "=" in part)}
    final = "!" in marks or verb == "delete"
    return _Line(verb, word or base, final, "^" in marks, sources, target.strip(), inputs, sets, summary.strip())


def _operation(kind: Kind, line: _Line, voice: Voice) -> Operation:
    risk: Risk = "read" if line.verb in ("list", "get") else "destructive" if line.final else "write"
    parameter = voice.id_parameter(kind)
    base = f"/{kind.department}/{plural(kind.name).replace('_', '-')}"
    path = base if line.verb in ("list", "create") else f"{base}/{{{parameter}}}"
    path += f"/{line.word.replace('_', '-')}" if line.verb == "act" else ""
    summary, description = voice.texts(kind, line.verb, line.word, line.summary)
    return Operation(kind, line.verb, line.word, voice.operation_id(kind, line.verb, line.word), path,
                     _inputs(kind, line), summary, description, _scope(kind, line), risk, parameter,
                     voice.key_text(kind), line.sources, line.target, line.sets)  # fmt: skip


def _inputs(kind: Kind, line: _Line) -> tuple[Field, ...]:
    if line.verb == "create":
        new = {field.name: field for field in kind.fields if not field.read_only and not field.states}
        return tuple(new.values())
    named = [name for name in line.inputs if name != "status"]
    fields = {field.name: field for field in kind.fields}
    for name in (*named, *line.sets):
        if name.rstrip("!") not in fields:
            raise unknown(f"field of {kind.full_name} in {line.word}", name.rstrip("!"), fields)
    found = [replace(fields[name.rstrip("!")], required=name.endswith("!")) for name in named]
    if line.verb == "list" and "status" in line.inputs:
        found.append(Field("status", "enum", " ".join(kind.states), f"Only {plural(kind.noun)} in this state."))
    return tuple(found)


def _scope(kind: Kind, line: _Line) -> str:
    if line.verb in ("list", "get"):
        return f"{kind.department}.{'confidential' if kind.confidential else 'read'}"
    right = "approve" if line.approval else "admin" if line.verb == "delete" else "write"
    return f"{kind.department}.{right}"


def _deprecated(successor: Operation, voice: Voice) -> Operation:
    """The version before: the same thing under an older address, with fewer filters."""
    inputs = successor.inputs[:2] if successor.verb == "list" else successor.inputs
    own = f"/{successor.kind.department}/"
    path = successor.path.replace(own, f"{own}v1/", 1)
    summary, description = voice.old_texts(successor)
    return replace(successor, id=voice.old_id(successor.id), path=path, inputs=inputs, deprecated=True,
                   summary=summary, description=description)  # fmt: skip
