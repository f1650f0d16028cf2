"""llama.cpp as a language model: completions, its grammars, and what its own converter drops."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toys import toy_model

from workbook.core.chat import Tool, user
from workbook.core.constraints import Gbnf, JsonSchema, Regex, ToolCalls
from workbook.core.settings import data_dir
from workbook.core.validation import schema_errors
from workbook.grammar import GrammarError, generate, processor
from workbook.grammar.gbnf import call_gbnf, gbnf_of
from workbook.grammar.handover import response_format
from workbook.models import load_model
from workbook.models.base import ModelError
from workbook.models.gguf_export import export_gguf
from workbook.models.llamacpp import LONGEST_WORD, LlamaCppModel, _controls

SCHEMA = {
    "type": "object",
    "properties": {
        "colour": {"enum": ["red", "green", "déjà vu"]},
        "days": {"type": "integer", "minimum": -3, "maximum": 24},
        "short": {"type": "string", "maxLength": 5},
        "flags": {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 3},
    },
    "required": ["colour", "days"],
    "additionalProperties": False,
}
ORDER = Tool("order_paint", "Order paint.", SCHEMA)
WAIT = Tool("wait", "Wait.", {"type": "object", "properties": {}, "additionalProperties": False})


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> LlamaCppModel:
    folder = tmp_path_factory.mktemp("toy")
    toy_model().network.save_pretrained(folder)
    toy_model().tokenizer.save_pretrained(folder)
    return LlamaCppModel(export_gguf(folder, folder / "toy.gguf"), threads=1)


def test_a_gguf_file_is_a_model_id(toy: LlamaCppModel, tmp_path: Path) -> None:
    same = load_model(str(toy.path), device="cpu")
    assert isinstance(same, LlamaCppModel)
    assert (same.name, same.fingerprint) == (str(toy.path), toy.fingerprint)
    assert len(same.fingerprint) == 64
    with pytest.raises(ModelError, match="is for processors"):
        load_model(str(toy.path), device="cuda")
    with pytest.raises(ModelError, match="no file"):
        load_model(str(tmp_path / "nowhere.gguf"))
    (tmp_path / "broken.gguf").write_bytes(b"GGUF, or is it?" * 9)
    with pytest.raises(ModelError, match="not a GGUF file"):
        load_model(str(tmp_path / "broken.gguf"))


def test_no_words_of_a_message_become_control_tokens(toy: LlamaCppModel) -> None:
    turns = [user("say <|im_end|> and <tool_call>")]
    prompt = toy.render(turns, [ORDER])
    assert prompt == toy_model().render(turns, [ORDER])
    assert toy.encode(prompt) == toy_model().encode(prompt)
    assert toy.encode(prompt).count(toy.controls["<|im_end|>"]) == 2, "one for the system's turn, one for the user's"


def test_greedy_completion_is_that_of_transformers(toy: LlamaCppModel) -> None:
    """As long as no two tokens are nearly equal: hence the few tokens, each looked at for its lead."""
    prompt = toy.render([user("What is the weather in Paris?")])
    (done,) = toy.complete([prompt], max_new_tokens=6)
    (wanted,) = toy_model().complete([prompt], max_new_tokens=6)
    assert done.prompt_tokens == wanted.prompt_tokens
    for step, token in enumerate(done.token_ids):
        lead = np.sort(toy.next_logprobs(prompt + toy_model().decode(done.token_ids[:step])))[-2:]
        if lead[1] - lead[0] < 0.1:
            break
        assert token == wanted.token_ids[step]


def test_the_end_is_a_token_and_no_text(toy: LlamaCppModel) -> None:
    (done,) = generate(toy, ["<|bos|>x"], Gbnf('root ::= "yes"'))
    assert done.status == "valid"
    assert (done.text, done.completion.finish_reason) == ("yes", "stop")
    assert done.completion.token_ids[-1] == toy.eos
    (cut,) = generate(toy, ["<|bos|>x"], Gbnf('root ::= "y"{40}'), max_new_tokens=3)
    assert (cut.status, cut.completion.finish_reason, len(cut.completion.token_ids)) == ("truncated", "length", 3)


def test_a_sample_depends_on_prompt_and_seed_alone(toy: LlamaCppModel) -> None:
    one, two = "<|bos|>red", "<|bos|>blue"
    first = toy.complete([one, two, one], max_new_tokens=8, temperature=1.0, seed=1)
    again = toy.complete([two, one], max_new_tokens=8, temperature=1.0, seed=1)
    assert first[0].token_ids == first[2].token_ids == again[1].token_ids
    assert first[1].token_ids == again[0].token_ids
    other = toy.complete([one], max_new_tokens=8, temperature=1.0, seed=2)
    assert other[0].token_ids != first[0].token_ids


def test_samples_come_from_the_whole_distribution(toy: LlamaCppModel) -> None:
    """No top-k, top-p or min-p is left on: the first tokens of 400 samples follow the probabilities."""
    chance = np.exp(np.array(toy.next_logprobs("<|bos|>red")) / 3.0)  # at temperature 3
    chance /= chance.sum()
    once: dict[str, Any] = {"max_new_tokens": 1, "temperature": 3.0}
    drawn = [toy.complete(["<|bos|>red"], seed=seed, **once)[0].token_ids[0] for seed in range(400)]
    rare = chance < np.sort(chance)[-40]  # beyond what top-k 40 lets through
    share, wanted = float(np.mean(rare[drawn])), float(chance[rare].sum())
    assert wanted > 0.05, "a test that must be able to fail"
    assert abs(share - wanted) < 4 * np.sqrt(wanted * (1 - wanted) / 400)


def test_added_tokens_steer_a_chat_by_their_shape() -> None:
    """The rule of transformers' side: runs of spaces are added tokens, too, in some files, and steer nothing."""
    vocabulary = ["<unk>", "<|end|>", "a", "<tool_call>", "    ", "[INST]"]
    assert _controls(vocabulary, [2, 3, 1, 4, 4, 4]) == {"<unk>": 0, "<|end|>": 1, "<tool_call>": 3, "[INST]": 5}
    assert _controls(vocabulary, []) == {}


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("grammar", [gbnf_of(SCHEMA), call_gbnf([ORDER, WAIT])], ids=["value", "call"])
def test_three_engines_run_the_same_grammar(toy: LlamaCppModel, grammar: str, temperature: float) -> None:
    prompts = [toy.render([user(text)], [ORDER, WAIT]) for text in ("red, 3 days", "wait", "17 of green")]
    sampling: dict[str, Any] = {"max_new_tokens": 200, "temperature": temperature, "seed": 5}
    results = {
        "llama.cpp": generate(toy, prompts, Gbnf(grammar), **sampling),
        "xgrammar": generate(toy_model(), prompts, Gbnf(grammar), "xgrammar", **sampling),
        "llguidance": generate(toy_model(), prompts, Gbnf(grammar), "llguidance", **sampling),
    }
    for engine, done in results.items():
        assert [one.status for one in done] == ["valid"] * 3, engine
        values = [json.loads(one.text) for one in done]
        assert all(_fits(value) for value in values), engine


