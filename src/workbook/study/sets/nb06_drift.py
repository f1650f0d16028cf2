"""The exercises of notebook 06: what fetching cannot mend, what weights hold, and a detector of breaking changes."""

from __future__ import annotations

from typing import Any

from workbook.study.choice import choice
from workbook.study.exercise import Exercise, WrongAnswer, expect

what_fetching_misses = choice(
    "06.what_fetching_misses",
    "what does fetching not mend?",
    minutes=2,
    question=(
        "The agent fetches the schema before each request, copies it perfectly, and asks when a value is missing. "
        "Which change still gives wrong results in silence?"
    ),
    options={
        "a": ("a required parameter is added, and the user did not give it", "The schema says so: the agent can ask."),
        "b": ("a field keeps its name and type, and now counts cents", "No rule changed: only words can say it."),
        "c": ("a parameter is renamed from `city` to `location` in all operations", "The new name is in the schema."),
        "d": ("an operation is removed, and another one takes its place", "The list of tools no longer has it."),
    },
    right="b",
    hints=("Which of these can be read off the schema's rules?", "Names, types and lists are rules. Units are not."),
)

knows_by_heart = choice(
    "06.knows_by_heart",
    "version 1 in the weights",
    minutes=3,
    question=(
        "A model was tuned on calls to version 1, and never saw a schema. Version 2 also requires `country`, which few "
        "users say. What makes it right for version 2, and for version 3 without another training?"
    ),
    options={
        "a": (
            "fetch the new schema, and put it into the prompt of the tuned model",
            "Its training taught it to answer without one: your table says how many calls are still version 1's.",
        ),
        "b": (
            "tune it again in the same way, on many requests to version 2",
            "Right until version 3: the only copy of the schema is in the weights again.",
        ),
        "c": (
            "hold its calls to the fetched schema, by a grammar made from it",
            "The grammar forces a `country`, and the model makes one up: loud has become silent.",
        ),
        "d": (
            "tune it on many APIs, to call and to ask, schema in the prompt",
            "So it learns to read what it is shown, and to ask; and what it is shown can be fetched.",
        ),
    },
    right="d",
    hints=("Where does the only copy of the schema lie, after each of these steps?", "Weights are not fetched."),
)

S, N = {"type": "string"}, {"type": "integer"}


def tool(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """A schema of parameters."""
    return {"type": "object", "properties": properties, "required": list(required)}


CASES: tuple[tuple[dict[str, Any], dict[str, Any], bool, str], ...] = (
    (tool({"a": S}, "a"), tool({"a": S}, "a"), False, "Nothing changed, and it says that something breaks."),
    (tool({"a": S}, "a"), tool({"b": S}, "b"), True, "A parameter is gone: old calls still send it."),
    (tool({"a": S, "b": S}, "a"), tool({"a": S}, "a"), True, "An optional parameter is gone too: some calls send it."),
    (tool({"a": S}, "a"), tool({"a": S, "b": S}, "a"), False, "A new optional parameter breaks nobody."),
    (tool({"a": S}, "a"), tool({"a": S, "b": S}, "a", "b"), True, "A new required parameter: old calls lack it."),
    (tool({"a": S, "b": S}, "a"), tool({"a": S, "b": S}, "a", "b"), True, "An old parameter is required now."),
    (tool({"a": S, "b": S}, "a", "b"), tool({"a": S, "b": S}, "a"), False, "Asking for less breaks nobody."),
    (tool({"a": N}, "a"), tool({"a": S}, "a"), True, "A type changed: the old value is refused."),
    (
        tool({"a": {**S, "description": "x"}}, "a"),
        tool({"a": {**S, "description": "y"}}, "a"),
        False,
        "Words alone refuse no call. (They may change what it means: that is for a person to see.)",
    ),
)
DETECT = "def breaks(old, new):\n{}\n"
RULES = '    rules = lambda p: {k: v for k, v in p.items() if k != "description"}\n'
GONE = 'any(n not in new["properties"] for n in old["properties"])'
NEEDED = 'set(new["required"]) - set(old["required"])'
TYPED = 'any(rules(p) != rules(new["properties"].get(n, p)) for n, p in old["properties"].items())'


def check_detector(breaks: Any) -> None:
    """What was valid may be refused: something is gone, newly required, or of another type."""
    expect(callable(breaks), "This exercise wants a function: `def breaks(old, new): ...`.")
    for old, new, want, why in CASES:
        got = breaks(old, new)
        expect(isinstance(got, bool), f"It gave {got!r}: say `True` when the change breaks clients, else `False`.")
        expect(got == want, why)


detector = Exercise(
    id="06.detector",
    title="does this change break clients?",
    difficulty=2,
    minutes=10,
    prompt=(
        "Write `breaks(old, new)`: both are the parameters of a tool, a JSON Schema with `properties` (each with a "
        "`type`, perhaps a `description`) and `required`. Return `True` when a call that was right by `old` may be "
        "refused or lose an argument by `new`."
    ),
    variable="breaks",
    stub="""
def breaks(old, new):
    raise NotImplementedError
""",
    check=check_detector,
    hints=(
        "Three questions: is a parameter gone? Is one required that was not? Has the type of one changed?",
        "Compare properties without their `description`.",
    ),
    answer="\n" + DETECT.format(f"{RULES}    return bool({GONE} or {NEEDED} or {TYPED})"),
    why=(
        "A detector like this belongs into CI, on the side of the API, where a break can still be taken back. It reads "
        "rules only: a unit, a default or a meaning that changes goes past it. Real differs (oasdiff) know some "
        "hundreds of rules."
    ),
    wrong=(
        WrongAnswer(DETECT.format("    return old != new"), "optional parameter breaks nobody"),
        WrongAnswer(DETECT.format(f"    return bool({GONE} or {NEEDED})"), "type changed"),
        WrongAnswer(DETECT.format(f"{RULES}    return bool({NEEDED} or {TYPED})"), "An optional parameter is gone"),
        WrongAnswer(
            DETECT.format(f'{RULES}    return bool({GONE} or old["required"] != new["required"] or {TYPED})'),
            "Asking for less",
        ),
    ),
)

EXERCISES = (what_fetching_misses, knows_by_heart, detector)
