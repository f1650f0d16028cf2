"""The exercises of notebook 05: what recall caps, fuse two rankings, choose k for requests that need several tools."""

from __future__ import annotations

import math
from typing import Any

from workbook.study.choice import choice
from workbook.study.exercise import Exercise, WrongAnswer, expect

first_lever = choice(
    "05.first_lever",
    "where to work first?",
    minutes=2,
    question=(
        "Recall@5 is 60 %. Shown the right tool among five, the model calls it rightly in 85 % of the cases, and a "
        "model twice as large in 95 %. You may do one thing. Which lifts the whole most?"
    ),
    options={
        "a": ("take the larger model", "It lifts 51 % to 57 %: it cannot call what it is not shown."),
        "b": ("lift recall@5 to 80 %", "0.80 · 0.85 is 68 %: the cap was what held it down."),
        "c": (
            "show all 500 tools, so that recall is 100 %",
            "Then the 85 % no longer holds, and the window may burst.",
        ),
        "d": (
            "force valid calls by a grammar over the five",
            "Syntax is mended; the wrong tool is called more neatly.",
        ),
    },
    right="b",
    hints=("What is the most that each can reach? Multiply.", "Where the right tool is not shown, nothing is right."),
)

RANKED: tuple[tuple[list[str], ...], ...] = (
    (["a", "b", "c"], ["b", "c", "d"]),
    (["a", "b"], ["c", "d"]),
    (["a", "b", "c", "d"], ["d", "c", "b", "a"], ["c"]),
    (["x"],),
    ([], ["y", "x"]),
)
FUSE = "def fuse(rankings, beyond=60):\n"


def _fused(rankings: tuple[list[str], ...], beyond: int = 60) -> list[str]:
    sums: dict[str, float] = {}
    for ranking in rankings:
        for place, name in enumerate(ranking, 1):
            sums[name] = sums.get(name, 0) + 1 / (beyond + place)
    return sorted(sums, key=lambda name: (-sums[name], name))


def check_fuse(fuse: Any) -> None:
    """The order of the sums, on lists of different lengths."""
    expect(callable(fuse), "This exercise wants a function: `def fuse(rankings, beyond=60): ...`.")
    for rankings in RANKED:
        got, want = fuse([list(ranking) for ranking in rankings]), _fused(rankings)
        shown = f"For {list(rankings)} it gave {got!r}, not {want}."
        expect(isinstance(got, list), f"{shown} Give back a list of names.")
        expect(len(set(got)) == len(got), f"{shown} A name that two lists hold comes once, with both its sums.")
        expect(set(got) == set(want), f"{shown} What only one list holds is a candidate too.")
        expect(got != want[::-1] or len(want) < 2, f"{shown} The largest sum comes first.")
        expect(got == want, f"{shown} Each list gives `1 / (60 + place)`; equal sums stand in the names' order.")


fuse_ranks = Exercise(
    id="05.fuse",
    title="fuse two rankings",
    difficulty=2,
    minutes=8,
    prompt=(
        "BM25's scores have no upper end, cosines end at 1: they cannot be added. Places can. Write "
        "`fuse(rankings, beyond=60)`: given lists of names, best first, the names by the sum of `1 / (beyond + place)` "
        "over all lists that hold them, places counted from 1. Largest sum first; equal sums in the order of names."
    ),
    variable="fuse",
    stub=f"\n{FUSE}    raise NotImplementedError\n",
    check=check_fuse,
    hints=(
        "Keep one dictionary of sums. A list that does not hold a name adds nothing.",
        "`enumerate(ranking, 1)` counts places from 1; `sorted(sums, key=lambda name: (-sums[name], name))` orders.",
    ),
    answer="\n"
    + FUSE
    + """    sums = {}
    for ranking in rankings:
        for place, name in enumerate(ranking, 1):
            sums[name] = sums.get(name, 0) + 1 / (beyond + place)
    return sorted(sums, key=lambda name: (-sums[name], name))
""",
    why=(
        "What two lists agree on rises above what only one puts first. The price: how *much* better the first was is "
        "thrown away. Where scores can be brought to one scale, blending them measured a little better here."
    ),
    wrong=(
        WrongAnswer(
            FUSE + "    return sorted({n for r in rankings for n in r}, key=lambda n: "
            "(sum(1 / (beyond + r.index(n) + 1) for r in rankings if n in r), n), reverse=False)\n",
            "largest sum",
        ),
        WrongAnswer(FUSE + "    return [name for ranking in rankings for name in ranking]\n", "comes once"),
        WrongAnswer(
            FUSE + "    both = set.intersection(*map(set, rankings))\n    return sorted(both, key=rankings[0].index)\n",
            "candidate too",
        ),
    ),
)

