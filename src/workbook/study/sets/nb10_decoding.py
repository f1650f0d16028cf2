"""The exercises of notebook 10: what a new grammar costs, count passes, where masks bite, cut forced text safely."""

from __future__ import annotations

import math
from typing import Any

from workbook.study.choice import choice
from workbook.study.exercise import Exercise, WrongAnswer, expect
from workbook.study.settled import FORCED, WORDS, settled, spell

deciding_column = choice(
    "10.deciding_column",
    "which column decides?",
    minutes=2,
    question=(
        "An agent sends 500 tools, other ones with each request. Which column of the table decides how long the user "
        "waits for the first token?"
    ),
    options={
        "a": ("the median mask, since most of them are like it", "Masks come after the first token, one to a pass."),
        "b": ("compile, with the first mask", "Both are done anew for a new grammar, before anything is written."),
        "c": ("the slowest masks (p99): the whole batch waits for them", "Rare. What is sought, every request pays."),
        "d": (
            "once per vocabulary, the largest number of all",
            "Paid when the server starts: no request waits for it.",
        ),
    },
    right="b",
    hints=("What of this is done again for each request?", "And of that: what comes before the first token?"),
)

RUNS = {".": 1, "..": 2, "FF.FFF.": 2, ".FFF.FF": 2, ".FF.": 2, "FF..FFF.F": 3, "FFFF": 0}
"""Forced (F) and chosen (.) tokens, and the passes that fast-forward needs."""
REASONS = {
    ("F", "."): "A forced beginning is known beforehand: read it with the prompt.",
    (".", "F"): "Forced tokens at the end wait for no scores: nobody reads on.",
    (".", "."): "Reading the prompt is no pass of its own: its scores choose the first token.",
    ("F", "F"): "What is forced waits for no scores, at the beginning or at the end.",
}
"""Why one pass too many was counted, by the first token and the last."""

PASSES = "def passes(forced):\n    return {}\n"
CHOSEN = "sum(not one for one in forced)"


def check_passes(passes: Any) -> None:
    """One pass for each token that is chosen; what is forced rides along, at the beginning with the prompt."""
    expect(callable(passes), "This exercise wants a function: `def passes(forced): ...`.")
    for marks, want in RUNS.items():
        got = passes([mark == "F" for mark in marks])
        shown = f"For {marks} (F is forced) it gave {got!r}, not {want}."
        expect(got != len(marks) or want == len(marks), f"{shown} That is one pass a token: decoding without any skip.")
        expect(got != want + 1, f"{shown} {REASONS[marks[0], marks[-1]]}")
        expect(got == want, f"{shown} A run of forced tokens rides along with the next pass, however long it is.")


count_passes = Exercise(
    id="10.count_passes",
    title="count the passes",
    difficulty=2,
    minutes=8,
    prompt=(
        "A pass is shown what is new, and its scores choose one token. The first reads the prompt, together with what "
        "the grammar forces at the beginning; later forced tokens go along with the next pass. Write `passes(forced)`: "
        "given one bool a token (`True` is forced), the number of passes that fast-forward needs. Nothing need be read "
        "after the last token."
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
    ),
    answer="\n" + PASSES.format(CHOSEN),
    why=(
        "A pass is paid for each *choice*, and for nothing else. Were the prompt read before the grammar is asked, a "
        "forced beginning would waste one choice. Forced tokens make passes wider, which costs far less than another "
        "pass, as long as a pass is limited by reading weights, not by arithmetic."
    ),
    wrong=(
        WrongAnswer(PASSES.format("len(forced)"), "one pass a token"),
        WrongAnswer(PASSES.format(f"{CHOSEN} + forced[0]"), "read it with the prompt"),
        WrongAnswer(PASSES.format(f"{CHOSEN} + (forced[-1] and not all(forced))"), "Forced tokens at the end"),
        WrongAnswer(PASSES.format(f"{CHOSEN} + (not forced[0])"), "no pass of its own"),
        WrongAnswer(PASSES.format(f"{CHOSEN} + sum(map(int, forced[1:-1]))"), "rides along"),
    ),
)

