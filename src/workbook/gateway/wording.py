"""How departments name their operations and write about them: some are terse, some verbose, some shout in capitals.

Covers names, summaries and descriptions. Leaves out what is described (``descriptions``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbook.core.settings import unknown
from workbook.gateway.catalogue import Kind, Operation

NAMINGS = ("snake", "camel", "kebab", "reversed")
Texts = tuple[str, str]

TERSE: Mapping[str, Texts] = {
    "list": ("List {many}.", "Newest first. Page with limit/offset."),
    "get": ("{One} by id.", ""),
    "create": ("New {one}.", "{about}"),
    "update": ("Change {one}.", "Only fields given are changed."),
    "delete": ("Delete {one}.", "Gone for good."),
}
PLAIN: Mapping[str, Texts] = {
    "list": ("List {many} that match the filters.", "{about} Newest first; without a filter all of them."),
    "get": ("Get one {one} with all its fields.", "{about}"),
    "create": ("Create {a} {one}.", "{about}"),
    "update": ("Change fields of {a} {one}.", "Fields that are not given stay as they are."),
    "delete": ("Delete {a} {one}.", "There is no way to bring it back."),
}
VERBOSE: Mapping[str, Texts] = {
    "list": (
        "Returns a page of {many}, filtered by the parameters that are given.",
        "{about} All filters must match, and text is found in any case. Newest first; 'total' counts every match.",
    ),
    "get": ("Returns {a} {one} by its number.", "{about} Unknown numbers are answered with 404."),
    "create": (
        "Creates a new {one} and returns it together with its number.",
        "{about} Send an idempotency key with it, so that a repeated request does not create a second one.",
    ),
    "update": (
        "Updates one or more fields of {a} {one}.",
        "Works like a merge: fields that are left out keep their value. At least one field has to be given.",
    ),
    "delete": ("Deletes {a} {one} permanently.", "Others that still refer to it keep it from being deleted."),
}
LEGACY: Mapping[str, Texts] = {
    "list": ("{ONE} - LIST", "Selection by the fields below, AND-linked. Max 100 per call."),
    "get": ("{ONE} - READ single record", ""),
    "create": ("{ONE} - CREATE", "{about} Key is assigned by the system."),
    "update": ("{ONE} - CHANGE", "Changes the fields sent, others untouched."),
    "delete": ("{ONE} - DELETE", "Physical deletion."),
}
VOICES: Mapping[str, Mapping[str, Texts]] = {"terse": TERSE, "plain": PLAIN, "verbose": VERBOSE, "legacy": LEGACY}
KEYS = {
    "terse": "Id, e.g. {example}.",
    "plain": "Number of the {one}, such as {example}.",
    "verbose": "The number of the {one}, as the list of {many} or the answer to its creation gives it: {example}.",
    "legacy": "KEY of the record ({example}).",
}


@dataclass(frozen=True)
class Voice:
    """A department's way to write and to name; raises ``UsageError`` for one that nobody has."""

    tone: str
    naming: str

    def __post_init__(self) -> None:
        if self.tone not in VOICES:
            raise unknown("voice", self.tone, VOICES)
        if self.naming not in NAMINGS:
            raise unknown("naming", self.naming, NAMINGS)

    def operation_id(self, kind: Kind, verb: str, word: str) -> str:
        """``approve_request``, ``approveRequest``, ``approve-request`` or ``request_approve``."""
        noun = plural(kind.name) if verb == "list" else kind.name
        first, *rest = word.split("_")
        if self.naming == "reversed":
            return f"{kind.name}_{word}"
        return self._joined([first, *noun.split("_"), *rest])

    def old_id(self, id: str) -> str:
        """The name of the version before."""
        return {"camel": f"{id}V1", "kebab": f"{id}-v1"}.get(self.naming, f"{id}_v1")

    def id_parameter(self, kind: Kind) -> str:
        """The name of the path's parameter."""
        if self.naming == "reversed":
            return f"{kind.name}_no"
        return self._joined([*kind.name.split("_"), "id"]) if self.naming == "camel" else f"{kind.name}_id"

    def texts(self, kind: Kind, verb: str, word: str, written: str) -> Texts:
        """Summary and description; what was written by hand comes first."""
        summary, description = VOICES[self.tone].get(verb, ("", ""))
        if word not in (verb, "search", "find") and verb in VOICES[self.tone] and not written:
            summary = "{Word} of {a} {one}." if "_" in word else "{Word} {a} {one}."
        summary = written or summary
        return _filled(summary, kind, word), "" if written else _filled(description, kind, word)

    def key_text(self, kind: Kind) -> str:
        """What the path's parameter is said to be."""
        return KEYS[self.tone].format(one=kind.noun, many=plural(kind.noun), example=kind.first_id)

    def old_texts(self, successor: Operation) -> Texts:
        """How a deprecated version speaks of itself."""
        notes = {"terse": "Deprecated.", "legacy": "OBSOLETE, no support."}
        return successor.summary, notes.get(self.tone, f"Deprecated: use {successor.id}. Will be switched off.")

    def _joined(self, words: list[str]) -> str:
        if self.naming == "camel":
            return words[0] + "".join(word.capitalize() for word in words[1:])
        return ("-" if self.naming == "kebab" else "_").join(words)


def plural(noun: str) -> str:
    """More than one: ``entries``, ``bonuses``, ``requests``."""
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch")) else f"{noun}s"


def article(noun: str) -> str:
    """``a`` or ``an``, by how the noun sounds."""
    return "an" if noun[0].lower() in "aeiou" and not noun.startswith(("user", "uni")) else "a"


def _filled(text: str, kind: Kind, word: str) -> str:
    said = word.replace("_", " ").capitalize()
    one, many = kind.noun, plural(kind.noun)
    return text.format(one=one, many=many, One=one[0].upper() + one[1:], ONE=one.upper(), Word=said, a=article(one),
                       about=kind.about).strip()  # fmt: skip
