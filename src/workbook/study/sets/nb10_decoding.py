"""The exercises of notebook 10: count forward passes, find the batch where masks bite, cut forced text safely."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

from workbook.study.exercise import Exercise, WrongAnswer, expect

RUNS: tuple[tuple[str, int], ...] = (("FFFF", 1), ("..", 2), ("FF.FFF.", 3), ("FF..FFF.F", 4), (".FFF.FF", 2), (".", 1))
"""Forced (F) and chosen (.) tokens, and the passes that fast-forward needs."""


def check_passes(passes: Any) -> None:
    """One pass for each token that is chosen, and the prompt's own where the first is forced."""
    expect(callable(passes), "This exercise wants a function: `def passes(forced): ...`.")
    for marks, want in RUNS:
        got = passes([mark == "F" for mark in marks])
        shown = f"For {marks} (F is forced) it gave {got!r}, not {want}."
        expect(got != len(marks) or want == len(marks), f"{shown} That is one pass a token: decoding without any skip.")
        late = want + marks.endswith("F")
        expect(got != late or got == want, f"{shown} Forced tokens at the end wait for no scores: nobody reads on.")
        expect(got != want - 1 or marks[0] != "F", f"{shown} The prompt must be read even where the start is forced.")
        expect(got == want, f"{shown} A run of forced tokens rides along with the next pass, however long it is.")


count_passes = Exercise(
    id="10.count_passes",
    title="count the passes",
    difficulty=2,
    minutes=10,
    prompt=(
        "Reading the prompt is the first forward pass; its scores choose the first token. Every later pass is shown "
        "what is new, and its scores choose one token. Forced tokens choose nothing: they go along with the next "
        "pass. Write `passes(forced)`: given one bool a token (`True` is forced), return the number of passes that "
        "fast-forward needs. Nothing need be read after the last token."
    ),
    variable="passes",
    stub="""
def passes(forced):
    raise NotImplementedError
""",
    check=check_passes,
    hints=(
        "Without forced tokens: as many passes as tokens, since the prompt's pass chooses the first one.",
        "Each token that is chosen costs the pass whose scores it is chosen from. What does a forced one cost?",
        "One case is left: the first token is forced. Was the prompt read?",
    ),
    answer="""
def passes(forced):
    chosen = sum(not one for one in forced)
    return chosen + bool(forced and forced[0])
""",
    why=(
        "A pass is paid for each *choice*, and one for the prompt. (Its own choice is wasted where the first token is "
        "forced.) The forced tokens make passes a little wider, which costs far less than another pass, as long as "
        "the hardware waits for weights to arrive and not for sums to be done."
    ),
    wrong=(
        WrongAnswer("def passes(forced):\n    return len(forced)\n", "one pass a token"),
        WrongAnswer("def passes(forced):\n    return sum(not one for one in forced)\n", "The prompt must be read"),
        WrongAnswer(
            """
def passes(forced):
    chosen = sum(not one for one in forced)
    return chosen + bool(forced[0]) + bool(forced[-1])
""",
            "Forced tokens at the end",
        ),
        WrongAnswer(
            """
def passes(forced):
    chosen = sum(not one for one in forced)
    runs = sum(one and not before for before, one in zip([False, *forced], forced))
    return chosen + runs
""",
            "rides along",
        ),
    ),
)

STEPS: tuple[tuple[float, float, float], ...] = ((16, 100, 0.5), (16, 100, 0.05), (10, 3000, 0.5), (8, 64, 1.0))
"""Milliseconds of a pass, microseconds of a mask, and the slowdown asked for."""


def check_batch(batch_for: Any) -> None:
    """The smallest batch whose masks cost that share of the pass, one after the other or behind the pass."""
    expect(callable(batch_for), "This exercise wants a function: `def batch_for(pass_ms, mask_us, ...): ...`.")
    for pass_ms, mask_us, slowdown in STEPS:
        for overlapped in (False, True):
            _check_batch(batch_for(pass_ms, mask_us, slowdown, overlapped), pass_ms, mask_us, slowdown, overlapped)


