"""``evaluate_calls``: what each metric counts, over which rows, and the shape of the document."""

import json

import pytest
from toys import toy_model

from workbook.core.chat import Tool, ToolCall, user
from workbook.core.constraints import ToolCalls
from workbook.core.errors import WorkbookError
from workbook.core.stats import wilson
from workbook.lab.evaluate import complete_in_order, evaluate_calls, metrics
from workbook.models import hermes
from workbook.suites.tasks import Task

RIGHT = ToolCall("get_weather", {"city": "Paris"})
CALL = hermes.render_call(RIGHT)
ROME = hermes.render_call(ToolCall("get_weather", {"city": "Rome"}))
NO_CITY = hermes.render_call(ToolCall("get_weather", {}))
OTHER = hermes.render_call(ToolCall("get_time", {"city": "Paris"}))
BROKEN = "<tool_call>\n{broken\n</tool_call>"


def task(kind, weather, *expected, accept=(), question="?"):
    tools = () if kind in ("fact", "talk", "arithmetic") else (weather,)
    return Task(f"{kind}", kind, (user(question),), tools, expected, accept)


def judged(text, one):
    """The estimate of every metric for one reply."""
    return {name: value["estimate"] for name, value in metrics([(hermes.parse(text), one)]).items() if value["n"]}


@pytest.mark.parametrize(
    ("text", "exact", "name", "valid"),
    [
        (CALL, 1, 1, 1),
        (hermes.render_call(ToolCall("get_weather", {"city": " Paris ", "days": 1.0})), 1, 1, 1),
        (f"Let me look.\n{CALL}", 1, 1, 1),
        (ROME, 0, 1, 1),
        (NO_CITY, 0, 1, 0),
        (OTHER, 0, 0, 0),
        (f"{CALL}\n{CALL}", 0, 0, 1),
        (f"{CALL}\n{BROKEN}", 0, 0, 0),
        (BROKEN, 0, 0, 0),
        ("It is sunny in Paris.", 0, 0, None),  # no call was tried, so none was valid or invalid
        ("", 0, 0, None),
    ],
)
def test_rows_that_expect_a_call(weather, text, exact, name, valid):
    found = judged(text, task("call", weather, RIGHT))
    assert (found["exact"], found["name"], found.get("valid")) == (exact, name, valid)
    assert found["exact.call"] == exact
    assert "no_call" not in found


@pytest.mark.parametrize(("text", "right"), [("Sunny.", 1), ("", 1), (CALL, 0), (BROKEN, 0)])
def test_rows_that_expect_none(weather, text, right):
    found = judged(text, task("no_call", weather))
    assert (found["exact"], found["no_call"]) == (right, right)
    assert not {"name", "declines", "asks"} & found.keys()


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Which city?", 1),
        ("Please tell me the city.", 1),
        ("Which day?", 0),
        ("The city is missing.", 0),
        (f"Which city?\n{CALL}", 0),
        (f"Which city?\n{BROKEN}", 0),
        ("", 0),
    ],
)
def test_asking(weather, text, right):
    assert judged(text, task("ask", weather, accept=("city",)))["asks"] == right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("I have no tool for that.", 1),
        ("I have no tool for that. Which city?", 0),
        ("I can't. Please give me another task.", 0),
        (CALL, 0),
        ("", 0),  # silence is no answer
        ("  \n", 0),
    ],
)
def test_declining(weather, text, right):
    assert judged(text, task("decline", weather))["declines"] == right


@pytest.mark.parametrize(
    ("kind", "metric", "accept", "text", "right"),
    [
        ("fact", "facts", ("Paris",), "The capital is Paris.", 1),
        ("fact", "facts", ("Paris",), "The capital is paris.", 0),
        ("fact", "facts", ("Paris",), "The Parisian capital.", 0),
        ("talk", "talk", ("goodbye",), "Goodbye!", 1),
        ("talk", "talk", ("goodbye",), "Good day!", 0),
        ("arithmetic", "arithmetic", ("15",), "19 - 4 = 15", 1),
        ("arithmetic", "arithmetic", ("15",), "It is 150.", 0),
        ("answer", "answers", ("21",), "It is 21 degrees.", 1),
        ("answer", "answers", ("21",), "It is 210 degrees.", 0),
        ("answer", "answers", ("21",), f"21\n{CALL}", 0),
    ],
)
def test_words(weather, kind, metric, accept, text, right):
    assert judged(text, task(kind, weather, accept=accept))[metric] == right


