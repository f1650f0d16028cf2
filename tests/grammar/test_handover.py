"""Every kind of constraint on a model that runs in llama.cpp: what is enforced, what is refused, what is cut."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from grammar_cases import CASES
from schema_corpus import corpus
from toys import network, pocket_tokenizer, toy_model

from workbook.core.chat import Tool
from workbook.core.constraints import Constraint, Gbnf, JsonSchema, Regex, ToolCalls
from workbook.core.errors import WorkbookError
from workbook.core.settings import data_dir
from workbook.core.validation import validator_of
from workbook.grammar import GrammarError, generate
from workbook.grammar.checking import violations
from workbook.grammar.formats_gbnf import FORMATS as FORMATS_SAID
from workbook.grammar.gbnf import gbnf_of
from workbook.grammar.handover import grammar_for
from workbook.grammar.tool_gbnf import tool_calls_gbnf
from workbook.models import load_model
from workbook.models.formats import FORMATS
from workbook.models.gguf_export import export_gguf
from workbook.models.hermes import CLOSE, OPEN
from workbook.models.llamacpp import LlamaCppModel
from workbook.study.recognize import accepts
from workbook.suites.tasks import Task, load_tasks

FIND = Tool("find", "Find.", {
    "type": "object", "properties": {"ok": {"type": "boolean"}, "unit": {"enum": ["c", "f"]}}, "required": ["ok"],
})  # fmt: skip
WHEN = Tool("when", "Say when.", {
    "type": "object", "properties": {"day": {"type": "string", "format": "date"}},
    "additionalProperties": False,
})  # fmt: skip
TOOLS = (FIND, WHEN)
CALL = f'{OPEN}\n{{"name": "find", "arguments": {{"ok": true}}}}\n{CLOSE}'
PROMPTS = ["<|bos|>" + "t" * length for length in (1, 4, 2)]


def exported(folder: Path, model: Any) -> LlamaCppModel:
    model.network.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    return LlamaCppModel(export_gguf(folder, folder / "toy.gguf"), threads=1)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> LlamaCppModel:
    return exported(tmp_path_factory.mktemp("toy"), toy_model())


@pytest.fixture(scope="module")
def untagged(tmp_path_factory: pytest.TempPathFactory) -> LlamaCppModel:
    """A toy whose vocabulary has other tags, so that a call's are written letter by letter."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    from workbook.models.local import TransformersModel

    spelled = pocket_tokenizer().backend_tokenizer.to_str().replace("tool_call>", "other>")
    ends = {"bos_token": "<|bos|>", "eos_token": "<|im_end|>", "pad_token": "<|pad|>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(spelled), **ends)
    model = TransformersModel("untagged", network(len(tokenizer)), tokenizer)
    return exported(tmp_path_factory.mktemp("untagged"), model)


CONSTRAINTS: list[Constraint] = [
    JsonSchema(FIND.parameters), Regex(r"[a-c]{2}x?\d+(?:\.\d{1,2})?"), Gbnf('root ::= "a" [0-9]{2}'), ToolCalls(TOOLS),
]  # fmt: skip


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda one: repr(one)[:12])
def test_what_comes_to_an_end_is_valid(toy: LlamaCppModel, constraint: Constraint, temperature: float) -> None:
    results = generate(toy, PROMPTS, constraint, max_new_tokens=150, temperature=temperature, seed=2)
    assert [one.status for one in results] == ["valid"] * 3
    assert all(one.completion.token_ids[-1] == toy.eos for one in results)


@pytest.mark.parametrize("parallel", [False, True])
def test_free_text_goes_on_until_the_model_ends_it_or_calls(toy: LlamaCppModel, parallel: bool) -> None:
    """A toy has no end in mind; warm enough, it finds one of both by chance."""
    constraint = ToolCalls(TOOLS, required=False, parallel=parallel)
    results = [
        one
        for seed in range(12)
        for one in generate(toy, PROMPTS, constraint, max_new_tokens=150, temperature=4.0, seed=seed)
    ]
    statuses = Counter(one.status for one in results)
    assert set(statuses) == {"valid", "truncated"}
    called = [one for one in results if one.status == "valid" and toy.parse(one.text).calls]
    assert 0 < len(called) < statuses["valid"]
    assert any(len(toy.parse(one.text).calls) > 1 for one in called) == parallel