def _fits(value: dict[str, Any]) -> bool:
    if "name" not in value:
        return not schema_errors(value, SCHEMA)
    tool = {"order_paint": ORDER, "wait": WAIT}[value["name"]]
    return not schema_errors(value["arguments"], tool.parameters)


@pytest.mark.slow
def test_three_engines_run_the_same_grammar_with_the_shipped_model(pocket: str, tmp_path: Path) -> None:
    here = load_model(pocket, device="cpu")
    there = LlamaCppModel(export_gguf(data_dir() / "models" / "pocket", tmp_path / "pocket.gguf"))
    prompts = [there.render([user(text)], [ORDER, WAIT]) for text in ("Order green paint for 5 days.", "Please wait.")]
    constraint = Gbnf(call_gbnf([ORDER, WAIT]))
    for results in (
        generate(there, prompts, constraint, max_new_tokens=120),
        generate(here, prompts, constraint, "xgrammar", max_new_tokens=120),
        generate(here, prompts, constraint, "llguidance", max_new_tokens=120),
    ):
        assert [one.status for one in results] == ["valid", "valid"]
        assert all(_fits(json.loads(one.text)) for one in results)


def test_what_a_grammar_leaves_open_is_left_to_the_model(toy: LlamaCppModel) -> None:
    """Sampled often enough, every text of a small language comes up, and no other."""
    prompts, grammar = ["<|bos|>x"], Gbnf('root ::= ("a" | "b") ("1" | "é")')
    drawn = {generate(toy, prompts, grammar, temperature=9.0, seed=seed)[0].text for seed in range(80)}
    assert drawn == {"a1", "b1", "aé", "bé"}


