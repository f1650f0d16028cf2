"""A pattern as GBNF admits what ``re.fullmatch`` takes: by enumeration, against Python's own matcher."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from workbook.grammar import GrammarError
from workbook.grammar.regex_gbnf import regex_gbnf
from workbook.study.recognize import accepts

ALPHABET = "ab1_- \n"
TEXTS = ["".join(letters) for length in range(5) for letters in itertools.product(ALPHABET, repeat=length)]
PATTERNS = [
    "", "a", "ab|ba", "(?:a|b)*", "(a|b)(?:1|_)?", "a{2}", "a{1,3}b", "a{2,}", "(ab?){1,2}", "[ab]+", "[^ab]",
    "[^a-b1]*", r"\d\d", r"\w{2}", r"\s", r"[\s-]+", r"\S\S", r"\D", r"\W{1,2}", r"[^\w]", r"[^\d\s]", r"[\w-]{3}",
    "a.b", ".*", "^a$", "^(?:a|b)$", "^a|b$", r"\Aab\Z", "a*?b", "(?:a?)*", "(?P<x>a)b", "[]a]", "[a\\-1]",
    "(?#note)a", "(|a)b", "a{0}b", "[-_]", r"\n", "a$|^b", "(?:ab|a)(?:b1|1)",
]  # fmt: skip


def accepted(pattern: str, texts: list[str]) -> list[str]:
    """The texts that the grammar derives."""
    grammar = regex_gbnf(pattern)
    return [text for text in texts if accepts(grammar, text)]


def sampled(pattern: str, count: int = 160) -> list[str]:
    """Some texts, half of them such that match, as far as there are so many."""
    matching = [text for text in TEXTS if re.fullmatch(pattern, text)]
    chance = random.Random(pattern)
    return chance.sample(matching, min(count // 2, len(matching))) + chance.sample(TEXTS, count // 2)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_grammar_takes_the_texts_that_the_pattern_takes(pattern: str) -> None:
    texts = sampled(pattern)
    matching = [text for text in texts if re.fullmatch(pattern, text)]
    assert matching, "a test that must be able to fail"
    assert accepted(pattern, texts) == matching


def made_up(chance: random.Random, depth: int = 3) -> str:
    """A pattern out of what the module says that it can say."""
    if depth == 0:
        return chance.choice(["a", "b", "[ab1]", "[^a]", r"\d", r"\w", r"\S", r"[^\s_]", "."])
    parts = [made_up(chance, depth - 1) for _ in range(chance.randint(1, 3))]
    form = chance.choice(["{}", "(?:{})?", "(?:{})*", "({}){{1,2}}", "(?:{}|b)", "(?:{})+?"])
    return form.format("".join(parts))


def test_patterns_made_up_at_random() -> None:
    chance = random.Random(11)
    seen = 0
    for pattern in (made_up(chance) for _ in range(60)):
        texts = sampled(pattern, 40)
        matching = [text for text in texts if re.fullmatch(pattern, text)]
        assert accepted(pattern, texts) == matching, pattern
        seen += bool(matching)
    assert seen > 30


@pytest.mark.parametrize(
    ("pattern", "admitted"),
    [
        (r"\w", "z"),
        (r"[\wé]", "zé"),
        (r"[^\w]", " "),
        (r"[^\d]", "z "),
        (r"\S", "zé😀٣"),
        (r"[^\s]", "zé😀٣"),
        (".", "zé😀٣ \u2003"),
        (r"\s", " \u2003"),
        (r"\d", ""),
        (r"\W", " "),
    ],
)
def test_beyond_ascii_the_grammar_may_say_less_and_never_more(pattern: str, admitted: str) -> None:
    found = accepted(pattern, list("zé😀٣ \u2003"))
    assert found == list(admitted)
    assert all(re.fullmatch(pattern, letter) for letter in found)


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        (r"(a)\1", "a back reference"),
        ("a(?=b)b", "looking ahead"),
        ("(?<!a)b", "looking ahead or behind"),
        (r"\bab", "a word boundary"),
        ("a^b", "an anchor in the middle"),
        ("(?:^a)*", "an anchor in the middle"),
        ("(?i)a", "flags"),
        ("(?s:a.)", "flags"),
        ("a++", "a possessive repetition"),
        ("(?>a|ab)", "an atomic group"),
        ("(a)?(?(1)b|c)", "a condition"),
        (r"[^\s\S]", "holds no character"),
        ("a(", "not a regular expression"),
    ],
)
def test_what_it_cannot_say_is_an_error_with_a_name_and_a_way_out(pattern: str, named: str) -> None:
    with pytest.raises(GrammarError, match=named) as caught:
        regex_gbnf(pattern)
    assert caught.value.remedy
