"""Whole texts against a grammar, by brute force where the language is small."""

from __future__ import annotations

import itertools
import re

import pytest

from workbook.study.recognize import GrammarError, accepts, defined_rules, undefined_rules

GRAMMAR = 'root ::= "a" [bc]* ("d" | end)?\nend ::= "e"{2}\n'


@pytest.mark.parametrize("length", range(5))
def test_same_language_as_the_regex(length: int) -> None:
    for letters in itertools.product("abcde", repeat=length):
        text = "".join(letters)
        assert accepts(GRAMMAR, text) == bool(re.fullmatch(r"a[bc]*(d|ee)?", text)), text


def test_a_prefix_is_not_a_text() -> None:
    assert not accepts('root ::= "ab"', "a")


def test_names_in_quotes_classes_and_comments_are_no_rules() -> None:
    grammar = 'root ::= "word" [xyz]+ item{1,3} # see other\nitem ::= "q\\"uote"\n'
    assert defined_rules(grammar) == {"root", "item"}
    assert undefined_rules(grammar) == set()


def test_an_empty_first_alternative_is_read_as_llama_cpp_reads_it() -> None:
    grammar = 'root ::= "a" ws ( | "|" [(|] ) "b" # ::= | "x"\nws ::= | " " | "\\n" [ \\t]{0,2}\n'
    for text in ("ab", "a b", "a\n b", "a||b", "a |(b"):
        assert accepts(grammar, text), text
    for text in ("a  b", "a|b", 'a""b'):
        assert not accepts(grammar, text), text


def test_undefined_rules_are_named() -> None:
    with pytest.raises(GrammarError, match="never defined: pair, ws"):
        accepts('root ::= "{" ws pair "}"', "{}")


def test_a_grammar_that_does_not_parse_says_where() -> None:
    with pytest.raises(GrammarError, match="line 1"):
        accepts('root ::= ("a"', "a")
