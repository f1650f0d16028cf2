"""The exercises of notebook 05: what recall caps, where places mislead, k for requests that need several tools."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from workbook.study.choice import choice
from workbook.study.exercise import Exercise, WrongAnswer, expect
from workbook.tools.retrieval import Hit, blend, fuse

first_lever = choice(
    "05.first_lever",
    "where to work first?",
    minutes=2,
    question=(
        "Each request needs one tool. Recall@5 is 60 %. Shown the right tool among five, the model calls it rightly in "
        "85 % of the cases, and a model twice as large in 95 %. Shown all 500 tools, which its window holds, it is "
        "right in 60 %. You may do one thing. Which lifts the whole most?"
    ),
    options={
        "a": ("take the larger model", "It lifts 51 % to 57 %: it cannot call what it is not shown."),
        "b": ("lift recall@5 to 80 %", "0.80 · 0.85 is 68 %: the cap was what held it down."),
        "c": (
            "show all 500 tools, so that recall is 100 %",
            "1.00 · 0.60 is 60 %: more than today's 51 %, less than another gives, and the most tokens.",
        ),
        "d": (
            "force valid calls by a grammar over the five",
            "At the very best every call that was not right is mended, which is 60 %; and syntax is the least of them.",
        ),
    },
    right="b",
    hints=("What is the most that each can reach? Multiply.", "Where the right tool is not shown, nothing is right."),
)

Ranking = list[tuple[str, float]]
RIGHT = "refund"


def check_mislead(lists: Any) -> None:
    """Two rankings of the same tools, of which scores put ``refund`` first and places another."""
    expect(isinstance(lists, list | tuple) and len(lists) == 2, "Give two lists of `(name, score)`.")
    words, meaning = (_read(one) for one in lists)
    expect({name for name, _ in words} == {name for name, _ in meaning}, "Both lists rank the same tools.")
    expect(RIGHT in dict(words), f"The tools must include `{RIGHT}`.")
    places, scores = (how([_hits(one) for one in (words, meaning)]) for how in (fuse, blend))
    expect(scores[0].name == RIGHT, f"By scores {scores[0].name!r} is first: let `{RIGHT}` win one list by far.")
    expect(not _tied(scores), "By scores the first two are equal: no tie, please.")
    expect(not _tied(places), "By places the first two have the same sum, so that only their names decide.")
    expect(places[0].name != RIGHT, f"By places `{RIGHT}` is first too. Whom must it stand behind, and how often?")


def _read(ranking: Any) -> Ranking:
    pairs = isinstance(ranking, list | tuple) and all(
        isinstance(one, list | tuple) and len(one) == 2 for one in ranking
    )
    expect(pairs and len(ranking) > 1, "Each list holds two or more pairs `(name, score)`.")
    read = [(str(name), float(score)) for name, score in ranking]
    expect(len(dict(read)) == len(read), "A tool stands in a list once.")
    expect(all(a[1] >= b[1] for a, b in pairwise(read)), "Best first: a list's scores must fall.")
    return read


def _hits(ranking: Ranking) -> list[Hit]:
    return [Hit(name, name, score) for name, score in ranking]


def _tied(found: list[Hit]) -> bool:
    return found[0].score - found[1].score < 1e-9


where_places_mislead = Exercise(
    id="05.places_mislead",
    title="where places mislead",
    difficulty=2,
    minutes=8,
    prompt=(
        f"A request needs the tool `{RIGHT}`. Make up `lists`: two rankings of the same tools, BM25's scores first, "
        "cosines second, each a list of `(name, score)`, best first. Scaled scores added (`by_scores`) must put "
        f"`{RIGHT}` first, and places (`by_places`, `1 / (60 + place)`) another tool, both without a tie. You choose "
        "the tools, how many, and their scores."
    ),
    variable="lists",
    stub="\nlists = ...\n",
    check=check_mislead,
    hints=(
        f"Places see that `{RIGHT}` is behind, and not by how little: let it be a hair behind among the cosines.",
        (
            "One step down in one list is made good by one step up in the other: a tie. Put a third tool between, and "
            "a fourth far below, so that a hair stays a hair when the list is scaled."
        ),
    ),
    answer="""
lists = (
    [("refund", 20.0), ("orders", 10.0), ("invoices", 5.0), ("weather", 1.0)],
    [("orders", 0.90), ("invoices", 0.89), ("refund", 0.88), ("weather", 0.10)],
)
""",
    why=(
        "Places forget by how much. Scores remember, once they are on one scale; but the scale hangs on the last of "
        "the list, and one outlier stretches it. Neither is better by nature: measure both on your requests, as above."
    ),
    wrong=(
        WrongAnswer(
            "lists = ([('refund', 20.0), ('orders', 2.0), ('weather', 1.0)],"
            " [('refund', 0.9), ('orders', 0.5), ('weather', 0.1)])\n",
            "first too",
        ),
        WrongAnswer(
            "lists = ([('refund', 20.0), ('orders', 2.0), ('weather', 1.0)],"
            " [('orders', 0.9), ('refund', 0.89), ('weather', 0.1)])\n",
            "same sum",
        ),
        WrongAnswer(
            "lists = ([('refund', 3.0), ('orders', 2.0), ('weather', 1.0)],"
            " [('orders', 0.9), ('weather', 0.5), ('refund', 0.1)])\n",
            "win one list by far",
        ),
        WrongAnswer("lists = ([('orders', 1.0), ('refund', 2.0)], [('refund', 1.0), ('orders', 0.5)])\n", "must fall"),
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

EXERCISES = (first_lever, where_places_mislead, choose_k)