def _smallest(pass_ms: float, mask_us: float, slowdown: float, overlapped: bool) -> int:
    hidden = pass_ms if overlapped else 0.0
    return next(n for n in range(1, 10**6) if n * mask_us / 1000 >= hidden + slowdown * pass_ms - 1e-9)


def _check_batch(got: Any, pass_ms: float, mask_us: float, slowdown: float, overlapped: bool) -> None:
    want = _smallest(pass_ms, mask_us, slowdown, overlapped)
    shown = f"For a pass of {pass_ms:g} ms, masks of {mask_us:g} µs and {slowdown:.0%} it gave {got!r}, not {want}"
    expect(isinstance(got, int) and not isinstance(got, bool), f"{shown}: a batch is a whole number, an `int`.")
    behind = _smallest(pass_ms, mask_us, slowdown, False)
    expect(not overlapped or got != behind, f"{shown}: overlapped, masks cost nothing until they outlast the pass.")
    expect(got != want - 1, f"{shown}: that batch stays just below; round up, not down.")
    micro = math.ceil(want / 1000)
    expect(not (got <= micro < want), f"{shown}: one time is in milliseconds, the other in microseconds.")
    expect(got == want, f"{shown}{' (overlapped)' if overlapped else ''}.")


biting_batch = Exercise(
    id="10.biting_batch",
    title="from which batch on do masks bite?",
    difficulty=3,
    minutes=12,
    prompt=(
        "One pass of the model serves a whole batch, and takes `pass_ms` milliseconds whatever the batch (roughly true "
        "on a GPU that waits for memory). Each row needs a mask of `mask_us` *micro*seconds, filled one after another "
        "on one core. Write `batch_for(pass_ms, mask_us, slowdown, overlapped)`: the smallest batch at which a step "
        "takes at least `1 + slowdown` times as long as without masks. With `overlapped` the masks are filled while "
        "the pass runs, so a step takes as long as the longer of the two."
    ),
    variable="batch_for",
    stub="""
def batch_for(pass_ms, mask_us, slowdown, overlapped):
    raise NotImplementedError
""",
    check=check_batch,
    hints=(
        "Bring both times to the same unit first.",
        "One after the other, a step takes pass + batch · mask. Overlapped it takes max(pass, batch · mask).",
        "Solve for the batch, then round *up*: `math.ceil`. (Round away floating-point dust first, at nine digits.)",
    ),
    answer="""
import math

def batch_for(pass_ms, mask_us, slowdown, overlapped):
    time_for_masks = (slowdown + overlapped) * pass_ms * 1000
    return max(1, math.ceil(round(time_for_masks / mask_us, 9)))
""",
    why=(
        "This is where *50 %* comes from, and why it is no property of grammars. The mask's time is paid for each row, "
        "the pass once for all. With batch 1 and a large model masks vanish; with a large batch, or a slow engine, "
        "they are all that you wait for. Overlap does not make them cheaper, it gives them room."
    ),
    wrong=(
        WrongAnswer(
            """
import math

def batch_for(pass_ms, mask_us, slowdown, overlapped):
    return max(1, math.ceil(round((slowdown + overlapped) * pass_ms / mask_us, 9)))
""",
            "in microseconds",
        ),
        WrongAnswer(
            """
import math

def batch_for(pass_ms, mask_us, slowdown, overlapped):
    return max(1, math.ceil(round(slowdown * pass_ms * 1000 / mask_us, 9)))
""",
            "until they outlast the pass",
        ),
        WrongAnswer(
            """
def batch_for(pass_ms, mask_us, slowdown, overlapped):
    return max(1, int((slowdown + overlapped) * pass_ms * 1000 // mask_us))
""",
            "round up, not down",
        ),
    ),
)

SPELL = '''
def spell(text, vocabulary):
    """Longest match first, as a simple tokenizer does it."""
    tokens = []
    while text:
        tokens.append(max((t for t in vocabulary if text.startswith(t)), key=len))
        text = text[len(tokens[-1]):]
    return tokens
'''

LETTERS = 'gets":{'
WORDS = [*LETTERS, "get", "gets", "et", '":', '":{', "tts"]
FORCED = ("get", '{"', '{"get', 'get"', 'gets":', 'gets":{', 'et"', "{get{", "gett", "{tt")


