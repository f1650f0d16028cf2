"""The exercises of notebook 01: mend a grammar, skip forced tokens, price a right answer."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbook.core.validation import is_valid_json
from workbook.study.exercise import Exercise, Untouched, WrongAnswer, expect
from workbook.study.json_probes import ILLEGAL, LEGAL, endless, slips
from workbook.study.recognize import GrammarError, accepts, undefined_rules

FOLKLORE = r"""
root    ::= object
object  ::= "{" ws members? ws "}"
members ::= pair ("," ws pair)*
pair    ::= string ":" ws value
value   ::= string | number | object | array | "true" | "false" | "null"
string  ::= "\"" [^"]* "\""
"""


def check_grammar(gbnf: Any) -> None:
    """Compiles, admits what is legal, and refuses what ``json.loads`` refuses."""
    expect(isinstance(gbnf, str), f"A grammar is a string in GBNF; this is a `{type(gbnf).__name__}`.")
    if gbnf.strip() == FOLKLORE.strip():
        raise Untouched
    missing = ", ".join(f"`{name}`" for name in sorted(undefined_rules(gbnf)))
    expect(not missing, f"It does not compile: {missing} is used and never defined.")
    try:
        accepts(gbnf, "{}")
    except GrammarError as error:
        expect(False, f"It does not compile: {error}.")
    for text, what, why in ILLEGAL:
        expect(not accepts(gbnf, text), f"It admits {what}, and `json.loads` does not: {why}. Try `{text!r}`.")
    for text, what in LEGAL:
        expect(accepts(gbnf, text), f"It refuses legal JSON: {what}. Try `{text}`.")
    for text in slips():
        expect(accepts(gbnf, text) <= is_valid_json(text), f"It admits `{text}`, and `json.loads` does not.")
    expect(not accepts(gbnf, "[1]"), "It admits an array at the top: the root stays an object.")
    for place, text in endless():
        expect(not accepts(gbnf, text), f"White space has no end {place}: a weak model fills its budget with it.")


MENDED = r'''
mended = r"""
root    ::= object
object  ::= "{" ws (pair (ws "," ws pair)*)? ws "}"
array   ::= "[" ws (value (ws "," ws value)*)? ws "]"
pair    ::= string ws ":" ws value
value   ::= string | number | object | array | "true" | "false" | "null"
string  ::= "\"" ([^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}))* "\""
number  ::= "-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)? ([eE] [-+]? [0-9]+)?
ws      ::= [ \n]{0,2}
"""
'''


def _variant(old: str, new: str) -> str:
    """The right answer with one rule spoiled."""
    if old not in MENDED:
        raise ValueError(f"{old!r} is not part of the answer")
    return MENDED.replace(old, new)


STRING_RULE = r"""([^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}))*"""
NUMBER_RULE = r""""-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)? ([eE] [-+]? [0-9]+)?"""

