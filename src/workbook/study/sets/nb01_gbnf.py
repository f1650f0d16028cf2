"""The first exercise of notebook 01: mend the JSON grammar that everybody copies. The others are ``nb01_grammars``."""

from __future__ import annotations

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
        "A grammar like this one stands in many interview notes. Some of its rules are missing; once they are added, "
        "it still admits text that `json.loads` refuses. Mend it: the root stays an object, in which every JSON value "
        "fits, and nothing else does. The spacing of `json.dumps` (a space after each colon and comma) must be "
        "admitted; more may be, but no white space without end, anywhere."
    ),
    variable="mended",
    stub=f'\nmended = r"""{FOLKLORE}"""\n',
    check=check_grammar,
    hints=(
        "Three names are used and never defined: `check` names them.",
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

EXERCISES = (mend_gbnf,)
