"""The usual arms, on a scripted model."""

import pytest
from toys import toy_model

from workbook.core.chat import Tool, user
from workbook.core.constraints import JsonSchema, ToolCalls
from workbook.core.errors import WorkbookError
from workbook.grammar.schemas import call_schema
from workbook.lab.arms import call_frame, complaints, constrained, native_reading, prompted, retrying
from workbook.lab.reading import read_json_calls
from workbook.lab.scoring import schema_valid, score
from workbook.lab.trials import Output, Sampling, run_trials
from workbook.suites.tasks import Task


def test_prompting_asks_once_in_the_models_own_format(scripted, tasks, written):
    model = scripted(lambda prompt, seed: written("get_weather", city="Paris"))
    outputs = prompted("prompt", model).run(tasks, Sampling())
    assert model.batches == [[model.render(task.messages, task.tools) for task in tasks]]
    assert outputs[0].calls == tasks[0].expected
    assert (outputs[0].parses, outputs[0].attempts, outputs[0].seconds) == (True, 1, 0.5)
    assert outputs[0].tokens == len(outputs[0].text)


def test_the_prompt_and_the_reading_can_be_chosen(scripted, tasks):
    model = scripted(lambda prompt, seed: '{"name": "get_weather", "arguments": {"city": "Paris"}}')
    arm = prompted("bare", model, prompt=lambda task: f"JSON: {task.id}", read=read_json_calls)
    assert arm.run(tasks[:1], Sampling())[0].calls == tasks[0].expected
    assert model.batches == [["JSON: t0"]]


def test_a_call_of_a_tool_that_only_the_prompt_offers_is_held_against_that_tools_schema(scripted, tasks, written):
    other = Tool("wake", "Wake.", {"type": "object", "properties": {"at": {"type": "integer"}}, "required": ["at"]})
    for at, valid in ((7, 1), ("seven", 0)):
        model = scripted(lambda prompt, seed, at=at: written("wake", at=at))
        arm = prompted("examples", model, prompt=lambda task: "two tools", offered=[other])
        scored = score(run_trials([arm], tasks[:1]), tasks[:1])
        assert (scored.schema_valid[0], scored.wrong_but_valid[0], scored.call_right[0]) == (valid, valid, 0)
    assert schema_valid(Output("", arm.run(tasks[:1], Sampling())[0].calls), tasks[0]) == 0


BODY = '{"name": "get_weather", "arguments": {"city": "Paris"}}'
CLOSE = "\n</tool_call>"


@pytest.mark.parametrize("rest", [BODY, BODY + CLOSE])
def test_a_framed_call_is_read_and_billed_as_the_same_reply_written_in_full(scripted, tasks, written, rest):
    whole = scripted(lambda prompt, seed: written("get_weather", city="Paris"))
    [full] = prompted("prompt", whole).run(tasks[:1], Sampling())
    model = scripted(lambda prompt, seed: rest)
    [begun] = prompted("prefilled", model, frame=call_frame(model)).run(tasks[:1], Sampling())
    assert model.batches == [[full.prompt + "<tool_call>\n"]]
    assert begun == full


@pytest.mark.parametrize("rest", [BODY[:-5], "Sorry, no."])
def test_a_frame_makes_no_call_of_what_is_none(scripted, tasks, rest):
    model = scripted(lambda prompt, seed: rest)
    [output] = prompted("prefilled", model, frame=call_frame(model)).run(tasks[:1], Sampling())
    assert (output.calls, output.parses) == ((), False)
    assert output.problems


def test_a_second_call_after_a_framed_one_is_not_overlooked(scripted, tasks, written):
    model = scripted(lambda prompt, seed: BODY + CLOSE + "\n" + written("get_weather", city="Rome"))
    [output] = prompted("prefilled", model, frame=call_frame(model)).run(tasks[:1], Sampling())
    assert [call.arguments["city"] for call in output.calls] == ["Paris", "Rome"]


def test_without_tags_the_text_is_bare_json(scripted, tasks):
    model = scripted(lambda prompt, seed: BODY)
    [output] = prompted("bare", model, frame=("", "")).run(tasks[:1], Sampling())
    assert (output.calls, output.text) == (tasks[0].expected, BODY)


def test_a_model_that_hides_its_tokens_cannot_be_framed(scripted, tasks, monkeypatch):
    model = scripted(lambda prompt, seed: BODY)
    monkeypatch.delattr(type(model), "encode")
    with pytest.raises(WorkbookError, match="does not show its tokens"):
        prompted("prefilled", model, frame=call_frame(model)).run(tasks[:1], Sampling())


