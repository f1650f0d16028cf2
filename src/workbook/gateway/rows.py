"""The company's data as it stands at first: rows of every kind, the same for the same seed.

Ids are known before rows are, so that references may point in any direction. Leaves out the database (``state``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from workbook.gateway import words
from workbook.gateway.catalogue import Field, Kind, kinds
from workbook.suites.enterprise import TODAY

Row = dict[str, Any]
SEED = 0
GAP = 0.12
"""The share of optional values that nobody has filled in."""
FIRST_KIND = "people.employee"
"""Others take names from it, so it comes first."""


def company_rows(seed: int = SEED) -> dict[str, list[Row]]:
    """The company's records by the name of their table, the same for the same seed."""
    ordered = sorted(kinds().values(), key=lambda kind: kind.full_name != FIRST_KIND)
    people: dict[str, str] = {}
    tables: dict[str, list[Row]] = {}
    for kind in ordered:
        rng = Random(f"{kind.full_name} {seed}")
        tables[kind.table] = rows_of(kind, rng, people)
        if kind.full_name == FIRST_KIND:
            people.update({row["id"]: row["name"] for row in tables[kind.table]})
    return tables


def rows_of(kind: Kind, rng: Random, people: Mapping[str, str]) -> list[Row]:
    """The rows of one kind; ``people`` are the names of employees, by number."""
    decks = {one.name: _deck(one, kind.rows, rng) for one in kind.fields if one.type in ("text", "note", "person")}
    return [_row(_Draft(kind, number, rng, people, decks)) for number in range(kind.rows)]


@dataclass
class _Draft:
    """A row in the making, and what its values are made from."""

    kind: Kind
    number: int
    rng: Random
    people: Mapping[str, str]
    decks: Mapping[str, list[str]]
    row: Row = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The text that this row has for that field, from a shuffled list of all."""
        deck = self.decks[name]
        return deck[self.number % len(deck)] if deck else ""


def _row(draft: _Draft) -> Row:
    kind, rng = draft.kind, draft.rng
    draft.row["id"] = kind.id_of(draft.number)
    status = rng.choices(list(kind.states), list(kind.states.values()))[0] if kind.states else None
    for one in kind.fields:
        draft.row[one.name] = _value(one, draft) if _is_there(one, status, rng) else None
    return draft.row | ({"status": status} if status else {})


def _is_there(one: Field, status: str | None, rng: Random) -> bool:
    if one.states:
        return status in one.states
    return one.required or one.read_only or rng.random() >= GAP


def _value(one: Field, draft: _Draft) -> Any:
    return MAKERS[one.type](one, draft)


def _deck(one: Field, count: int, rng: Random) -> list[str]:
    """The samples of a field in random order, or as many names of people as there are rows."""
    if one.type == "person":
        return [f"{rng.choice(words.FIRST)} {rng.choice(words.LAST)}" for _ in range(count)]
    samples = [sample.strip() for sample in one.args.split(" / ") if sample.strip()]
    rng.shuffle(samples)
    return samples


def _text(one: Field, draft: _Draft) -> str | None:
    return draft.text(one.name) or None


def _person(one: Field, draft: _Draft) -> str:
    return draft.people[draft.row["employee"]] if one.args == "employee" else draft.text(one.name)


def _login(one: Field, draft: _Draft) -> str:
    """First letter and last name, and the number where that makes it one person's."""
    first, last = _ascii(draft.people[draft.row["employee"]]).split()
    return f"{first[0]}{last}{draft.number + 1}"


def _email(one: Field, draft: _Draft) -> str:
    name = ".".join(_ascii(str(draft.row["name"])).split())
    own = {"": words.DOMAIN, "private": "post.example", "account": "client.example"}
    if one.args == "office":
        return f"orders@{re.sub(r'[^a-z0-9]+', '-', _ascii(draft.row['name'])).strip('-')}.example"
    return f"{name}.{draft.number + 1}@{own[one.args]}"


def _ref(one: Field, draft: _Draft) -> str:
    target, _, way = one.args.partition(" ")
    kind = kinds()[target]
    return kind.id_of(draft.number % kind.rows if way == "each" else draft.rng.randrange(kind.rows))


def _date(one: Field, draft: _Draft) -> str:
    span = one.args.split("+")[-1]
    start = date.fromisoformat(draft.row[one.follows]) if one.follows else TODAY
    return (start + timedelta(days=_between(span, draft.rng))).isoformat()


def _integer(one: Field, draft: _Draft) -> int:
    return _between(one.args, draft.rng)


def _money(one: Field, draft: _Draft) -> float:
    low, high = one.args.split("..")
    return round(draft.rng.uniform(int(low), int(high)), 2)


def _yes(one: Field, draft: _Draft) -> int:
    return int(draft.rng.random() < int(one.args) / 100)


def _enum(one: Field, draft: _Draft) -> str:
    return draft.rng.choice(one.args.split())


def _code(one: Field, draft: _Draft) -> str:
    """The pattern with a digit for each 0 and a letter for each A."""
    rng = draft.rng
    drawn = {"0": lambda: str(rng.randrange(10)), "A": lambda: rng.choice("BCDFGHKLMNPRSTWX")}
    return "".join(drawn[letter]() if letter in drawn else letter for letter in one.args)


def _company(one: Field, draft: _Draft) -> str:
    return " ".join(draft.rng.choice(part) for part in (words.STEMS, words.TRADES, words.FORMS))


def _city(one: Field, draft: _Draft) -> str:
    return draft.rng.choice(list(words.PLACES))


def _country(one: Field, draft: _Draft) -> str:
    city = draft.row.get("city")
    return words.PLACES[city] if city else draft.rng.choice(sorted(set(words.PLACES.values())))


def _street(one: Field, draft: _Draft) -> str:
    return f"{draft.rng.choice(words.STREETS)} {draft.rng.randint(1, 90)}"


def _host(one: Field, draft: _Draft) -> str:
    return f"{draft.rng.choice(words.HOSTS)}-{draft.number + 1:02d}.{words.DOMAIN}"


def _phone(one: Field, draft: _Draft) -> str:
    return f"+49 40 5550 {draft.rng.randint(1000, 9999)}"


def _time(one: Field, draft: _Draft) -> str:
    return f"{draft.rng.randint(8, 16):02d}:{draft.rng.choice(('00', '15', '30', '45'))}"


MAKERS: Mapping[str, Callable[[Field, _Draft], Any]] = {
    "text": _text, "note": _text, "person": _person, "login": _login, "email": _email, "ref": _ref, "date": _date,
    "integer": _integer, "money": _money, "yes": _yes, "enum": _enum, "code": _code, "company": _company,
    "city": _city, "country": _country, "street": _street, "host": _host, "phone": _phone, "time": _time,
}  # fmt: skip


def _between(span: str, rng: Random) -> int:
    low, high = map(int, span.split(".."))
    return rng.randint(low, high)


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def columns(kind: Kind) -> Iterable[str]:
    """The columns of a kind's table, the id first and the state last."""
    return ("id", *(one.name for one in kind.fields), *(("status",) if kind.states else ()))
