"""Questions to a small shop, some of which nobody could answer without asking back.

Four kinds: ``complete``; ``missing``, where the user names no order or no customer; ``ambiguous``, a name that two
customers share; ``wrong id``, well-formed and of no record. What the user means is known, so a deed can be judged.
Leaves out the database and its tools (``workbook.lab.shop``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from workbook.core.errors import UsageError
from workbook.core.settings import unknown

CUSTOMERS, TWINS, ORDERS = 60, 12, 200
"""How many customers and orders there are; ``TWINS`` names belong to two customers each."""
FIRST = "Anna Boris Clara David Elena Felix Greta Hugo Irma Jonas Karin Leo Mara Nils Olga Paul".split()
LAST = "Adler Brandt Conrad Decker Engel Fischer Gruber Hansen Jansen Keller Lorenz Meyer Novak Peters".split()
STATES = ("paid", "packed", "sent")
PRODUCTS = ("lamp", "chair", "kettle", "rug", "clock", "mirror")


class Customer(NamedTuple):
    """A row of the table ``customers``; two may share a name, none a number."""

    number: int
    name: str


class Order(NamedTuple):
    """A row of the table ``orders``; ``customer`` is a number, ``state`` one of :data:`STATES`."""

    code: str
    customer: int
    state: str


class Item(NamedTuple):
    """A row of the table ``items``: so many of a product in the order ``code``."""

    code: str
    product: str
    quantity: int


class Deed(NamedTuple):
    """What a call did: the tool, the record it touched (None for none), and the amount where there is one."""

    tool: str
    record: str | None
    amount: int | None = None


@dataclass(frozen=True)
class Stock:
    """What stands in the shop's database when a run begins."""

    customers: tuple[Customer, ...]
    orders: tuple[Order, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Question:
    """A request; ``meant`` is what the user wants done, ``accept`` how one may call what is to be asked for.

    Only in a ``complete`` question do the user's words say all of ``meant``.
    """

    id: str
    kind: str
    text: str
    meant: Deed
    accept: tuple[str, ...]


def stock(seed: int = 0) -> Stock:
    """A shop's rows; order codes, such as ``KD4821``, are few among the possible ones."""
    rng = Random(f"stock {seed}")
    names = rng.sample([f"{first} {last}" for first in FIRST for last in LAST], CUSTOMERS - TWINS)
    customers = [Customer(number, name) for number, name in enumerate([*names, *names[:TWINS]], 1)]
    orders = [Order(code, rng.choice(customers).number, rng.choice(STATES)) for code in _codes(rng, ORDERS, set())]
    items = [Item(order.code, rng.choice(PRODUCTS), rng.randint(1, 4)) for order in orders for _ in range(2)]
    return Stock(tuple(customers), tuple(orders), tuple(items))


def questions(shop: Stock, count: int, seed: int = 0, kinds: tuple[str, ...] = ()) -> list[Question]:
    """``count`` questions of every kind, or of these; no text twice. Raises ``UsageError`` for an unknown kind."""
    if count < 1:
        raise UsageError(f"{count} questions are none", "Ask for at least one.")
    return [question for kind in kinds or tuple(KINDS) for question in _of_kind(shop, kind, count, seed)]


def slips(code: str) -> list[str]:
    """The code with one digit mistaken."""
    places = [place for place, letter in enumerate(code) if letter.isdecimal()]
    return [f"{code[:k]}{digit}{code[k + 1 :]}" for k in places for digit in "0123456789" if digit != code[k]]


def _of_kind(shop: Stock, kind: str, count: int, seed: int) -> list[Question]:
    if kind not in KINDS:
        raise unknown("kind of question", kind, tuple(KINDS))
    rng, found = Random(f"questions {kind} {seed}"), dict[str, Question]()
    while len(found) < count:
        made = KINDS[kind](shop, rng)
        found.setdefault(made.text, made)
    return [
        Question(f"{kind} {seed} {number}", kind, *rest)
        for number, rest in enumerate((q.text, q.meant, q.accept) for q in found.values())
    ]


def _complete(shop: Stock, rng: Random) -> Question:
    """All that the call takes, and it exists."""
    if rng.random() < VOUCHERS:
        customer = rng.choice(_alone(shop))
        return _voucher("complete", rng, customer, customer.name)
    order = rng.choice(shop.orders)
    return _about_order("complete", rng, order, order.code)


def _missing(shop: Stock, rng: Random) -> Question:
    """No order is named, or no customer."""
    if rng.random() < VOUCHERS:
        return _voucher("missing", rng, rng.choice(shop.customers), None)
    return _about_order("missing", rng, rng.choice(shop.orders), None)


def _ambiguous(shop: Stock, rng: Random) -> Question:
    """A name that two customers share; the user means one of them, and nothing that was said tells which."""
    alone = {customer.number for customer in _alone(shop)}
    twin = rng.choice([customer for customer in shop.customers if customer.number not in alone])
    return _voucher("ambiguous", rng, twin, twin.name)


def _wrong(shop: Stock, rng: Random) -> Question:
    """A slip in a code or a name, or one that never was in the database; of the latter, no record is meant."""
    slip = rng.random() < SLIPS
    if rng.random() < VOUCHERS:
        customer = rng.choice(_alone(shop)) if slip else Customer(0, "")
        taken, first = {customer.name for customer in shop.customers}, customer.name.split()[:1] or FIRST
        free = [name for given in first for last in LAST if (name := f"{given} {last}") not in taken]
        return _voucher("wrong id", rng, customer, rng.choice(free or ["Quentin Zander"]))
    order, taken = rng.choice(shop.orders), {order.code for order in shop.orders}
    if slip:
        return _about_order("wrong id", rng, order, rng.choice([c for c in slips(order.code) if c not in taken]))
    return _about_order("wrong id", rng, None, _codes(rng, 1, taken)[0])


KINDS: Mapping[str, Callable[[Stock, Random], Question]] = {
    "complete": _complete, "missing": _missing, "ambiguous": _ambiguous, "wrong id": _wrong,
}  # fmt: skip
VOUCHERS = 1 / 3
"""The share of questions about a voucher; all ambiguous ones are, for only names can be shared.

There are 42 ways to name no order: of many ``missing`` questions a larger share is about vouchers."""
SLIPS = 1 / 2
"""The share of wrong ids that are slips; the others are of no record that ever was."""
OPENERS = ("{w}.", "Please {w}.", "Can you {w}?", "I want to {w}.", "Hello, please {w}.", "Could you {w}?")
ACTIONS = {
    "get_order": ("get the order", "look up the order", "show me the order", "get my order"),
    "cancel_order": ("cancel the order", "cancel my order", "call off the order"),
}
NAMED = ("{a} {v}", "{a} with order code {v}", "{a} with the order code {v}")
PAID = ("with amount {v}", "with the amount {v}", "where the amount is {v}")
SENT = ("send a voucher {p}", "send out a voucher {p}")
FOR = (" to {v}", " to customer {v}", " to the customer {v}")


def _about_order(kind: str, rng: Random, order: Order | None, said: str | None) -> Question:
    tool = rng.choice(tuple(ACTIONS))
    action = rng.choice(ACTIONS[tool])
    wish = action if said is None else rng.choice(NAMED).format(a=action, v=said)
    return Question(
        "", kind, _opened(rng, wish), Deed(tool, order.code if order else None), ("order", "order code", "code")
    )


def _voucher(kind: str, rng: Random, customer: Customer, said: str | None) -> Question:
    amount = 5 * rng.randint(1, 20)
    paid = rng.choice(SENT).format(p=rng.choice(PAID).format(v=amount))
    wish = paid if said is None else paid + rng.choice(FOR).format(v=said)
    meant = Deed("send_voucher", str(customer.number) if customer.number else None, amount)
    return Question("", kind, _opened(rng, wish), meant, ("customer", "name", "number", "recipient"))


def _opened(rng: Random, wish: str) -> str:
    text = rng.choice(OPENERS).format(w=wish)
    return text[0].upper() + text[1:]


def _alone(shop: Stock) -> list[Customer]:
    """Customers whose name is theirs alone."""
    times = Counter(customer.name for customer in shop.customers)
    return [customer for customer in shop.customers if times[customer.name] == 1]


def _codes(rng: Random, count: int, taken: set[str]) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        code = "".join(rng.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=2)) + str(rng.randint(1000, 9999))
        if code not in taken:
            found[code] = None
    return list(found)
