"""The exercises of notebook 04: what to train with, questions for a lead, and reading a call without running it."""

from __future__ import annotations

from typing import Any

from workbook.core.chat import ToolCall
from workbook.lab.power import needed
from workbook.models.python_calls import written_call
from workbook.study.choice import choice
from workbook.study.exercise import Exercise, WrongAnswer, expect

what_to_train_with = choice(
    "04.what_to_train_with",
    "what to train with",
    minutes=3,
    question=(
        "Your model will serve 300 APIs that rarely change, behind a search that shows 3 documents and misses the "
        "right one in a third of the requests. You may tune it once. What goes into the prompts of the training rows?"
    ),
    options={
        "a": (
            "the right document alone, so that it learns to read before anything else",
            "It learns that what is shown is right, and in a third of your requests that is wrong.",
        ),
        "b": (
            "no documents, as the APIs rarely change: what is learned by heart needs no search",
            "It never met a document, and you will serve some with every request: they disturb what it knows by heart.",
        ),
        "c": (
            "the 3 documents that your search returns for each request",
            "As served: it reads what is right, and learns by heart where the search errs.",
        ),
        "d": (
            "the right document among 2 drawn at random, in random order",
            "Closer, but those two never look right. A search errs with documents that nearly fit.",
        ),
    },
    right="c",
    hints=(
        "In which of these does training look like serving?",
        "A wrong document from a search resembles the right one. One drawn at random does not.",
    ),
)

NEEDED = "from statistics import NormalDist\n\n\ndef questions_needed(a, b):\n{}\n"
SPREAD = "    z = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)\n"
BOTH = "a * (1 - a) + b * (1 - b)"
PAIRS = ((0.9, 0.6), (0.582, 0.542), (0.46, 0.3893))


def check_needed(questions_needed: Any) -> None:
    """The normal approximation for two independent sets; within 2 %, so that rounding is free."""
    expect(callable(questions_needed), "This exercise wants a function: `def questions_needed(a, b): ...`.")
    for a, b in PAIRS:
        got, want = questions_needed(a, b), needed(a, b)
        expect(isinstance(got, int | float), f"It gave {got!r}: a number of questions, please.")
        ratio = got / want
        expect(not 0.45 < ratio < 0.53, "1.96 alone gives a coin's chance to see the lead. For 80 % add another 0.84.")
        one = [p * (1 - p) / (a * (1 - a) + b * (1 - b)) for p in (a, b)]
        expect(min(abs(ratio - p) for p in one) > 0.02, "The spread of one model alone. A difference has that of both.")
        expect(ratio > 0.2, "Too few: the error shrinks with the square root, so the gap comes in squared.")
        expect(0.98 < ratio < 1.02, f"For {a:g} and {b:g} it takes {want} questions, and you say {got:.0f}.")


questions_needed = Exercise(
    id="04.questions_needed",
    title="how many questions?",
    difficulty=2,
    minutes=8,
    prompt=(
        "Write `questions_needed(a, b)`: how many questions must *each* of two models answer (each its own set) to "
        "show, at 95 % and with a chance of 80 %, that their shares `a` and `b` differ? One answer has the variance "
        "`p * (1 - p)`; the mean of n of them a n-th of that; a difference has the sum of both. It is shown when it is "
        "1.96 of its standard errors away from zero, and it must get there in 80 % of all tries: 1.96 + 0.84."
    ),
    variable="questions_needed",
    stub="""
def questions_needed(a, b):
    raise NotImplementedError
""",
    check=check_needed,
    hints=(
        "Set (a − b) equal to (1.96 + 0.84) standard errors, and solve for n.",
        "The standard error of the difference is the root of (a (1 − a) + b (1 − b)) / n.",
    ),
    answer="\nimport math\n" + NEEDED.format(f"{SPREAD}    return math.ceil(z**2 * ({BOTH}) / (a - b) ** 2)"),
    why=(
        "For 58.2 and 54.2 that is over two thousand each. Where both answer the same questions, only those on which "
        "they disagree count: where that is 30 % of them, it saves two fifths. Pair, and publish the "
        "answers, not the shares."
    ),
    wrong=(
        WrongAnswer(NEEDED.format(f"{SPREAD}    return z**2 * (a * (1 - a)) / (a - b) ** 2"), "one model alone"),
        WrongAnswer(NEEDED.format(f"    return 1.96**2 * ({BOTH}) / (a - b) ** 2"), "a coin's chance"),
        WrongAnswer(NEEDED.format(f"{SPREAD}    return z * ({BOTH}) / abs(a - b)"), "squared"),
    ),
)

