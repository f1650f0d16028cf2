"""The exercises of notebook 03: what a look-up lets through, a scorer with holes, a check against the database."""

from __future__ import annotations

import sqlite3
from typing import Any

from workbook.study.choice import choice
from workbook.study.exercise import Exercise, Untouched, WrongAnswer, expect

let_through = choice(
    "03.let_through",
    "what does the look-up let through?",
    minutes=2,
    question=(
        "The user says *cancel my order*, and names none. The model calls `cancel_order`, and each order is looked up "
        "in the database before the call runs. Which value gets through?"
    ),
    options={
        "a": ("`ORD-2024-00017`, in a shop whose codes look like `KD4821`", "No such record: the look-up refuses it."),
        "b": (
            "`57`, in a shop that counts its orders from 1",
            "It exists. It is somebody's order, and not this user's.",
        ),
        "c": (
            "`my order`, in any shop whose orders have numbers or codes",
            "No such record, though the words are hers.",
        ),
        "d": (
            "`kd4821` for `KD4821`, which is hers, compared letter by letter",
            "Refused, though it was no invention.",
        ),
    },
    right="b",
    hints=("A look-up answers one question: is there such a record?", "How many of the numbers up to 100 are taken?"),
)

Step = tuple[Any, ...]
ASKED, INVENTED = ("user", "Cancel my order."), ("call", "cancel_order", {"order": "AB1234"})
TRACES: tuple[tuple[list[Step], list[tuple[int, str]], str], ...] = (
    (
        [("user", "Cancel order KD4821."), ("call", "cancel_order", {"order": "KD4821"})],
        [],
        "The user said this value.",
    ),
    ([ASKED, INVENTED], [(1, "order")], "Nobody said this value."),
    (
        [("user", "Cancel order 12345."), ("call", "cancel_order", {"order": "1234"})],
        [(1, "order")],
        "`1234` does not stand in `12345`: a value is a whole word.",
    ),
    (
        [ASKED, ("call", "list_orders", {}), ("result", '{"order": "AB1234"}'), INVENTED],
        [],
        "A tool gave this value before the call.",
    ),
    (
        [ASKED, INVENTED, ("result", '{"order": "AB1234"}')],
        [(1, "order")],
        "What comes after a call is no source of it.",
    ),
    (
        [ASKED, INVENTED, ("error", '{"error": "no order AB1234"}'), INVENTED],
        [(1, "order"), (3, "order")],
        "The error only repeats the invention: a value is not true because it was refused.",
    ),
    ([("user", "cancel order kd4821"), ("call", "cancel_order", {"order": "KD4821"})], [], "Case makes no difference."),
    (
        [("user", "Send 20 euros to Anna."), ("call", "send", {"amount": 20.0, "to": "Anna"})],
        [],
        "20.0 is the number 20, which the user said.",
    ),
    (
        [("user", "Send 20 euros to Anna."), ("call", "send", {"amount": 25, "to": "Anna"})],
        [(1, "amount")],
        "One argument is made up, the other is not.",
    ),
)


def with_holes(trace: list[Step]) -> list[tuple[int, str]]:
    """What the stub does."""
    said, found = "", []
    for index, (role, *step) in enumerate(trace):
        if role == "call":
            found += [(index, name) for name, value in step[1].items() if str(value) not in said]
        else:
            said += " " + step[0]
    return found


def check_made_up(made_up: Any) -> None:
    """Every made-up argument, and no other."""
    expect(callable(made_up), "This exercise wants a function: `def made_up(trace): ...`.")
    results = [made_up(list(trace)) for trace, _, _ in TRACES]
    if results == [with_holes(trace) for trace, _, _ in TRACES]:
        raise Untouched
    for got, (trace, want, why) in zip(results, TRACES, strict=True):
        expect(isinstance(got, list), f"It gave {got!r}: give a list of `(index, name)`.")
        expect(got == want, f"For {trace} it gave {got}, not {want}. {why}")


SCORER = "def made_up(trace):\n{}"
LOOP = """    said, found = "", []
    for index, (role, *step) in enumerate(trace):
        if role == "call":
            found += [(index, name) for name, value in step[1].items() if {test}]
        {source}
            said += " " + step[0]{lower}
    return found
"""
HOLES = SCORER.format(LOOP.format(test="str(value) not in said", source="else:", lower=""))
AS_INT = "str(int(value)) if isinstance(value, float) and value.is_integer() else "
WHOLE = rf"""
import re

def stands(value, said):
    text = {AS_INT}str(value)
    return re.search(rf"(?<!\w){{re.escape(text.lower())}}(?!\w)", said) is not None

"""
NO_ERRORS = 'elif role != "error":'
MENDED = WHOLE + SCORER.format(LOOP.format(test="not stands(value, said)", source=NO_ERRORS, lower=".lower()"))

