"""The generator: the split holds, every call is right by its schema and can be read off the conversation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from workbook.core.chat import ToolCall, assistant, user
from workbook.core.validation import call_errors
from workbook.finetune import conversations, facts, general, phrasing, stream, tasksets
from workbook.finetune.checks import CAUSES, Funnel, fingerprint, ungrounded
from workbook.finetune.conversations import MAKERS, Example, make
from workbook.finetune.lexicon import CONCEPTS, NOUNS, WORDS
from workbook.finetune.toolmaker import Parameter, foreign, make_box, make_spec
from workbook.finetune.values import KINDS, Kind, Value
from workbook.finetune.words import alike, belongs, draw, fresh_word, made_up
from workbook.suites.tasks import set_lines, task_file

SAMPLES = 150


def _examples(split: Any, seed: int = 0) -> Iterator[Example]:
    rng = Random(seed)
    for kind in MAKERS:
        for _ in range(SAMPLES):
            yield make(kind, rng, split, rng.randint(1, 4))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield value


def _facts_of(examples: Iterator[Example]) -> tuple[set[str], set[str], set[str]]:
    """Names of tools, names of parameters, and argument values (but no booleans) in a sample."""
    names, parameters, values = set(), set(), set()
    for example in examples:
        for tool in example.tools:
            names.add(tool.name)
            parameters |= set(tool.properties)
        for message in example.messages:
            for call in message.tool_calls:
                leaves = [leaf for leaf in _leaves(dict(call.arguments)) if not isinstance(leaf, bool)]
                values |= {str(leaf) for leaf in leaves}
    return names, parameters, values


def test_names_values_and_parameters_are_disjoint() -> None:
    trained, held_out = _facts_of(_examples("train")), _facts_of(_examples("held_out"))
    assert all(len(part) > 100 for part in (*trained, *held_out)), "too small a sample to prove anything"
    tool_names, parameters, values = (a & b for a, b in zip(trained, held_out, strict=True))
    assert not tool_names
    assert not parameters
    assert not values


def test_frozen_sets_share_nothing_with_training() -> None:
    frozen = [json.loads(line) for name in tasksets.TOOL_SETS for line in set_lines(task_file(name))]
    assert len(frozen) > 3000
    names = {tool["name"] for row in frozen for tool in row["tools"]}
    # The plain set has the letters and measures that everybody uses, as all sets have the same verbs.
    apart = [
        row for name in set(tasksets.TOOL_SETS) - {"calls_plain"} for row in map(json.loads, set_lines(task_file(name)))
    ]
    parameters = {p for row in apart for tool in row["tools"] for p in tool["parameters"]["properties"]}
    trained = _facts_of(_examples("train", seed=1))
    assert not names & trained[0]
    assert not parameters & trained[1]


@pytest.mark.parametrize(
    "templates",
    [
        phrasing.OPENERS,
        phrasing.CLAUSES,
        phrasing.SENTENCES,
        phrasing.SWITCH_ON,
        phrasing.SWITCH_OFF,
        phrasing.SAID_ON,
        phrasing.SAID_OFF,
        facts.WORDINGS,
    ],
)
def test_phrasings_are_split(templates: tuple[str, ...]) -> None:
    held_out = [t for t in templates if belongs(t, "held_out")]
    assert held_out
    assert len(templates) - len(held_out) > len(held_out)
    assert len(set(templates)) == len(templates)


@pytest.mark.parametrize("sentence", [False, True])
@pytest.mark.parametrize("said", ["VALUE", True, False])
def test_training_says_arguments_in_hundreds_of_ways_none_of_them_held_out(said: str | bool, sentence: bool) -> None:
    kind = KINDS["word"] if said == "VALUE" else Kind({"type": "boolean"}, lambda rng, split: Value(said, ""))
    parameter = Parameter("NAME", "NAME", "word" if said == "VALUE" else "boolean", kind, True, "")
    rng = Random(16)
    texts = {phrasing.clause(rng, "train", parameter, Value(said, "VALUE"), sentence) for _ in range(1000)}
    templates = {text.replace("NAME", "{n}").replace("VALUE", "{v}") for text in texts}
    assert len(templates) > 200
    assert all("{n}" in template and ("{v}" in template) == (said == "VALUE") for template in templates)
    listed = (phrasing.CLAUSES, phrasing.SENTENCES, phrasing.SWITCH_ON, phrasing.SWITCH_OFF)
    held_out = {t for part in (*listed, phrasing.SAID_ON, phrasing.SAID_OFF) for t in part if belongs(t, "held_out")}
    assert not templates & held_out


def test_the_words_of_held_out_names_are_trained_on_in_other_names() -> None:
    """Else the model could not write them: it wrote a name that it knew instead."""
    names = {entry.split("=")[0] for entry in " ".join(CONCEPTS.values()).split()}
    held_out = {name for name in names if belongs(f"parameter {name}", "held_out")}
    rng = Random(17)
    trained = {p.name for _ in range(30_000) for p in make_spec(rng, "train").parameters}
    assert len(held_out) > 10
    assert not held_out & trained
    parts = {word for name in trained for word in name.split("_")}
    missing = {word for name in held_out for word in name.split("_")} - parts
    assert not missing, missing
    assert {word for name in held_out for word in name.split("_")} <= set(WORDS)


def test_there_are_enough_facts_each_asked_once() -> None:
    assert len(facts.all_facts()) >= 500
    assert len({(f.relation, f.subject) for f in facts.all_facts()}) == len(facts.all_facts())


def test_there_are_hundreds_of_phrasings_and_every_type() -> None:
    types: set[str] = set()
    for example in _examples("train", seed=2):
        for tool in example.tools:
            for schema in tool.properties.values():
                types |= {schema["type"], "enum" if "enum" in schema else "", schema.get("format", "")}
    assert {"string", "integer", "number", "boolean", "array", "object", "enum", "date", "email"} <= types
    assert len(phrasing.OPENERS) * len(phrasing.CLAUSES) > 500


@pytest.mark.parametrize("kind", MAKERS)
def test_every_call_satisfies_its_tool_and_is_grounded(kind: str) -> None:
    rng = Random(kind)
    for _ in range(SAMPLES):
        example = make(kind, rng, "train", 3)
        assert not [e for call in example.answer.tool_calls for e in call_errors(call, example.tools)]
        assert not ungrounded(example), (example.messages[0].content, example.answer.tool_calls)


def test_arguments_stand_in_the_order_of_the_schema() -> None:
    for example in _examples("train", seed=3):
        tools = {tool.name: list(tool.properties) for tool in example.tools}
        for call in example.answer.tool_calls:
            order = [tools[call.name].index(name) for name in call.arguments]
            assert order == sorted(order)


def test_ask_leaves_out_what_it_asks_for_and_decline_has_no_tool_for_it() -> None:
    rng = Random(4)
    for _ in range(SAMPLES):
        asked = make("ask", rng, "train", 2)
        assert any(word in asked.answer.content for word in asked.accept)
        assert not asked.answer.tool_calls
        assert not make("decline", rng, "train", 3).answer.tool_calls


def test_a_request_with_and_without_an_argument_differs_in_that_argument_alone() -> None:
    rng = Random(12)
    for _ in range(SAMPLES):
        made = conversations.with_and_without(rng, "train", make_box(rng, "train", 6))
        assert made is not None
        whole, part, reply = made
        given, asked = whole.messages[0].content.lower(), part.messages[0].content.lower()
        assert len(asked) < len(given)
        assert asked[:12] == given[:12] or asked.split()[0] == given.split()[0]
        assert part.answer.content == reply.messages[1].content
        assert reply.answer == whole.answer


def test_a_tool_without_required_arguments_cannot_be_asked_about() -> None:
    rng = Random(13)
    spec = next(s for s in (make_spec(rng, "train") for _ in iter(int, 1)) if not s.parameters)
    assert conversations.ask(rng, "train", [spec]) is None


def test_a_family_shares_its_tools() -> None:
    rng = Random(14)
    for _ in range(20):
        examples = conversations.family(rng, "train", 4)
        assert len(examples) > 1
        assert all(example.tools == examples[0].tools for example in examples)


def test_a_repair_starts_from_a_call_that_is_refused() -> None:
    rng = Random(5)
    for _ in range(SAMPLES):
        example = make("repair", rng, "train", 2)
        wrong, right = example.messages[1].tool_calls[0], example.answer.tool_calls[0]
        assert wrong != right
        # A missing optional argument satisfies the schema; everything else is refused by it.
        optional = set(right.arguments) - set(wrong.arguments) and set(wrong.arguments) < set(right.arguments)
        assert call_errors(wrong, example.tools) or optional or set(wrong.arguments) - set(right.arguments)


def test_the_funnel_names_each_cause() -> None:
    example = next(e for e in _examples("train", seed=6) if e.answer.tool_calls and e.answer.tool_calls[0].arguments)
    call = example.answer.tool_calls[0]
    unknown = Example("call", (example.messages[0], assistant("", ToolCall("nothing", {}))), example.tools)
    first = next(iter(call.arguments))
    assert Funnel().cause(unknown) == "schema"
    spoken = Example("call", (user("hello"), assistant("", call)), example.tools)
    grounded_away = [v for v in _leaves(dict(call.arguments)) if not isinstance(v, bool)]
    assert Funnel().cause(spoken) == ("grounding" if grounded_away else None), first
    assert Funnel(frozenset({fingerprint(example.messages)})).cause(example) == "contamination"
    funnel = Funnel()
    assert [funnel.keep(example), funnel.keep(example)] == [True, False]
    assert funnel.counts == {"kept": 1, "duplicate": 1}
    assert set(CAUSES) >= set(funnel.counts) - {"kept"}


def test_the_same_seed_makes_the_same_data() -> None:
    def sample() -> list[str]:
        rng = Random(8)
        made = [example for _ in range(20) for example in stream.make_tools(rng, 0.7)]
        return [json.dumps([m.to_dict() for m in example.messages]) for example in made]

    assert sample() == sample()


def test_near_misses_are_not_synonyms() -> None:
    rng = Random(9)
    for _ in range(SAMPLES):
        box = make_box(rng, "train", 6)
        wanted = foreign(rng, "train", box)
        for spec in (wanted, box[0]):
            assert not [o for o in box if o is not spec and o.thing == spec.thing and alike(o.verb, spec.verb)]


def test_general_examples_are_answered_in_their_own_words() -> None:
    rng = Random(10)
    for _ in range(300):
        example = general.make(rng, "train")
        if example.accept:
            assert any(word.lower() in example.answer.content.lower() for word in example.accept)


def test_draw_gives_up_on_an_empty_split() -> None:
    with pytest.raises(ValueError, match="held_out split"):
        draw(lambda: next(word for word in ("a", "b", "c") if belongs(word, "train")), "held_out")


def test_made_up_words_are_pronounceable_and_many() -> None:
    rng = Random(11)
    words = {made_up(rng) for _ in range(1000)}
    assert len(words) > 900
    assert all(any(vowel in word for vowel in "aeiou") for word in words)


def test_fresh_words_bring_pieces_of_english_words_together() -> None:
    rng = Random(15)
    words = [fresh_word(rng) for _ in range(2000)]
    assert len(set(words)) > 1900
    assert sum(word in NOUNS for word in words) < 20
