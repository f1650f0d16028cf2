"""Verbs, fresh words, and the split that keeps evaluation apart.

Verbs carry the ways people say them; ``lexicon`` holds all other words. One rule decides what is held out:
:func:`belongs` hashes the text, so that a name, a value or a phrasing is either trained on or evaluated on, never
both. Verbs are shared: without them a held-out request would have no meaning that could be learned.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Literal, TypeVar

from workbook.finetune.lexicon import NOUNS, WORDS

Split = Literal["train", "held_out"]
T = TypeVar("T")

HELD_OUT_ONE_IN = 8


def belongs(text: str, split: Split) -> bool:
    """Whether ``text`` (a name, a value, a template) may be used in ``split``."""
    held_out = zlib.crc32(text.strip().lower().encode()) % HELD_OUT_ONE_IN == 0
    return held_out == (split == "held_out")


@cache
def _part(options: tuple[str, ...], split: Split) -> tuple[str, ...]:
    part = tuple(option for option in options if belongs(option, split))
    if not part:
        raise ValueError(f"no option of the {split} split among {options[:3]}...: add some")
    return part


def choose(rng: Random, options: tuple[str, ...], split: Split) -> str:
    """A random one of the options that :func:`belongs` gives to ``split``; ``ValueError`` where it has none."""
    return rng.choice(_part(options, split))


def draw(sample: Callable[[], T], split: Split, tries: int = 400) -> T:
    """Call ``sample`` until its text falls into ``split``; ``ValueError`` after ``tries`` that did not."""
    for _ in range(tries):
        value = sample()
        if belongs(str(value), split):
            return value
    raise ValueError(f"{tries} draws gave nothing for the {split} split: the sampler has too few values")


@dataclass(frozen=True)
class Verb:
    """What a tool does: its name's first word, and how people ask for it (``{n}`` is the thing)."""

    name: str
    ways: tuple[str, ...]


VERBS = tuple(
    Verb(name, tuple(w.strip() for w in ways.split("/")))
    for name, ways in {
        "get": "get the {n}/show me the {n}/look up the {n}/fetch the {n}/tell me the {n}/give me the {n}",
        "find": "find a {n}/look for a {n}/find me a {n}/help me find a {n}",
        "search": "search for a {n}/search the {n}/do a {n} search",
        "list": "list the {n} entries/list every {n}/show all {n} entries/enumerate the {n} entries",
        "create": "create a {n}/make a new {n}/create a new {n}/set up a {n}",
        "add": "add a {n}/add a new {n}/put in a {n}",
        "update": "update the {n}/change the {n}/modify the {n}/edit the {n}",
        "delete": "delete the {n}/remove the {n}/get rid of the {n}/erase the {n}",
        "send": "send a {n}/send out a {n}/send the {n}",
        "book": "book a {n}/reserve a {n}/make a {n} booking",
        "cancel": "cancel the {n}/call off the {n}/cancel my {n}",
        "schedule": "schedule a {n}/plan a {n}/put a {n} on the calendar",
        "order": "order a {n}/place a {n} order/order me a {n}",
        "buy": "buy a {n}/purchase a {n}/buy me a {n}",
        "sell": "sell the {n}/put the {n} up for sale/sell my {n}",
        "pay": "pay the {n}/settle the {n}/pay for the {n}",
        "refund": "refund the {n}/give a refund for the {n}/issue a {n} refund",
        "track": "track the {n}/follow the {n}/keep track of the {n}",
        "check": "check the {n}/have a look at the {n}/check on the {n}",
        "verify": "verify the {n}/confirm that the {n} is right/validate the {n}",
        "compare": "compare the {n}/do a {n} comparison/compare each {n}",
        "convert": "convert the {n}/do a {n} conversion/turn the {n} into another form",
        "translate": "translate the {n}/do a {n} translation/put the {n} into another language",
        "calculate": "calculate the {n}/work out the {n}/compute the {n}",
        "estimate": "estimate the {n}/give an estimate of the {n}/guess the {n}",
        "predict": "predict the {n}/forecast the {n}/give a {n} prediction",
        "recommend": "recommend a {n}/suggest a {n}/give me a {n} recommendation",
        "share": "share the {n}/share my {n}/let others see the {n}",
        "upload": "upload the {n}/upload a {n}/put the {n} online",
        "download": "download the {n}/save the {n} to disk/get a copy of the {n}",
        "rename": "rename the {n}/give the {n} a new name/change the name of the {n}",
        "move": "move the {n}/shift the {n}/relocate the {n}",
        "copy": "copy the {n}/duplicate the {n}/make a copy of the {n}",
        "archive": "archive the {n}/put the {n} in the archive/store the {n} away",
        "approve": "approve the {n}/give the go-ahead for the {n}/sign off the {n}",
        "reject": "reject the {n}/turn down the {n}/refuse the {n}",
        "assign": "assign the {n}/hand over the {n}/allocate the {n}",
        "start": "start the {n}/begin the {n}/launch the {n}/kick off the {n}",
        "stop": "stop the {n}/end the {n}/halt the {n}",
        "restart": "restart the {n}/reboot the {n}/start the {n} again",
        "lock": "lock the {n}/secure the {n}/put a lock on the {n}",
        "unlock": "unlock the {n}/open up the {n}/take the lock off the {n}",
        "print": "print the {n}/print out the {n}/make a printout of the {n}",
        "scan": "scan the {n}/run a scan of the {n}/do a {n} scan",
        "rate": "rate the {n}/leave a rating for the {n}/score the {n}",
        "review": "review the {n}/write a review of the {n}/do a {n} review",
        "register": "register the {n}/sign up the {n}/register a new {n}",
        "export": "export the {n}/do a {n} export/write out the {n}",
        "import": "import the {n}/do a {n} import/read in the {n}",
        "merge": "merge the {n}/combine the {n}/do a {n} merge",
        "measure": "measure the {n}/take a {n} measurement/take the measure of the {n}",
        "play": "play the {n}/put on the {n}/start playing the {n}",
        "summarize": "summarize the {n}/give a summary of the {n}/sum up the {n}",
        "notify": "notify about the {n}/send a notice about the {n}/give notice of the {n}",
        "renew": "renew the {n}/extend the {n}/renew my {n}",
        "inspect": "inspect the {n}/examine the {n}/do a {n} inspection",
        "draw": "draw the {n}/sketch the {n}/make a drawing of the {n}",
        "test": "test the {n}/run a test on the {n}/try out the {n}",
    }.items()
)