def test_sets_without_tools_do_not_flatter_the_calls(weather):
    found = metrics([(hermes.parse("Paris"), task("fact", weather, accept=("Paris",)))])
    assert (found["exact"]["n"], found["no_call"]["n"], found["facts"]["n"]) == (0, 0, 1)
    assert "exact.fact" not in found


def test_metrics_without_rows_are_nulls_or_absent(weather):
    found = metrics([(hermes.parse("no"), task("call", weather, RIGHT))])
    assert found["no_call"] == {"estimate": None, "low": None, "high": None, "n": 0}
    assert found["valid"]["n"] == 0
    assert "asks" not in found


def test_the_document(scripted, tasks):
    model = scripted(lambda prompt, seed: CALL if "Paris" in prompt else ROME if "Rome" in prompt else "No.")
    document = evaluate_calls(model, tasks)
    assert json.loads(json.dumps(document)) == document
    assert {"suite", "model", "decoding", "n", "seconds", "metrics"} <= document.keys()
    assert [document[key] for key in ("suite", "model", "decoding", "n")] == ["calls", "scripted", "free", 6]
    assert document["metrics"]["exact"] == wilson(2, 6).to_dict()
    assert document["metrics"]["valid"] == wilson(2, 2).to_dict()
    assert document["failures"] == ["t2", "t3", "t4", "t5"]


def test_batches_are_sorted_by_length_and_answers_find_their_rows(scripted, weather):
    rows = [
        Task(f"{i}", "talk", (user("x" * size),), (), (), (f"n{size}.",)) for i, size in enumerate((50, 3, 20, 1, 7))
    ]
    model = scripted(lambda prompt, seed: f"n{prompt.count('x')}.")
    assert evaluate_calls(model, rows, batch=2)["metrics"]["talk"]["estimate"] == 1
    lengths = [len(prompt) for batch in model.batches for prompt in batch]
    assert lengths == sorted(lengths)
    assert [len(batch) for batch in model.batches] == [2, 2, 1]


def test_nonsense_is_refused(scripted, tasks):
    model = scripted(lambda prompt, seed: "")
    with pytest.raises(WorkbookError, match="Did you mean 'grammar'"):
        evaluate_calls(model, tasks, decoding="gramar")
    with pytest.raises(WorkbookError, match="no tasks"):
        evaluate_calls(model, [])


def test_a_grounded_call_holds_only_what_was_said_and_rows_without_tools_are_free(monkeypatch):
    place = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    rows = [Task("c", "call", (user("Go Rome"),), (Tool("get_weather", "", place),), (RIGHT,))]
    rows += [Task("f", "fact", (user("What is the capital?"),), (), (), ("Paris",))]
    monkeypatch.setattr("workbook.grammar.grounding.ToolCalls", lambda tools, **_: ToolCalls(tools, required=True))
    model = toy_model()
    call, free = complete_in_order(model, rows, "grounded", 2, 60, progress=False)
    assert [one.arguments["city"] in ("Go", "Rome", "Go Rome") for one in model.parse(call.text).calls] == [True]
    assert not model.parse(free.text).calls


def test_under_the_grammar_no_call_breaks_its_schema_and_rows_without_tools_are_free(monkeypatch):
    place = {"type": "object", "properties": {"city": {"enum": ["Paris", "Rome"]}}, "required": ["city"]}
    tool = Tool("get_weather", "", place)
    rows = [Task(f"c{i}", "call", (user("Go " * i),), (tool,), (RIGHT,)) for i in range(3)]
    rows.insert(1, Task("f", "fact", (user("What is the capital?"),), (), (), ("Paris",)))
    # Random weights would hardly ever begin a call, so here they must.
    monkeypatch.setattr("workbook.lab.evaluate.ToolCalls", lambda tools, **_: ToolCalls(tools, required=True))
    document = evaluate_calls(toy_model(), rows, decoding="grammar", max_new_tokens=60)
    assert document["metrics"]["valid"] == wilson(3, 3).to_dict()
    assert document["metrics"]["name"]["estimate"] == 1
    assert document["metrics"]["facts"]["n"] == 1