def test_each_prompt_may_have_a_constraint_of_its_own(toy: LlamaCppModel) -> None:
    each = [JsonSchema({"type": "boolean"}), Regex("x{3}"), ToolCalls((FIND,))]
    results = generate(toy, PROMPTS, each, max_new_tokens=120)
    assert [one.status for one in results] == ["valid"] * 3
    assert json.loads(results[0].text) in (True, False)
    assert results[1].text == "xxx"
    assert toy.parse(results[2].text).calls[0].name == "find"
    assert generate(toy, PROMPTS[:1], [None], max_new_tokens=3)[0].status == "unchecked"


def test_what_the_limit_cuts_is_truncated(toy: LlamaCppModel) -> None:
    for constraint in (ToolCalls(TOOLS), JsonSchema(FIND.parameters), Regex("x{9}")):
        (cut,) = generate(toy, PROMPTS[:1], constraint, max_new_tokens=4)
        assert (cut.status, cut.completion.finish_reason) == ("truncated", "length")
        assert len(cut.completion.token_ids) == 4


def test_tags_are_tokens_where_the_file_has_them(toy: LlamaCppModel, untagged: LlamaCppModel) -> None:
    marks = [toy.controls[OPEN], toy.controls[CLOSE]]
    (tagged,) = generate(toy, PROMPTS[:1], ToolCalls((FIND,)), max_new_tokens=120)
    assert [token for token in tagged.completion.token_ids if token in toy.controls.values()] == [*marks, toy.eos]
    assert OPEN not in untagged.controls
    (spelled,) = generate(untagged, PROMPTS[:1], ToolCalls((FIND,)), max_new_tokens=200)
    assert spelled.status == tagged.status == "valid"
    assert spelled.text.startswith(OPEN + "\n{")


def test_no_control_token_passes_for_text(toy: LlamaCppModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """llama.cpp matches a control token by its letters, unless it is barred; quotes make no token of a spelling."""
    written = Gbnf('root ::= "<tool_call>" [^a]{1,30} "<|im_end|>"')
    drawn = [generate(toy, PROMPTS, written, temperature=3.0, seed=seed, max_new_tokens=200) for seed in range(5)]
    ids = [index for row in drawn for one in row for index in one.completion.token_ids[:-1]]
    assert not set(ids) & set(toy.controls.values())
    for grammar in (f"root ::= <[{toy.controls[OPEN]}]>", "root ::= <tool_call>"):
        (named,) = toy.complete_constrained(PROMPTS[:1], [{"grammar": grammar}])
        assert named.token_ids == (toy.controls[OPEN], toy.eos)
    monkeypatch.setattr(toy, "controls", {})
    (open_to_all,) = toy.complete_constrained(PROMPTS[:1], [{"grammar": 'root ::= "<tool_call>"'}])
    assert len(open_to_all.token_ids) == 2, "the reason for the bar"


def test_llamacpp_says_which_tokens_end_a_text(toy: LlamaCppModel) -> None:
    assert toy.stop_ids == (toy.eos,)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", (True, True)),
        ("I can <not> call < that, <tool_ca", (True, True)),
        (f"Let me see. {CALL}", (True, True)),
        (f"<<tool_</tool_<{CALL}", (True, True)),
        (f"{CALL}\n{CALL}", (False, True)),
        (f"a {CALL} b", (False, False)),
        (CALL.replace("true", "1"), (False, False)),
        (CALL.replace("find", "when"), (False, False)),
        (CLOSE, (False, False)),
        (OPEN, (False, False)),
    ],
)
def test_text_may_stand_before_calls(text: str, fits: tuple[bool, bool]) -> None:
    for parallel, expected in zip((False, True), fits, strict=True):
        constraint = ToolCalls(TOOLS, required=False, parallel=parallel)
        assert accepts(tool_calls_gbnf(constraint, (OPEN, CLOSE), {}), text) == expected
        assert not expected or violations(text, constraint) == []
    required = ToolCalls(TOOLS)
    assert accepts(tool_calls_gbnf(required, (OPEN, CLOSE), {}), text) == (violations(text, required) == [])


def test_free_text_is_all_that_has_no_tag_in_it() -> None:
    """Every text of up to six letters over those of two short tags."""
    grammar = tool_calls_gbnf(ToolCalls(TOOLS, required=False), ("<ab>", "</b>"), {})
    for length in range(7):
        for letters in itertools.product("<ab>/", repeat=length):
            text = "".join(letters)
            assert accepts(grammar, text) == ("<ab>" not in text and "</b>" not in text), text