# Verbs that people use for one another: a tool named by one of them is no near miss for another.
_ALIKE = tuple(
    frozenset(group.split())
    for group in (
        "get find search list check inspect review track list download print export",
        "create add register schedule book order buy upload import",
        "update rename move assign renew merge",
        "delete cancel archive reject stop",
        "start restart play test unlock",
        "verify approve check inspect test review",
        "calculate estimate predict measure compare convert",
        "send notify share upload export print move",
        "rate review recommend",
        "copy download export archive",
        "summarize review get",
        "stop lock cancel",
        "scan inspect check",
        "pay buy order",
    )
)


def alike(a: Verb, b: Verb) -> bool:
    """Whether a request for ``a`` could fairly be served by a tool named ``b``."""
    return a == b or any(a.name in group and b.name in group for group in _ALIKE)


_HALVED = tuple(word for word in WORDS if len(word) >= 5)
_ONSETS = "b br ch d dr f fl g gl gr h j k kl l m n p pl pr qu r s sh sk sl st t th tr v w y z".split()
_VOWELS = "a e i o u ai ea ee io oa ou".split()
_CODAS = ["", "", "", "n", "r", "l", "k", "m", "nd", "rt", "s", "th", "x", "sk", "lt", "v"]


def made_up(rng: Random, syllables: Sequence[int] = (2, 2, 3)) -> str:
    """A pronounceable word that no dictionary holds: only copying helps with it."""
    count = rng.choice(syllables)
    return "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(count)) + rng.choice(_CODAS)


def fresh_word(rng: Random) -> str:
    """A word that nobody has read before: made of syllables, or of the halves of two English nouns.

    Closed lists are learned by heart: a model that had read 370 nouns wrote one of them in place of each noun that
    it had not. The halves bring every piece of an English word into places where no other piece can be foreseen.
    """
    if rng.random() < 0.5:
        return made_up(rng)
    head, tail = (rng.choice(_HALVED) for _ in range(2))
    return head[: rng.randint(2, len(head) - 2)] + tail[rng.randint(2, len(tail) - 2) :]


def thing(rng: Random, split: Split) -> str:
    """What a tool is about, as snake_case words: a noun, two nouns, or a fresh word."""
    shape = rng.random()
    if shape < 0.30:
        return choose(rng, NOUNS, split)
    if shape < 0.50:
        return draw(lambda: f"{rng.choice(WORDS)}_{rng.choice(NOUNS)}", split)
    if shape < 0.80:
        return draw(lambda: fresh_word(rng), split)
    return draw(lambda: f"{fresh_word(rng)}_{rng.choice(WORDS)}", split)