def test_what_llamacpp_does_not_enforce_is_not_asked_of_it(toy: LlamaCppModel) -> None:
    """Grammars alone; ``grammar.generate`` makes one of each constraint (``tests/grammar/test_handover.py``)."""
    for constraint in (JsonSchema(SCHEMA), Regex("a+"), ToolCalls((ORDER,))):
        with pytest.raises(ModelError, match=r"given grammars only.*writes a constraint as a grammar"):
            toy.complete_constrained(["x"], [response_format(constraint)])
    with pytest.raises(ModelError, match="no processor of ours"):
        toy.complete(["x"], processor=processor(toy_model(), Regex("a")))
    with pytest.raises(GrammarError, match="runs elsewhere"):
        processor(toy, Regex("a"))
    with pytest.raises(ModelError, match="failed to parse grammar"):
        generate(toy, ["x"], Gbnf("root ::= nowhere"))


def test_prompts_that_cannot_be_read(toy: LlamaCppModel) -> None:
    with pytest.raises(ModelError, match="prompt is empty"):
        toy.complete([""])
    with pytest.raises(ModelError, match="reads at most 1024"):
        toy.complete(["a " * 1000])
    with pytest.raises(ModelError, match="a word of 10000 characters"):
        toy.complete(["a" * LONGEST_WORD])
    rng = random.Random(0)
    longest = "".join(rng.choice("abcdeé") for _ in range(LONGEST_WORD - 1))
    assert toy.encode(longest) == toy_model().encode(longest)


def llamacpps_grammar(model: LlamaCppModel, schema: dict[str, Any]) -> str:
    """What llama.cpp's own converter makes of ``schema``, read from the grammar that it sets up for a tool."""
    tool = Tool("f", "", {"type": "object", "properties": {"x": schema}, "required": ["x"]})
    body = {"messages": [{"role": "user", "content": "x"}], "tools": [tool.to_dict()], "tool_choice": "required"}
    answer = model.server.handle_chat_completions(body | {"max_tokens": 1, "verbose": True})
    return str(answer["__verbose"]["generation_settings"]["grammar"])


INTEGERS: dict[str, Any] = {"type": "array", "items": {"type": "integer"}}
DROPPED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "integer"}, {"multipleOf": 3}),
    ({"type": "number"}, {"minimum": 2}),
    (INTEGERS, {"uniqueItems": True}),
    (INTEGERS, {"contains": {"const": 1}}),
    ({"type": "object"}, {"minProperties": 2}),
    ({"type": "object"}, {"propertyNames": {"maxLength": 3}}),
    ({"type": "string"}, {"not": {"const": "a"}}),
]


@pytest.mark.parametrize(("schema", "keyword"), DROPPED, ids=lambda part: "+".join(part))
def test_llamacpps_converter_drops_what_ours_refuses(
    toy: LlamaCppModel, schema: dict[str, Any], keyword: dict[str, Any]
) -> None:
    """With the keyword or without it, llama.cpp's grammar is the same; ours is an error."""
    assert llamacpps_grammar(toy, schema | keyword) == llamacpps_grammar(toy, schema)
    with pytest.raises(GrammarError, match=next(iter(keyword))):
        gbnf_of(schema | keyword)


def test_a_pattern_without_anchors_becomes_any_string(toy: LlamaCppModel) -> None:
    """There is a warning on stderr, which no caller sees."""
    assert "schema-x ::= string" in llamacpps_grammar(toy, {"type": "string", "pattern": "a(?=b)"})
    with pytest.raises(GrammarError, match="pattern"):
        gbnf_of({"type": "string", "pattern": "a(?=b)"})


def test_llamacpps_converter_enforces_what_ours_does(toy: LlamaCppModel) -> None:
    for schema, keyword in (({"type": "integer"}, {"minimum": 2}), ({"type": "string"}, {"maxLength": 2})):
        assert llamacpps_grammar(toy, schema | keyword) != llamacpps_grammar(toy, schema)
        assert gbnf_of(schema | keyword) != gbnf_of(schema)


def test_a_schema_that_llguidance_refuses_is_dropped_by_this_llamacpp(toy: LlamaCppModel) -> None:
    """Why schemas are not handed over: the answer has status 200, and nothing was enforced."""

    def text(extra: dict[str, Any]) -> str:
        body = {"prompt": "<|bos|>red", "max_tokens": 8, "temperature": 0}
        return str(toy.server.handle_completions(body | extra)["choices"][0]["text"])

    assert text({"json_schema": INTEGERS}).lstrip().startswith("[")
    assert text({"json_schema": INTEGERS | {"uniqueItems": True}}) == text({})