PLACES: tuple[tuple[list[list[float]], float, int | None], ...] = (
    ([[1], [2], [9]], 0.6, 2),
    ([[1, 7], [2, 3]], 0.5, 3),
    ([[1, 7], [2, 3]], 1.0, 7),
    ([[1], [math.inf]], 0.9, None),
    ([[4], [4], [4], [1]], 0.75, 4),
)
K_FOR = "import math\n\ndef k_for(places, target):\n"


def check_k(k_for: Any) -> None:
    """The smallest k at which enough requests have all their tools, or None."""
    expect(callable(k_for), "This exercise wants a function: `def k_for(places, target): ...`.")
    for places, target, want in PLACES:
        got = k_for([list(one) for one in places], target)
        shown = f"For {places} and {target:.0%} it gave {got!r}, not {want}."
        expect(want is not None or got is None, f"{shown} A tool that is never found is shown at no k: say `None`.")
        easy = next((k for k in range(1, 50) if sum(min(p) <= k for p in places) / len(places) >= target), None)
        expect(got != easy or want == easy, f"{shown} A request is served when *all* its tools are shown.")
        expect(got == want, f"{shown} Give the smallest k that reaches the target.")


choose_k = Exercise(
    id="05.choose_k",
    title="how many tools to show",
    difficulty=3,
    minutes=10,
    prompt=(
        "`places` holds, for each request, the places at which its needed tools stand in the ranking (`math.inf`: not "
        "found). Write `k_for(places, target)`: the smallest `k` such that, with the first `k` tools shown, at least "
        "the share `target` of requests sees *all* the tools that it needs; `None` where no `k` does."
    ),
    variable="k_for",
    stub=f"\n{K_FOR}    raise NotImplementedError\n",
    check=check_k,
    hints=(
        "Which single number says from which k on a request is served?",
        "It is the worst of its places: `max(one)`. Sort these, and see how many must be reached.",
    ),
    answer="\n"
    + K_FOR
    + """    worst = sorted(max(one) for one in places)
    k = worst[max(0, math.ceil(round(target * len(worst), 9)) - 1)]
    return None if math.isinf(k) else int(k)
""",
    why=(
        "Requests for two tools want a larger k than recall suggests: recall counts the half that was found. And k is "
        "no dial to turn up freely: every tool more costs tokens, and gives the model one more to be wrong with."
    ),
    wrong=(
        WrongAnswer(
            K_FOR + "    worst = sorted(min(one) for one in places)\n"
            "    k = worst[max(0, math.ceil(target * len(worst)) - 1)]\n"
            "    return None if math.isinf(k) else int(k)\n",
            "*all* its tools",
        ),
        WrongAnswer(
            K_FOR + "    worst = sorted(max(one) for one in places)\n"
            "    return worst[max(0, math.ceil(target * len(worst)) - 1)]\n",
            "say `None`",
        ),
        WrongAnswer(
            K_FOR + "    worst = max(max(one) for one in places)\n    return None if math.isinf(worst) else worst\n",
            "smallest k",
        ),
    ),
)

EXERCISES = (first_lever, fuse_ranks, choose_k)