STEPS: tuple[tuple[float, float, float], ...] = ((16, 100, 0.5), (16, 100, 0.05), (10, 3000, 0.5), (8, 64, 1.0))
"""Milliseconds of a pass, microseconds of a mask, and the slowdown asked for."""

BATCH_FOR = "import math\n\ndef batch_for(pass_ms, mask_us, slowdown, overlapped):\n    return max(1, {})\n"


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
        "One pass serves a whole batch, and takes `pass_ms` milliseconds whatever the batch (about true on a GPU that "
        "waits for memory). Each row needs a mask of `mask_us` *micro*seconds, filled one after another. Write "
        "`batch_for(pass_ms, mask_us, slowdown, overlapped)`: the smallest batch at which a step takes at least "
        "`1 + slowdown` times as long as without masks. With `overlapped` it takes the longer of pass and masks."
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
    answer="\n" + BATCH_FOR.format("math.ceil(round((slowdown + overlapped) * pass_ms * 1000 / mask_us, 9))"),
    why=(
        "This is one place where *50 %* can come from, and why it is no property of grammars. The mask's time is paid "
        "for each row, the pass once for all. With batch 1 and a large model masks vanish; with a large batch, or a "
        "slow engine, they are all that you wait for. Overlap does not make them cheaper, it gives them room."
    ),
    wrong=(
        WrongAnswer(
            BATCH_FOR.format("math.ceil(round((slowdown + overlapped) * pass_ms / mask_us, 9))"), "in microseconds"
        ),
        WrongAnswer(
            BATCH_FOR.format("math.ceil(round(slowdown * pass_ms * 1000 / mask_us, 9))"), "until they outlast the pass"
        ),
        WrongAnswer(BATCH_FOR.format("int((slowdown + overlapped) * pass_ms * 1000 // mask_us)"), "round up, not down"),
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
SETTLED = f"{SPELL}\ndef settled(forced, vocabulary):\n"


def check_settled(answer: Any) -> None:
    """The tokens of a forced text that nothing after it can change, on all continuations of a small alphabet."""
    expect(callable(answer), "This exercise wants a function: `def settled(forced, vocabulary): ...`.")
    for forced in FORCED:
        got, want = answer(forced, list(WORDS)), settled(forced)
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
        "Engines know the forced *text*; the model needs *tokens*. After `get` the text may go on as `gets`, which is "
        "another token. Write `settled(forced, vocabulary)`: the tokens of `forced` that stay whatever follows. The "
        "tokenizer is `spell`: longest match first, from the left; every character is a token."
    ),
    variable="settled",
    stub=f"{SETTLED}    raise NotImplementedError\n",
    check=check_settled,
    hints=(
        "Spell the text, and walk over its tokens from the left. `forced[at:]` is what remains at each place.",
        "Left of a token nothing changes. The token itself changes if a longer one could begin at its place.",
        "A longer one can begin there only if it reaches past the end: it starts with *all* that remains.",
    ),
    answer=SETTLED
    + """    safe, at = [], 0
    for token in spell(forced, vocabulary):
        rest = forced[at:]
        if any(other.startswith(rest) and other != rest for other in vocabulary):
            break
        safe.append(token)
        at += len(token)
    return safe
""",
    why=(
        "Forced *text* is not a run of safe *tokens*: cut it where the tokenization is settled. Where quotes, "
        "colons and braces always stand alone, as in this repository, very little has to wait; with merged tokens such "
        'as `":{` more does. And *left of a token nothing changes* holds for longest match. In byte-pair encoding a '
        "later letter can win a merge earlier in the word: there, cut at the last place where words are split."
    ),
    wrong=(
        WrongAnswer(f"{SETTLED}    return spell(forced, vocabulary)\n", "These must wait"),
        WrongAnswer(f"{SETTLED}    return spell(forced, vocabulary)[:-1]\n", "too timid"),
        WrongAnswer(
            SETTLED
            + """    tokens = spell(forced, vocabulary)
    while tokens and any(t.startswith(tokens[-1]) and t != tokens[-1] for t in vocabulary):
        tokens.pop()
    return tokens
""",
            "too timid",
        ),
    ),
)

EXERCISES = (deciding_column, count_passes, biting_batch, settle_forced)