def test_no_tag_hides_in_a_string(toy: LlamaCppModel) -> None:
    """The tag's token would pass for its letters, so a string has neither; everything else may stand in it."""
    say = Tool("say", "", {"type": "object", "properties": {"words": {"type": "string"}}, "required": ["words"]})
    grammar = grammar_for(toy, ToolCalls((say,)))
    words = grammar.replace("root ::= calls", "root ::= string").replace(f"<[{toy.controls[OPEN]}]>", '"["')
    words = words.replace(f"<[{toy.controls[CLOSE]}]>", '"]"')  # xgrammar, which reads it here, knows no tokens
    for text in ("", "a < b", "<b>bold</b>", "</tool", "<<tool_call", "é😀", 'say "\\n"', "]", "x" * 50):
        assert accepts(words, json.dumps(text, ensure_ascii=False)), text
    for text in (OPEN, f"a {CLOSE} b", f"<{OPEN}", f"</{CLOSE}"):
        assert not accepts(words, json.dumps(text)), text
    for raw in ('"\n"', '"\\q"', '"\\u0041"', '"a', '"\\"'):
        assert not accepts(words, raw), raw
    marks = {"logit_bias": [[toy.controls[CLOSE], 50.0]], "return_tokens": True, "verbose": True}
    eager = marks | {"prompt": toy.encode(PROMPTS[0]), "max_tokens": 60, "temperature": 0}
    plain = grammar.replace('"\\"" inside "\\""', '"\\"" char* "\\""')
    for rules, passes in ((grammar, False), (plain, True)):
        written = toy._ask(eager | {"grammar": rules})["__verbose"]["tokens"]
        assert (toy.controls[CLOSE] in written) == passes, "the model wants nothing more"


def said_by_gbnf(schema: Any) -> bool:
    try:
        gbnf_of(schema)
    except WorkbookError:
        return False
    return True


def test_llamacpp_writes_nothing_that_a_schema_forbids(toy: LlamaCppModel) -> None:
    """Every schema that GBNF says, three samples each at a temperature that tries everything."""
    schemas = [case.schema for case in CASES] + [case["schema"] for case in corpus().values()]
    sampling: dict[str, Any] = {"max_new_tokens": 60, "temperature": 2.0}
    results = [one for s in schemas if said_by_gbnf(s) for one in generate(toy, PROMPTS, JsonSchema(s), **sampling)]
    statuses = Counter(one.status for one in results)
    assert [one.errors for one in results if one.status == "invalid" and "stands twice" not in one.errors[0]] == []
    assert statuses["valid"] > 150


@pytest.mark.parametrize("name", FORMATS_SAID)
def test_llamacpp_writes_formats_as_they_are_meant(toy: LlamaCppModel, name: str) -> None:
    schema = {"type": "string", "format": name}
    sampling: dict[str, Any] = {"max_new_tokens": 400, "temperature": 2.0}
    drawn = [one for seed in range(3) for one in generate(toy, PROMPTS, JsonSchema(schema), seed=seed, **sampling)]
    judged = validator_of(schema, formats=True)
    values = [json.loads(one.text) for one in drawn if one.status == "valid"]
    assert len(set(values)) >= 4
    assert [value for value in values if not judged.is_valid(value)] == []


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        (JsonSchema({"type": "object", "properties": {"n": {"type": "integer", "multipleOf": 5}}}), "say multipleOf"),
        (JsonSchema({"type": "array", "uniqueItems": True}), "say uniqueItems"),
        (JsonSchema({"type": "string", "pattern": "a+"}), "say pattern"),
        (JsonSchema({"type": "string", "format": "uri"}), "say format uri"),
        (JsonSchema({"type": "string", "format": "date", "maxLength": 4}), "say maxLength.*beside a format"),
        (JsonSchema({"type": "string", "maxLength": 2001}), "maxLength: 2,001, and the limit is 1,000"),
        (JsonSchema({"type": "object", "properties": {}, "required": 3}), "no grammar can be made of this"),
        (ToolCalls((Tool("f", "", {"properties": {"n": {"type": "number", "minimum": 2}}}),)), "say minimum"),
        (ToolCalls(()), "at least one tool"),
        (Regex(r"(a)\1"), "a back reference"),
        (Regex("a{2001}"), "the limit is 1,000"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused_by_name(toy: LlamaCppModel, constraint: Constraint, message: str) -> None:
    with pytest.raises(GrammarError, match=message):
        generate(toy, PROMPTS, constraint)


def test_the_way_out_is_told(toy: LlamaCppModel) -> None:
    with pytest.raises(GrammarError) as caught:
        generate(toy, PROMPTS, JsonSchema({"type": "integer", "multipleOf": 5}))
    assert "Leave the keyword out and validate" in caught.value.remedy
    for options in ({"engine": "xgrammar"}, {"plan": "fast_forward"}):
        with pytest.raises(GrammarError, match=r"runs in llama\.cpp.*are not its own"):
            generate(toy, PROMPTS, Regex("a"), **options)


def test_other_chat_formats_are_not_taken_for_hermes(toy: LlamaCppModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy, "chat_format", FORMATS["mistral"])
    with pytest.raises(GrammarError, match=r"in the form 'mistral'.*call_gbnf"):
        generate(toy, PROMPTS, ToolCalls(TOOLS))


COUNTED = [
    ({"type": "string", "minLength": 1000, "maxLength": 1000}, r'"(?:[^"\\]|\\.){1000}"'),
    ({"type": "array", "items": {"type": "null"}, "minItems": 1000, "maxItems": 1000}, r"\[null(?:, null){999}\]"),
    ({"type": "array", "items": {"type": "null"}, "maxItems": 1000}, r"\[(?:null(?:, null){0,999})?\]"),
]


@pytest.mark.parametrize(("schema", "pattern"), COUNTED, ids=lambda part: str(part)[:50])
def test_counts_up_to_the_limit_are_kept(toy: LlamaCppModel, schema: dict[str, Any], pattern: str) -> None:
    """llama.cpp reads the largest counts that we write; it drops an upper bound that is beyond its own limit."""
    assert re.fullmatch(pattern, "") is None
    (begun,) = generate(toy, PROMPTS[:1], JsonSchema(schema), max_new_tokens=5)
    assert begun.status in ("truncated", "valid")
    weather = toy.vocabulary.index("weather")
    long = {"prompt": [toy.bos], "max_tokens": 500, "temperature": 0, "logit_bias": [[weather, 100.0]]}
    kept = toy._ask(long | {"grammar": "root ::= [a-z]{0,1000}"})["choices"][0]["text"]
    dropped = toy._ask(long | {"grammar": "root ::= [a-z]{0,2001}"})["choices"][0]["text"]
    assert len(kept.removesuffix("<|im_end|>")) <= 1000 < 2001 < len(dropped)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], LlamaCppModel]:
    """The shipped model in llama.cpp, made when a test asks for it."""
    made: list[LlamaCppModel] = []

    def get() -> LlamaCppModel:
        if not made:
            target = tmp_path_factory.mktemp("pocket") / "pocket.gguf"
            made.append(LlamaCppModel(export_gguf(data_dir() / "models" / "pocket", target)))
        return made[0]

    return get