READ = "import ast\n\n\ndef read_call(text):\n{}\n"
PARSED = """    try:
        call = ast.parse(text, mode="eval").body
        {guard}
        return call.func.id, {{k.arg: ast.literal_eval(k.value) for k in call.keywords}}
    except (SyntaxError, ValueError, TypeError, AttributeError, RecursionError, MemoryError):
        return None"""
GUARD = """names = [k.arg for k in call.keywords]
        if call.args or None in names or len(set(names)) < len(names):
            return None"""
TWICE = " or len(set(names)) < len(names)"
GOOD = (
    ToolCall("book", {"city": "Oslo", "nights": 3}),
    ToolCall("send", {"to": ["a@b.org", "c@d.org"], "at": {"hour": 9}, "urgent": True}),
    ToolCall("note", {"text": 'he said "(x=1)", twice'}),
    ToolCall("now", {}),
)
BAD = (
    ("I would book a hotel.", "Words are no call: give None."),
    ("book('Oslo', nights=3)", "Which parameter is 'Oslo'? A value without a name is no argument: give None."),
    ("book(city=__import__('os').getcwd())", "That would have to be run to be read. Never: give None."),
    ("book(city=oslo)", "`oslo` is a variable, and nobody knows its value: give None."),
    ("book(**{'city': 'Oslo'})", "`**` unpacks something: its names are nowhere. Give None."),
    ("book(nights=2, nights=3)", "`nights` stands twice, and only one of them can be meant: give None."),
    ("book(a={[1]: 2})", "A list is no key: `literal_eval` raises a TypeError here. Give None."),
    ("nights=3", "An assignment is no call: give None."),
)


def check_read(read_call: Any) -> None:
    """Reads what is a call of named literals, and gives None for everything else, without running it."""
    expect(callable(read_call), "This exercise wants a function: `def read_call(text): ...`.")
    for call in GOOD:
        text = written_call(call)
        got = _tried(read_call, text)
        expect(got == (call.name, dict(call.arguments)), f"`{text}` came back as {got!r}.")
    for text, why in BAD:
        expect(_tried(read_call, text) is None, f"`{text}`: {why}")


def _tried(read_call: Any, text: str) -> Any:
    try:
        return read_call(text)
    except NotImplementedError:
        raise
    except Exception as error:
        return f"an exception ({type(error).__name__})"


read_call = Exercise(
    id="04.read_call",
    title="read a call without running it",
    difficulty=2,
    minutes=10,
    prompt=(
        "A model wrote a line of Python that should be one call. Write `read_call(text)`: for `book(city=\"Oslo\", "
        "nights=3)` give `(\"book\", {\"city\": \"Oslo\", \"nights\": 3})`; for everything that is no call of a plain "
        "name with *named literals*, each named once, give `None` (`**` names nothing). Never run it: `ast.parse` "
        "reads, and `ast.literal_eval` takes a node."
    ),
    variable="read_call",
    stub="""
import ast


def read_call(text):
    raise NotImplementedError
""",
    check=check_read,
    hints=(
        "`ast.parse(text, mode=\"eval\").body` is an `ast.Call` with `func`, `args` and `keywords`.",
        "`literal_eval` raises a ValueError for a name or a call inside. `keyword.arg` is None for `**`.",
    ),
    answer="\n" + READ.format(PARSED.format(guard=GUARD)),
    why=(
        "`eval` on a model's output hands your process to whoever wrote the prompt. A parser that knows only what you "
        "need runs nothing. What it lets through is still checked against the schema."
    ),
    wrong=(
        WrongAnswer(READ.format(PARSED.format(guard="pass")), "is no argument"),
        WrongAnswer(
            READ.format(
                "    name, _, rest = text.rstrip(')').partition('(')\n"
                "    pairs = [part.split('=') for part in rest.split(', ') if part]\n"
                "    return name, {k: ast.literal_eval(v) for k, v in pairs}"
            ),
            "came back as",
        ),
        WrongAnswer(
            READ.format(PARSED.format(guard=GUARD).replace("ast.literal_eval(k.value)", "ast.unparse(k.value)")),
            "came back as",
        ),
        WrongAnswer(READ.format(PARSED.format(guard=GUARD.replace(TWICE, ""))), "stands twice"),
    ),
)  # fmt: skip

EXERCISES = (what_to_train_with, questions_needed, read_call)
