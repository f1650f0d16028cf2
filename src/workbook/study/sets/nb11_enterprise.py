"""The exercises of notebook 11: where the ceiling is, how many GPUs, and a design-review sheet that is judged."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

from workbook.study.choice import choice
from workbook.study.exercise import Exercise, Untouched, WrongAnswer, expect

ceiling = choice(
    "11.ceiling",
    "where is the ceiling?",
    minutes=3,
    question=(
        "A task takes two calls, one after the other. Retrieval brings all of its tools in 90 % of cases, the model "
        "then calls right in 80 %, and the gateway answers each call in 90 %. Which single change helps most?"
    ),
    options={
        "a": ("a larger model, which calls right in 90 % with the same tools", "0.90 / 0.80: an eighth more tasks."),
        "b": ("a grammar, so that every call of this model is a legal one", "A legal call can be the wrong one."),
        "c": ("ten tools in the prompt, where 96 % are complete", "0.96 / 0.90: one task in fifteen more."),
        "d": ("retries, so that 99 % of calls are answered", "Both calls must be: 0.98 / 0.81, a fifth more tasks."),
    },
    right="d",
    hints=("What is the success now, as a product?", "Which factor does a task meet twice?"),
)

GPUS = "def gpus(rate, read, written, reads, writes, busy):\n{}\n"
CASES: tuple[tuple[tuple[float, ...], int, str], ...] = (
    ((100, 1000, 0, 10_000, 1000, 1.0), 10, "100 × 1,000 tokens to read, at 10,000 a second each, are ten GPUs' work."),
    ((100, 0, 100, 10_000, 1000, 1.0), 10, "Writing counts as well: 100 × 100 tokens at 1,000 a second."),
    ((100, 1000, 100, 10_000, 1000, 1.0), 20, "A request takes both, one after the other: the seconds add up."),
    ((100, 1000, 0, 10_000, 1000, 0.5), 20, "A GPU that may be busy half of the time does half of the work."),
    ((1, 1000, 0, 10_000, 1000, 1.0), 1, "A tenth of a GPU cannot be bought: round up."),
    ((1, 1250, 0, 1000, 1000, 1.0), 2, "A quarter of a GPU more is one GPU more: round up."),
    ((1, 1500, 500, 1000, 1000, 1.0), 2, "The halves of reading and of writing share a GPU: add first, then round up."),
)


def check_gpus(gpus: Any) -> None:
    """Seconds of work a second, over the share that may be used, rounded up."""
    expect(callable(gpus), "This exercise wants a function: `def gpus(rate, read, written, reads, writes, busy): ...`.")
    for given, want, why in CASES:
        got = gpus(*given)
        expect(not isinstance(got, bool) and isinstance(got, Real), f"It gave {got!r}: give a number of GPUs.")
        expect(got == want, f"gpus{given} gave {got}, not {want}. {why}")


gpu_count = Exercise(
    id="11.gpus",
    title="how many GPUs?",
    difficulty=2,
    minutes=8,
    prompt=(
        "Write `gpus(rate, read, written, reads, writes, busy)`: `rate` requests a second, each with `read` tokens to "
        "read and `written` to write; one GPU reads `reads` tokens a second, or writes `writes`; it may be `busy` that "
        "share of the time. Return how many GPUs are needed, a whole number."
    ),
    variable="gpus",
    stub="""
def gpus(rate, read, written, reads, writes, busy):
    raise NotImplementedError