TIE = 0.25
"""How far apart, in logarithms, two tokens may be that rounding to bfloat16 puts in another order."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "constraint", [ToolCalls(()), ToolCalls((), required=False, parallel=True)], ids=["must", "may"]
)
def test_frozen_tasks_get_the_calls_that_they_get_in_transformers(
    pocket: str, shipped: Callable[[], LlamaCppModel], constraint: ToolCalls
) -> None:
    """Greedy, 20 tasks: all valid, nearly all equal, and where two texts part, the two tokens were nearly as likely.

    Where a call is a must, tasks that ask for one: a model that is made to call against its will may spell a name in
    tokens that llguidance, which forces the canonical ones, does not let it take.
    """
    here, there = load_model(pocket, device="cpu"), shipped()
    fitting = (task for task in load_tasks("calls") if task.expected or not constraint.required)
    tasks: list[Task] = list(itertools.islice((task for task in fitting if task.tools), 20))
    prompts = [there.render(task.messages, task.tools) for task in tasks]
    each = [replace(constraint, tools=task.tools) for task in tasks]
    ours, wanted = (generate(model, prompts, each, max_new_tokens=160) for model in (there, here))
    assert [one.status for one in ours] == ["valid"] * 20
    assert not constraint.required or all(there.parse(one.text).calls for one in ours)
    parted = [(p, a, b) for p, a, b in zip(prompts, ours, wanted, strict=True) if a.text != b.text]
    assert len(parted) <= 3
    for prompt, a, b in parted:
        assert lead(here, prompt, a.completion.token_ids, b.completion.token_ids) < TIE


def lead(model: Any, prompt: str, one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """How much likelier ``other``'s token is where the two part, by the model in float32."""
    step = next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    with torch.inference_mode():
        logits = model.network(torch.tensor([[*model.encode(prompt), *one[:step]]])).logits[0, -1].float()
    return float(logits[other[step]] - logits[one[step]])


def test_the_grammar_can_be_looked_at(toy: LlamaCppModel) -> None:
    rules = grammar_for(toy, ToolCalls(TOOLS)).splitlines()
    assert rules[:4] == [
        "root ::= calls",
        "calls ::= tagged",
        f'tagged ::= <[{toy.controls[OPEN]}]> "\\n" call "\\n" <[{toy.controls[CLOSE]}]>',
        "call ::= call-0 | call-1",
    ]