def spell(text: str, vocabulary: Sequence[str]) -> list[str]:
    """Tokens by longest match; every character is a token."""
    tokens: list[str] = []
    while text:
        tokens.append(max((token for token in vocabulary if text.startswith(token)), key=len))
        text = text[len(tokens[-1]) :]
    return tokens


def _common(runs: Sequence[Sequence[str]]) -> list[str]:
    """What all of them begin with."""
    together: list[str] = []
    for column in zip(*runs, strict=False):
        if len(set(column)) > 1:
            break
        together.append(column[0])
    return together


def _settled(forced: str) -> list[str]:
    """By brute force: the tokens that stay whatever comes after, the end of the text included."""
    longest = max(map(len, WORDS))
    endings = ["".join(letters) for size in range(longest) for letters in product(LETTERS, repeat=size)]
    runs = [spell(forced + ending, WORDS) for ending in endings]
    whole = spell(forced, WORDS)
    return _common([whole, *runs])


def check_settled(settled: Any) -> None:
    """The tokens of a forced text that nothing after it can change, on all continuations of a small alphabet."""
    expect(callable(settled), "This exercise wants a function: `def settled(forced, vocabulary): ...`.")
    for forced in FORCED:
        got, want = settled(forced, list(WORDS)), _settled(forced)
        shown = f"For the forced text {forced!r} and the tokens {WORDS} it gave {got!r}"
        expect(isinstance(got, list), f"{shown}; give back a list of tokens.")
        expect(got == want, f"{shown}, not {want}: {_reason(got, want, forced)}")


def _reason(got: list[Any], want: list[str], forced: str) -> str:
    if got[: len(want)] == want and spell(forced, WORDS)[: len(got)] == got:
        return "the text may go on so that its last tokens come out longer. These must wait."
    if want[: len(got)] == got:
        return "too timid: no token of the vocabulary can grow out of what you left out."
    return "start from the tokenizer's own spelling, and cut it."


settle_forced = Exercise(
    id="10.settle_forced",
    title="which forced tokens are safe?",
    difficulty=3,
    minutes=15,
    prompt=(
        "Engines know the forced *text*; the model needs *tokens*. After `get` the text may go on as `gets`, and then "
        "the tokenizer would have written another token. Write `settled(forced, vocabulary)`: the tokens of `forced` "
        "that stay the same whatever follows. The tokenizer is `spell`: longest match first, from the left; every "
        "single character is a token."
    ),
    variable="settled",
    stub=SPELL
    + """
def settled(forced, vocabulary):
    raise NotImplementedError
""",
    check=check_settled,
    hints=(
        "Spell the text, and walk over its tokens from the left. `forced[at:]` is what remains at each place.",
        "Left of a token nothing changes. The token itself changes if a longer one could begin at its place.",
        "A longer one can begin there only if it reaches past the end: it starts with *all* that remains.",
    ),
    answer=SPELL
    + """
def settled(forced, vocabulary):
    safe, at = [], 0
    for token in spell(forced, vocabulary):
        rest = forced[at:]
        if any(other.startswith(rest) and other != rest for other in vocabulary):
            break
        safe.append(token)
        at += len(token)
    return safe
""",
    why=(
        "Jump-forward *strings* are not runs of safe *tokens*: cut them where the tokenization is settled. With a "
        "tokenizer in which quotes, colons and braces always stand alone, as in this repository, very little has to "
        'wait. With merged tokens such as `":{` more does.'
    ),
    wrong=(
        WrongAnswer(
            SPELL + "\ndef settled(forced, vocabulary):\n    return spell(forced, vocabulary)\n", "These must wait"
        ),
        WrongAnswer(
            SPELL + "\ndef settled(forced, vocabulary):\n    return spell(forced, vocabulary)[:-1]\n", "too timid"
        ),
        WrongAnswer(
            SPELL
            + """
def settled(forced, vocabulary):
    tokens = spell(forced, vocabulary)
    while tokens and any(t.startswith(tokens[-1]) and t != tokens[-1] for t in vocabulary):
        tokens.pop()
    return tokens
""",
            "too timid",
        ),
    ),
)

EXERCISES = (count_passes, biting_batch, settle_forced)