""",
    check=check_gpus,
    hints=("How many seconds of one GPU does one request take?", "Times the rate, over `busy`; then `math.ceil`."),
    answer="\nimport math\n\n\n" + GPUS.format("    return math.ceil(rate * (read / reads + written / writes) / busy)"),
    why=(
        "Seconds of work for each second of time: the first line of any capacity plan. What it leaves out is memory: "
        "the KV cache of all requests in flight must fit too, and may ask for more GPUs than the work does."
    ),
    wrong=(
        WrongAnswer(
            "import math\n" + GPUS.format("    return math.ceil(rate * (read + written) / reads / busy)"),
            "Writing counts",
        ),
        WrongAnswer(
            "import math\n" + GPUS.format("    return math.ceil(rate * max(read / reads, written / writes) / busy)"),
            "seconds add up",
        ),
        WrongAnswer(
            "import math\n" + GPUS.format("    return math.ceil(rate * (read / reads + written / writes) * busy)"),
            "half of the work",
        ),
        WrongAnswer(
            "import math\n"
            + GPUS.format(
                "    return math.ceil(rate * read / reads / busy) + math.ceil(rate * written / writes / busy)"
            ),
            "add first",
        ),
        WrongAnswer(
            GPUS.format("    return max(1, round(rate * (read / reads + written / writes) / busy))"), "one GPU more"
        ),
        WrongAnswer(GPUS.format("    return rate * (read / reads + written / writes) / busy"), "round up"),
    ),
)

STAGES = ("registry", "retrieval", "constraint", "model", "approval", "gateway", "nobody")
SHEET: Mapping[str, tuple[str, str]] = {
    "an API renamed a field last night, and nobody has called it since": (
        "registry",
        "The gateway would notice too, at somebody's call. An import on deploy comes before. Import it anew.",
    ),
    "the right API is not among the five": (
        "retrieval",
        "No later stage can call what it never saw. Measure recall; search again, or ask.",
    ),
    "salary APIs are shown to a caller without that scope": (
        "retrieval",
        "What is not for the caller must be left out before anything is ranked, not refused after it was shown.",
    ),
    "an argument's name is in no schema": (
        "constraint",
        "The gateway would refuse it too, a turn later. The first that can stop it is the grammar.",
    ),
    "the request does not say from which day": (
        "model",
        "A grammar forces a day, any day. Only the model can ask the person for it.",
    ),
    "the wrong record would be deleted": (
        "approval",
        "The call is legal, allowed and well-formed. The first who can tell is a person who reads it.",
    ),
    "the token lacks the scope, and the call is made all the same": (
        "gateway",
        "The filter before was a courtesy. What holds is checked where the effect is.",
    ),
    "the answer was lost after the effect, and the call is sent again": (
        "gateway",
        "Only where effect and answer are kept together can the same key give the same answer again.",
    ),
    "the person mistypes the number of a room, and that room exists too": (
        "nobody",
        "Legal, allowed, not destructive, and just what was asked for. Show what was done, and make it undoable.",
    ),
}


def check_sheet(sheet: Any) -> None:
    """Every line has the first stage that can stop it."""
    expect(isinstance(sheet, dict), "The sheet is a dict: failure by failure, the first stage that can stop it.")
    if sheet and all(stage is ... for stage in sheet.values()):
        raise Untouched
    missing = [line for line in SHEET if sheet.get(line, ...) is ...]
    expect(not missing, f"*{missing[0] if missing else ''}* has no line yet.")
    for line, (want, why) in SHEET.items():
        expect(sheet[line] in STAGES, f"*{line}*: {sheet[line]!r} is none of {', '.join(STAGES)}.")
        expect(sheet[line] == want, f"*{line}*: not {sheet[line]}. {why}")


def _filled(**changed: str) -> str:
    sheet = {line: want for line, (want, _) in SHEET.items()}
    sheet |= {line: stage for line in sheet for start, stage in changed.items() if line.startswith(start)}
    return "sheet = {\n" + "".join(f"    {line!r}: {stage!r},\n" for line, stage in sheet.items()) + "}\n"


review = Exercise(
    id="11.review",
    title="the design review",
    difficulty=2,
    minutes=15,
    prompt=(
        "Somebody shows you this design and asks for your review. Fill in the sheet: which stage is the first that "
        f"knows enough to stop each failure? One of: {', '.join(f'`{stage}`' for stage in STAGES)}."
    ),
    variable="sheet",
    stub="\nsheet = {\n" + "".join(f'    "{line}": ...,\n' for line in SHEET) + "}\n",
    check=check_sheet,
    hints=(
        "For each line: which stage is the first that knows enough to see it?",
        "A stage can only use what it has: retrieval has permissions, a grammar has schemas, the gateway has the data.",
        "One line is caught by nobody.",
    ),
    answer="\n" + _filled(),
    why=(
        "A review asks of every failure: who is the first to be able to see it, and who is the last? Where the answer "
        "is nobody, the design needs an undo."
    ),
    wrong=(
        WrongAnswer(_filled(salary="gateway"), "before anything is ranked"),
        WrongAnswer(_filled(an="gateway"), "Import it anew"),
        WrongAnswer(_filled(the="model"), "never saw"),
        WrongAnswer("sheet = {}\n", "has no line yet"),
    ),
)

EXERCISES = (ceiling, gpu_count, review)