scorer = Exercise(
    id="03.made_up",
    title="a scorer with holes",
    difficulty=3,
    minutes=15,
    prompt=(
        'This is the scorer from the beginning of the notebook. A trace is a list of `("user", text)`, '
        '`("call", tool, arguments)`, `("result", text)` and `("error", text)`; it returns `(index, name)` of each '
        "made-up argument. Four holes: it finds `12` in `123`; an error that repeats an invention makes it true; "
        "`kd4821` is not `KD4821`; `20.0` is not `20`. Mend them."
    ),
    variable="made_up",
    stub="\n" + HOLES,
    check=check_made_up,
    hints=(
        "Which roles are sources? The user and the tools. An error is our own text.",
        r"A whole word: no `\w` before it and none behind it. `re.escape` the value first.",
        "Write a whole float as an int before you look for it.",
    ),
    answer=MENDED,
    why=(
        "A scorer has holes like any program, and each of them flatters the model. The second one is the usual: the "
        "runtime's own words come back as evidence. None of it proves that a value is *right*: a number that "
        "was said as the amount, and used as the customer, stands in the text as well."
    ),
    wrong=(
        WrongAnswer(SCORER.format("    return []\n"), "Nobody said this value"),
        WrongAnswer(MENDED.replace(NO_ERRORS, "else:"), "repeats the invention"),
        WrongAnswer(
            SCORER.format(LOOP.format(test="str(value).lower() not in said", source=NO_ERRORS, lower=".lower()")),
            "whole word",
        ),
        WrongAnswer(MENDED.replace(NO_ERRORS, 'elif role == "user":'), "A tool gave this value"),
        WrongAnswer(MENDED.replace(AS_INT, ""), "20.0"),
        WrongAnswer(MENDED.replace(".lower()}", "}").replace("].lower()", "]").replace("text.lower()", "text"), "Case"),
    ),
)

MINE, HERS = "KD4821", "TR7007"
PROBES = (
    (MINE, True, "This order is the user's own: return an empty string."),
    ("ZZ9999", False, "There is no such order: return a short error."),
    (HERS, False, "The order exists, and is somebody else's: refuse it."),
    ("x' OR '1'='1", False, "A value that is SQL got through: never write values into a query, pass them as `?`."),
    ("%", False, "A wildcard got through: compare with `=`, not with LIKE."),
    ("O'Hara", False, "A quote is only a letter."),
)
LONGEST = 120
"""Characters of an error: it costs tokens at every turn from then on."""


def _shop() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE orders (code TEXT, customer INTEGER)")
    database.executemany("INSERT INTO orders VALUES (?, ?)", [(MINE, 1), ("KD4000", 1), (HERS, 2)])
    return database


def check_check(check_order: Any) -> None:
    """Only the user's own order passes, nothing is told of others', and no value is read as SQL."""
    expect(callable(check_order), "This exercise wants a function: `def check_order(database, customer, code): ...`.")
    said = {}
    for code, passes, why in PROBES:
        try:
            got = check_order(_shop(), 1, code)
        except sqlite3.Error as error:
            expect(False, f"For {code!r} the database says `{error}`. Pass values as `?`, and quotes are only letters.")
        expect(isinstance(got, str), f'For {code!r} it gave {got!r}: return `""`, or the error as text.')
        expect((got == "") == passes, f"For {code!r} it gave {got!r}. {why}")
        said[code] = got
    expect(len(said["ZZ9999"]) <= LONGEST, f"That error is longer than {LONGEST} characters.")
    plain = {said[code].replace(code, "") for code in ("ZZ9999", HERS)}
    expect(len(plain) == 1, "The two errors differ, which tells a stranger which orders exist: use one text for both.")


CHECK = "def check_order(database, customer, code):\n{}"
QUERY = '    found = database.execute("SELECT 1 FROM orders WHERE {}", {}).fetchone()\n'
REPLY = '    return "" if found else f"no order {code}; ask the user for the order"\n'
OWN = QUERY.format("code = ? AND customer = ?", "(code, customer)")
TELLING = (
    QUERY.format("code = ?", "(code,)")
    + '    if not found:\n        return f"no order {code}"\n'
    + OWN
    + '    return "" if found else f"order {code} is not yours"\n'
)

look_up = Exercise(
    id="03.check_order",
    title="a check that cannot be fooled",
    difficulty=2,
    minutes=10,
    prompt=(
        "Write `check_order(database, customer, code)` on the table `orders (code, customer)` of an SQLite connection: "
        '`""` when the order is this customer\'s own, else one short error for the model. The value comes from a model '
        "that read what strangers wrote. A stranger's order and one that does not exist must look alike."
    ),
    variable="check_order",
    stub="\ndef check_order(database, customer, code):\n    raise NotImplementedError\n",
    check=check_check,
    hints=(
        "`database.execute(query, values)` takes a `?` for each value.",
        "Ask one question of the database: is there a row with this code *and* this customer?",
    ),
    answer="\n" + CHECK.format(OWN + REPLY),
    why=(
        "*Exists* is the wrong question; *may this user touch it* is the right one, and it has one answer for "
        "strangers' orders and for none. Ask it again inside the statement that changes something "
        "(`UPDATE ... WHERE code = ? AND customer = ?`, then look at the row count): between check and use, rows move."
    ),
    wrong=(
        WrongAnswer(CHECK.format(QUERY.format("code = ?", "(code,)") + REPLY), "somebody else's"),
        WrongAnswer(CHECK.format(QUERY.format("code LIKE ? AND customer = ?", "(code, customer)") + REPLY), "wildcard"),
        WrongAnswer(
            CHECK.format(
                """    query = f"SELECT 1 FROM orders WHERE customer = {customer} AND code = '{code}'"\n"""
                "    found = database.execute(query).fetchone()\n" + REPLY
            ),
            "that is SQL",
        ),
        WrongAnswer(CHECK.format(TELLING), "which orders exist"),
    ),
)

EXERCISES = (let_through, scorer, look_up)
