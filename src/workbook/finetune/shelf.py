"""A shelf of tools and how people ask for them: lookups, whose results fit into actions and into other lookups.

The last ways to say a thing are held out: they are asked with, and never trained on. The tools are the same in both,
so what is learned is how to write calls. Leaves out whole requests (``spelled``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbook.core.chat import Tool
from workbook.finetune.values import KINDS
from workbook.finetune.words import Split

HELD_OUT = 2
"""Of the ways to say a thing, so many are held out."""


@dataclass(frozen=True)
class Entry:
    """A tool of the shelf: what it does, its parameters with the kind of their values, and how people say it.

    A lookup gives a value of the kind ``gives``, and its ways are nouns; an action gives none, and its ways are orders.
    """

    name: str
    does: str
    takes: Mapping[str, str]
    ways: tuple[str, ...]
    gives: str | None = None

    @property
    def tool(self) -> Tool:
        """The tool as a model and a grammar take it."""
        listed = {name: dict(KINDS[kind].schema) for name, kind in self.takes.items()}
        return Tool(self.name, self.does, {"type": "object", "properties": listed, "required": list(listed)})


def part(ways: tuple[str, ...], split: Split) -> tuple[str, ...]:
    """The ways of that split."""
    return ways[-HELD_OUT:] if split == "held_out" else ways[:-HELD_OUT]


def givers(kind: str) -> list[Entry]:
    """The lookups that give a value of that kind."""
    return [entry for entry in LOOKUPS if entry.gives == kind]


def _ways(text: str) -> tuple[str, ...]:
    return tuple(" ".join(way.split()) for way in text.split("|"))


LOOKUPS = (
    Entry("manager_of", "The manager of a person.", {"person": "person"}, _ways(
        """the manager of {person} | {person}'s manager | whoever is the manager of {person} |
           the manager over {person} | the manager in charge of {person} | the manager that {person} has"""), "person"),
    Entry("buyer_of", "The buyer of a parcel.", {"parcel": "code"}, _ways(
        """the buyer of {parcel} | the buyer of parcel {parcel} | whoever is the buyer of {parcel} |
           the parcel {parcel}'s buyer | the buyer who ordered {parcel} |
           the buyer behind parcel {parcel}"""), "person"),
    Entry("home_of", "The home town of a person.", {"person": "person"}, _ways(
        """the home of {person} | {person}'s home | the home town of {person} | wherever the home of {person} is |
           {person}'s home town | the place where {person} has a home"""), "city"),
    Entry("nearest_city", "The city nearest to another.", {"to": "city"}, _ways(
        """the city nearest to {to} | the nearest city to {to} | the city that is nearest to {to} |
           whatever city is nearest to {to} | the nearest city seen from {to} |
           the nearest of the cities around {to}"""), "city"),
    Entry("parcel_of", "The parcel of a person.", {"person": "person"}, _ways(
        """the parcel of {person} | {person}'s parcel | the parcel that {person} ordered |
           the parcel for {person} | the parcel meant for {person} | the parcel in the name of {person}"""), "code"),
    Entry("account_of", "The account of a person.", {"person": "person"}, _ways(
        """the account of {person} | {person}'s account | the account that {person} has |
           the account held by {person} | the account in {person}'s name |
           the account belonging to {person}"""), "username"),
)  # fmt: skip
ACTIONS = (
    Entry("book_room", "Book a room.", {"city": "city", "nights": "integer"}, _ways(
        """book a room in {city} for {nights} nights | book {nights} nights in {city} |
           reserve a room for {nights} nights in {city} | book me a room in {city}, {nights} nights |
           get a room in {city} for {nights} nights | for {nights} nights, book a room in {city}""")),
    Entry("send_note", "Send a note.", {"to": "person", "about": "word"}, _ways(
        """send {to} a note about {about} | send a note about {about} to {to} |
           write a note to {to} about {about} | send {to} a note on {about} | write {to} a note about {about} |
           send a note on {about} to {to}""")),
    Entry("invite_guest", "Invite a guest.", {"guest": "person", "day": "date"}, _ways(
        """invite {guest} for {day} | invite {guest} on {day} | send an invitation to {guest} for {day} |
           for {day}, invite {guest} | invite {guest} to come on {day} | on {day} invite {guest}""")),
    Entry("ship_parcel", "Ship a parcel.", {"parcel": "code", "city": "city"}, _ways(
        """ship {parcel} to {city} | ship {parcel} off to {city} | send parcel {parcel} by ship to {city} |
           have {parcel} shipped to {city} | ship {parcel} over to {city} | let {parcel} be shipped to {city}""")),
    Entry("block_account", "Block an account.", {"account": "username"}, _ways(
        """block {account} | put a block on {account} | have {account} blocked | block access to {account} |
           let {account} be blocked | see that {account} is blocked""")),
    Entry("order_taxi", "Order a taxi.", {"city": "city", "seats": "integer"}, _ways(
        """order a taxi in {city} with {seats} seats | order a taxi with {seats} seats in {city} |
           get me a taxi with {seats} seats in {city} | I need a taxi in {city}, {seats} seats |
           order a {seats} seat taxi in {city} | have a taxi with {seats} seats in {city}""")),
)  # fmt: skip
SHELF: tuple[Tool, ...] = tuple(entry.tool for entry in (*LOOKUPS, *ACTIONS))
ASKING = _ways(
    "find {w} | look up {w} | tell me {w} | what is {w} | give me {w} | search for {w} | find out {w} | say what {w} is"
)
"""How a lookup is asked for by itself."""
LINKS = (". Then ", ", and then ", ". Also ", ", and also ", ". After that ", " and ")
"""What stands between two orders."""