mend_gbnf = Exercise(
    id="01.mend_gbnf",
    title="mend the grammar that everybody copies",
    difficulty=3,
    minutes=15,
    prompt=(
        "A grammar like this one stands in many interview notes. Three of its rules are missing; once they are added, "
        "it still admits text that `json.loads` refuses. Mend it: the root stays an object, in which every JSON value "
        "fits, and nothing else does. The spacing of `json.dumps` (a space after each colon and comma) must be "
        "admitted; more may be, but no white space without end, anywhere."
    ),
    variable="mended",
    stub=f'\nmended = r"""{FOLKLORE}"""\n',
    check=check_grammar,
    hints=(
        "Three names are used and never defined. `check` tells you which.",
        r'No control characters (`\x00` to `\x1f`); after a backslash one of `"\/bfnrt`, or `u` and 4 digits.',
        "A number: a minus perhaps; then `0`, or a digit from 1 to 9 and more digits; then a fraction; an exponent.",
        "`ws ::= [ \\n]{0,2}` is white space enough.",
    ),
    answer=MENDED,
    why=(
        '`array`, `number` and `ws` were missing. The string rule `[^"]*` was the quiet bug: it compiles, works in '
        "the demo, and fails on the first line break or backslash that the model writes."
    ),
    wrong=(
        WrongAnswer(_variant(STRING_RULE, '[^"]*'), "a raw line break"),
        WrongAnswer(_variant(STRING_RULE, r'[^"\\\x00-\x1f]*'), "escapes such as"),
        WrongAnswer(_variant(NUMBER_RULE, '"-"? [0-9]+ ("." [0-9]+)? ([eE] [-+]? [0-9]+)?'), "leading zeros"),
        WrongAnswer(_variant(NUMBER_RULE, NUMBER_RULE.replace("[-+]? [0-9]+", "[-+]? [0-9]*")), "an exponent without"),
        WrongAnswer(_variant('(pair (ws "," ws pair)*)?', '(pair (ws "," ws pair)* (ws ",")?)?'), "in an object"),
        WrongAnswer(_variant('"-"? ("0"', '"-"* ("0"'), "It admits `"),
        WrongAnswer(_variant("root    ::= object", "root    ::= object | array"), "at the top"),
        WrongAnswer(_variant("[ \\n]{0,2}", "[ \\n]*"), "has no end"),
        WrongAnswer(_variant('"[" ws (value', '"[" [ ]* (value'), "after `[`"),
        WrongAnswer(_variant('string ws ":" ws value', 'string ws ":" "\\t"* ws value'), "after `:`"),
        WrongAnswer(_variant('array   ::= "[" ws (value (ws "," ws value)*)? ws "]"\n', ""), "`array` is used"),
    ),
)

END = "<end>"
_TREES: tuple[tuple[str, ...], ...] = (
    ('{"unit": "celsius"}', '{"unit": "kelvin"}'),
    ('{"ok": true}',),
    ('{"n": 1}', '{"n": 12}'),
    ("", "ab"),
)


def _spelled(legal: Sequence[str]) -> Callable[[str], set[str]]:
    """The mask of a finite language whose tokens are single characters."""

    def mask(text: str) -> set[str]:
        onward = {whole[len(text)] for whole in legal if whole.startswith(text) and len(whole) > len(text)}
        return onward | ({END} if text in legal else set())

    return mask


def check_forced(forced: Any) -> None:
    """The longest run of forced tokens, on small languages where it is known."""
    expect(callable(forced), "This exercise wants a function: `def forced(text, mask): ...`.")
    for legal in _TREES:
        mask = _spelled(legal)
        for start in ("", legal[0][:3]):
            _check_run(forced, mask, start, legal)


def _check_run(forced: Callable[..., Any], mask: Callable[[str], set[str]], start: str, legal: Sequence[str]) -> None:
    got = forced(start, mask)
    want = ""
    while len(options := mask(start + want)) == 1 and END not in options:
        want += next(iter(options))
    shown = f"For the texts {list(legal)} after {start!r}"
    expect(isinstance(got, str), f"{shown} it gave {got!r}; give back the forced text, a string.")
    expect(END not in got, f"{shown} it wrote the end token into the text: `{END}` stops the run.")
    expect(not got.startswith(start) or not start, f"{shown} it repeats what was there; give only what is new.")
    one = len(got) == 1 < len(want)
    expect(not one, f"{shown} it stopped after one token: go on until there is a choice.")
    expect(len(got) <= len(want), f"{shown} it went on to {got!r}, past a choice: with two options nothing is forced.")
    expect(got == want, f"{shown} it gave {got!r}; the forced text is {want!r}.")


