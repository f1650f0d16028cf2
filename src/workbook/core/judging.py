"""Whether words, rather than calls, are right: asking, declining, naming a fact.

Rules, no model: a reply *asks* when one of its sentences is a question or a
request and names what is missing; it *declines* when it neither calls nor
asks; it *mentions* an answer when that stands in it as whole words. Leaves out
tone and truth of everything else that the reply says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

REFUSAL = re.compile(
    r"\b(?:no (?:tool|way)|none of|can(?:no|')t|unable|not (?:able|available|possible)|sorry)\b", re.IGNORECASE
)
"""What a reply says that declines."""
REQUEST = re.compile(
    r"\b(?:please|kindly)\s+(?:\w+\s+){0,2}?(?:tell|give|provide|specify|share|enter|send|state|name|supply|confirm|let)\b"
    r"|^(?:tell|give|provide|specify|share|enter|send|state|supply|confirm)\b"
    r"|\blet me know\b|\bi(?:'d| would)?(?: still| also| first)? need(?: to know)?\b|\bi am missing\b|\bi'm missing\b",
    re.IGNORECASE,
)
"""Requests that carry no question mark."""

SENTENCE = re.compile(r"[^.!?？\n]+(?:\.(?=\w)[^.!?？\n]+)*[.!?？]*")
"""A sentence; the dot in ``3.5`` or ``example.com`` does not end it."""

NUMBER = re.compile(r"(?<![\w.])[-−+]?\d[\d,]*(?:\.\d+)?(?![\w])")


def asks_for(reply: str, accept: Sequence[str]) -> bool:
    """Whether a sentence of the reply asks, and names one of ``accept`` in that sentence.

    Case, underscores, hyphens and camel case make no difference: ``user_id``,
    ``User ID`` and ``userId`` are the same words.
    """
    asking = [plain_words(sentence) for sentence in SENTENCE.findall(reply) if is_question(sentence)]
    wanted = [plain_words(word) for word in accept]
    return any(_contains(words, word) for words in asking for word in wanted)


def has_question(reply: str) -> bool:
    """Whether any sentence of the reply asks for something."""
    return any(is_question(sentence) for sentence in SENTENCE.findall(reply))


def refuses(reply: str) -> bool:
    """Whether the reply says, in the usual words, that something cannot be done."""
    return REFUSAL.search(reply.replace("’", "'")) is not None


def is_question(sentence: str) -> bool:
    """Whether one sentence ends in a question mark or requests an answer."""
    text = sentence.strip()
    return text.endswith(("?", "？")) or REQUEST.search(text.replace("’", "'")) is not None


def mentions(reply: str, accept: Sequence[str], exact_case: bool = True) -> bool:
    """Whether one of ``accept`` stands in the reply as whole words.

    ``Paris`` is not in ``Parisian``, and ``Guinea`` not in ``Guinea-Bissau``.
    """
    text = _normal(reply, exact_case)
    return any(_stands_in(_normal(answer, exact_case), text) for answer in accept if answer.strip())


def mentions_number(reply: str, accept: Sequence[str], question: str = "") -> bool:
    """Whether one of ``accept`` is among the reply's numbers, compared by value.

    Where the question itself holds that number, repeating it is not answering:
    then the reply's last number counts.
    """
    found = [_value(number) for number in NUMBER.findall(reply)]
    asked = {_value(number) for number in NUMBER.findall(question)}
    wanted = {_value(answer) for answer in accept}
    return any(value in wanted and (value not in asked or value == found[-1]) for value in found)


def plain_words(text: str) -> str:
    """Lower-case words between single spaces, with names such as ``user_id`` and ``userId`` taken apart."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFC", text))
    return " ".join(re.findall(r"\w+", apart.replace("_", " ").casefold()))


def _contains(words: str, wanted: str) -> bool:
    return bool(wanted) and f" {wanted} " in f" {words} "


def _normal(text: str, exact_case: bool) -> str:
    joined = " ".join(unicodedata.normalize("NFC", text).split())
    return joined if exact_case else joined.casefold()


def _stands_in(answer: str, text: str) -> bool:
    # A hyphen or an apostrophe inside a word continues it: Guinea-Bissau is not Guinea.
    return re.search(rf"(?<![\w])(?<!\w[-’']){re.escape(answer)}(?![\w]|[-’'][^\Ws])", text) is not None


def _value(number: str) -> float:
    try:
        return float(number.strip().replace(",", "").replace("−", "-"))
    except ValueError:
        return float("nan")