def test_retrying_stops_at_a_valid_call_and_feeds_errors_back(scripted, tasks, written):
    def answer(prompt, seed):
        if "Paris" in prompt:
            return written("get_weather", city="Nowhere")  # wrong, but valid: a validator cannot see it
        return written("get_weather", city="Rome") if "not of type" in prompt else written("get_weather", city=3)

    model = scripted(answer)
    first, second = retrying("retry", model).run(tasks[:2], Sampling())
    assert (first.attempts, second.attempts) == (1, 2)
    assert second.calls == tasks[1].expected
    assert [len(batch) for batch in model.batches] == [2, 1]
    assert "city: 3 is not of type 'string'" in model.batches[1][0]


def test_retrying_gives_up_and_adds_up_the_bill(scripted, tasks):
    model = scripted(lambda prompt, seed: "No idea.")
    [output] = retrying("retry", model, tries=3).run(tasks[:1], Sampling())
    assert (output.attempts, output.tokens, output.seconds) == (3, 3 * len("No idea."), 1.5)
    assert output.prompt_tokens == sum(len(batch[0]) for batch in model.batches)


def test_every_try_samples_anew(scripted, tasks, written):
    seeds = []

    def answer(prompt, seed):
        seeds.append(seed)
        return "no"

    retrying("retry", scripted(answer)).run(tasks[:1], Sampling(0.7, seed=5))
    assert len(set(seeds)) == 3
    assert seeds[0] == 5


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Hello.", "no tool call"),
        ('<tool_call>\n{"name": "get_wether", "arguments": {}}\n</tool_call>', "did you mean 'get_weather'"),
        ('<tool_call>\n{"name": "get_weather", "arguments": {}}\n</tool_call>', "'city' is a required property"),
        ("<tool_call>\n{", "not JSON"),
    ],
)
def test_complaints(scripted, tasks, text, word):
    read = native_reading(scripted(lambda prompt, seed: ""))(text)
    found = complaints(Output(text, read.calls, read.parses, read.problems), tasks[0])
    assert word in " ".join(found)


def test_a_valid_call_has_no_complaints(tasks):
    assert complaints(Output("", tasks[1].expected, True), tasks[0]) == []


def one_choice(name: str, parameter: str, *values: str) -> Tool:
    schema = {"type": "object", "properties": {parameter: {"enum": list(values)}}, "required": [parameter]}
    return Tool(name, "", schema)


def test_under_a_grammar_even_random_weights_make_valid_calls_each_of_its_own_tools():
    model = toy_model()
    unit, place = one_choice("convert", "to", "kelvin", "celsius"), one_choice("find", "what", "tea", "ice")
    tasks = [Task(f"{i}", "call", (user("Go."),), (tool,)) for i, tool in enumerate([unit, place, unit])]
    arm = constrained("grammar", model, lambda task: ToolCalls(task.tools))
    outputs = arm.run(tasks, Sampling(1.0, seed=3, max_new_tokens=80))
    assert [output.calls[0].name for output in outputs] == ["convert", "find", "convert"]
    assert all(schema_valid(output, task) for output, task in zip(outputs, tasks, strict=True))
    free = prompted("prompt", model).run(tasks, Sampling(1.0, seed=3, max_new_tokens=80))
    assert not any(schema_valid(output, task) for output, task in zip(free, tasks, strict=True))


def test_a_cut_call_is_not_closed_and_the_frame_is_paid_for():
    model, unit = toy_model(), one_choice("convert", "to", "kelvin", "celsius")
    task = Task("0", "call", (user("Go."),), (unit,))
    arm = constrained("grammar", model, lambda task: JsonSchema(call_schema(unit)), frame=call_frame(model))
    whole, cut = (arm.run([task], Sampling(max_new_tokens=limit))[0] for limit in (80, 5))
    assert whole.calls[0].name == "convert"
    assert whole.text.startswith("<tool_call>\n{")
    assert whole.text.endswith("}\n</tool_call>")
    frame = len(model.encode("<tool_call>\n")) - len(model.encode(""))
    assert (cut.parses, cut.finish_reason, cut.tokens) == (False, "length", 5 + frame)
    assert cut.prompt_tokens == len(model.encode(model.render(task.messages, task.tools)))