skip_forced = Exercise(
    id="01.skip_forced",
    title="skip what is forced",
    difficulty=2,
    minutes=10,
    prompt=(
        "Where a mask leaves a single token, there is nothing to choose. Write `forced(text, mask)`: given the text "
        f"so far and a function `mask(text)` that returns the set of allowed tokens (among them perhaps `{END!r}`), "
        "return the text that must follow, up to the next choice or the end. Engines call this *fast-forward*."
    ),
    variable="forced",
    stub="""
def forced(text, mask):
    raise NotImplementedError
""",
    check=check_forced,
    hints=(
        "One loop: look at `mask(text + new)`. How many options are there?",
        f"Stop in three cases: no option, more than one, or the only one is `{END!r}`.",
        "`next(iter(options))` takes the only member of a set.",
    ),
    answer=f'''
def forced(text, mask):
    new = ""
    while len(options := mask(text + new)) == 1 and "{END}" not in options:
        new += next(iter(options))
    return new
''',
    why=(
        "No choice is needed, so forced tokens go through the model together, in one pass instead of one by one. They "
        "are not free: their keys and values must still be computed. That is how a grammar can make decoding *faster*."
    ),
    wrong=(
        WrongAnswer(
            f'''
def forced(text, mask):
    options = mask(text)
    return next(iter(options)) if len(options) == 1 and "{END}" not in options else ""
''',
            "stopped after one token",
        ),
        WrongAnswer(
            f'''
def forced(text, mask):
    new = ""
    while (options := mask(text + new)) and "{END}" not in options:
        new += min(options)
    return new
''',
            "past a choice",
        ),
        WrongAnswer(
            f'''
def forced(text, mask):
    new = ""
    while "{END}" not in new and len(options := mask(text + new)) == 1:
        new += next(iter(options))
    return new
''',
            "end token",
        ),
    ),
)

ROWS: tuple[Mapping[str, Any], ...] = (
    {"tokens": 20, "right": True},
    {"tokens": 60, "right": False},
    {"tokens": 30, "right": True},
    {"tokens": 90, "right": False},
)


def check_cost(cost: Any) -> None:
    """Tokens of all trials over the number of right ones; infinite without one."""
    expect(callable(cost), "This exercise wants a function: `def cost_per_right(rows): ...`.")
    got = cost([dict(row) for row in ROWS])
    expect(got != 25, "25 is what a right answer costs *when it is right*. You paid for the wrong ones as well.")
    expect(got != 50, "50 is the mean over all trials. The question is how many tokens buy one *right* answer.")
    expect(got == 100, f"For {json.dumps(list(ROWS))} it gave {got}; 200 tokens bought two right answers.")
    try:
        never = cost([{"tokens": 9, "right": False}])
    except ZeroDivisionError:
        never = None
    expect(never == math.inf, "With no right answer the price is infinite: return `math.inf`, do not divide by zero.")


price_right = Exercise(
    id="01.price_right",
    title="what does a right answer cost?",
    difficulty=2,
    minutes=8,
    prompt=(
        "Write `cost_per_right(rows)`. Each row is a trial with `tokens` (all that was written, retries included) "
        "and `right` (a bool). Return how many tokens one *right* answer costs in this arm."
    ),
    variable="cost_per_right",
    stub="""
import math

def cost_per_right(rows):
    raise NotImplementedError
""",
    check=check_cost,
    hints=(
        "You pay for every trial, also for those that came out wrong.",
        "So: all tokens, divided by the number of right answers.",
        "What if there is none? An arm that is never right has a price too.",
    ),
    answer="""
import math

def cost_per_right(rows):
    right = sum(row["right"] for row in rows)
    return sum(row["tokens"] for row in rows) / right if right else math.inf
""",
    why="A cheap arm that is often wrong is dear. Retries add to what you pay, even when they help.",
    wrong=(
        WrongAnswer(
            """
def cost_per_right(rows):
    right = [row["tokens"] for row in rows if row["right"]]
    return sum(right) / len(right)
""",
            "You paid for the wrong ones",
        ),
        WrongAnswer(
            """
def cost_per_right(rows):
    return sum(row["tokens"] for row in rows) / len(rows)
""",
            "mean over all trials",
        ),
        WrongAnswer(
            """
def cost_per_right(rows):
    return sum(row["tokens"] for row in rows) / sum(row["right"] for row in rows)
""",
            "price is infinite",
        ),
    ),
)

EXERCISES = (mend_gbnf, skip_forced, price_right)
