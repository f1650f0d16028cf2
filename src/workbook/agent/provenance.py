"""Where the values of a call come from: the user's own words, a tool's result, or nowhere that can be seen.

A value is looked up as text, between word boundaries, case and spacing aside; text in JSON is also read as JSON spells
it. Leaves out values that a model has changed on the way (decoded, translated, put together): they come from nowhere,
and where that matters the guard trusts only what the user said. What the user never wrote, but wants, such as the
address of a friend from the address book, is flagged too: approval settles it, by asking a person.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from workbook.agent.guards import ALLOW, Verdict, ask
from workbook.agent.state import State
from workbook.agent.trace import shown_call
from workbook.core.chat import ToolCall, ToolResult

Origin = Literal["user", "tool", "unknown"]
RECIPIENTS = frozenset(
    "to cc bcc recipient recipients receiver email address phone url uri link webhook endpoint host domain account "
    "iban beneficiary payee destination target channel user username attendee participant invitee rcpt".split()
)
"""Words in the names of arguments that say where something goes to; their plurals do too."""
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
STEM = 4
BEFORE, AFTER = r"(?<![\w@/\\])(?<!\w[.:-])", r"(?![\w@/\\]|[.:-]\w|,\d)"
"""A value is whole in a text: ``/home`` does not stand in ``/home/ann``, nor ``x.com`` in ``bob@x.com``."""


def origin(value: Any, state: State) -> Origin:
    """Where one plain value comes from; the user's own words come first, for naming a thing there is consent."""
    if _stands_in(value, state.own_words):
        return "user"
    return "tool" if _stands_in(value, state.tool_texts) else "unknown"


def tainted(state: State, call: ToolCall) -> dict[str, str]:
    """The arguments that hold a value from a tool's result which the user never mentioned: by name, what returned it.

    That is the first call that did, as a person writes it.
    """
    found: dict[str, str] = {}
    for name, value in _leaves(call.arguments):
        if origin(value, state) == "tool":
            found.setdefault(name, next(shown for shown, text in _results(state) if _stands_in(value, [text])))
    return found


@dataclass(frozen=True)
class Provenance:
    """Nothing that came from a tool chooses a destructive call, or where something goes to.

    Once a tool has written anything into the conversation, a destructive call needs both a verb and the values from
    the user; an argument named like a recipient needs a value that the user gave. What lacks them is left to approval:
    a person sees where each value came from, and without a person it does not run. ``recipients`` are words in the
    names of such arguments; one that is named otherwise passes. ``verbs``: by tool, the words that ask for it; by
    default the first word of its name, so ``user_delete`` needs an entry, and ``delete_user`` needs one to understand
    ``remove``.

    It sees where a value came from, not what it was said for: a tool's text can still put one value of the user's into
    the place of another, such as a number out of an account into an amount. Only asking about all that is destructive
    holds that.
    """

    recipients: Collection[str] = RECIPIENTS
    verbs: Mapping[str, Collection[str]] = field(default_factory=dict)
    name = "provenance"
    at = "call"

    def look(self, state: State, call: ToolCall, result: ToolResult | None = None) -> Verdict:
        """Leave to a person what the user did not say."""
        if not state.tool_texts or call.name not in state.toolbox:
            return ALLOW
        flags = list(dict.fromkeys(self._flags(state, call)))
        return ask("; ".join(flags)) if flags else ALLOW

    def _flags(self, state: State, call: ToolCall) -> Iterator[str]:
        destructive = state.risk(call) == "destructive"
        if destructive and not self._asked_for(state, call):
            yield f"the user did not ask for {call.name}"
        for name, value in _leaves(call.arguments):
            source = origin(value, state)
            if source != "user" and (destructive or self._is_recipient(name)):
                where = "comes from a tool's result" if source == "tool" else "was not given by the user"
                yield f"{name} of {call.name} {where}"

    def _is_recipient(self, name: str) -> bool:
        words = {word.lower() for word in WORD.findall(name)}
        stems = {word.removesuffix(ending) for word in words for ending in ("", "s", "es")}
        return not stems.isdisjoint(self.recipients)

    def _asked_for(self, state: State, call: ToolCall) -> bool:
        """Whether a word of the user's begins as a verb does: ``deleting`` asks for ``delete_user``."""
        verbs = self.verbs.get(call.name) or WORD.findall(call.name)[:1]
        stems = tuple(verb.lower()[:STEM] for verb in verbs)
        return any(word.lower().startswith(stems) for text in state.own_words for word in WORD.findall(text))


def _results(state: State) -> Iterator[tuple[str, str]]:
    """What tools wrote, each with the call that made them."""
    yield from ((message.name or "a tool", message.content) for message in state.given if message.role == "tool")
    yield from ((shown_call(record.call), record.raw) for record in state.records if record.raw is not None)


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Plain values with the dotted names of their arguments; keys that a model chose are values as well.

    True, false, null and empty texts carry nothing that could be traced.
    """
    if isinstance(value, dict):
        for inner, item in value.items():
            if name:
                yield name, inner
            yield from _leaves(item, f"{name}.{inner}" if name else inner)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item, name)
    elif not isinstance(value, bool) and value not in (None, ""):
        yield name, value


def _stands_in(value: Any, texts: Sequence[str]) -> bool:
    whole = isinstance(value, float) and value.is_integer()
    spelled = _plain(str(int(value) if whole else value))
    if not spelled:
        return False
    pattern = re.compile(f"{BEFORE}{re.escape(spelled)}{AFTER}")
    return any(pattern.search(layer) for text in texts for layer in _layers(text))


def _layers(text: str) -> Iterator[str]:
    """The text, and where it is JSON the values in it as they are meant."""
    yield _plain(text)
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(parsed, dict | list):
        yield from (_plain(str(value)) for _, value in _leaves(parsed, "result"))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
