"""Our decoding loop writes what transformers' masked loop writes, in fewer passes; alone and in batches."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from toys import network, pocket_tokenizer, toy_model

from workbook.core.chat import Tool, user
from workbook.core.constraints import Constraint, JsonSchema, Regex, ToolCalls
from workbook.core.errors import UsageError
from workbook.grammar import PLANS, GrammarDecoder, ModelDrafter, PromptLookup, decoder, decoding, generate, processor
from workbook.grammar.text import Text
from workbook.models.local import TransformersModel

FORCING = ("llguidance", "xgrammar")
CONSTRAINED = [plan for plan in PLANS if PLANS[plan].masked]
SCHEMA = JsonSchema(
    {
        "type": "object",
        "properties": {
            "name": {"enum": ["red", "green", "blue"]},
            "days": {"type": "array", "items": {"enum": [1, 23]}, "maxItems": 4},
            "nested": {"type": "object", "properties": {"alpha": {"type": "boolean"}}, "required": ["alpha"]},
        },
        "required": ["name", "days", "nested"],
    }
)
CITY = {"type": "object", "properties": {"city": {"enum": ["Paris", "Pa"]}}, "required": ["city"]}
TOOLS = (
    Tool("get_weather", "Weather", CITY),
    Tool("get_wealth", "Wealth", {"type": "object", "properties": {}}),
    Tool("call", "Call", {"type": "object", "properties": {"n": {"type": "boolean"}}, "required": ["n"]}),
)
CALLS = ToolCalls(TOOLS, required=True, parallel=False)
PROMPTS = ["get the weather in Paris", "red", "What is the weather? I can not call that. alpha beta 1 2 3 gamma", "{"]


def masked(constraint: Any, engine: str, prompts: Sequence[str] = PROMPTS, **how: Any) -> list[tuple[int, ...]]:
    """What transformers' own loop writes with the processor."""
    guard = processor(toy_model(), constraint, engine)
    done = toy_model().complete(prompts, processor=guard, max_new_tokens=60, **how)
    return [completion.token_ids for completion in done]


def ours(constraint: Any, plan: str, engine: str, **how: Any) -> tuple[list[tuple[int, ...]], GrammarDecoder]:
    loop = decoder(toy_model(), constraint, plan, engine)
    done = toy_model().complete(PROMPTS, decoder=loop, max_new_tokens=60, **how)
    return [completion.token_ids for completion in done], loop


def exact(plan: str, engine: str) -> bool:
    """Whether the tokens must be the same: a toy spells forced text as it likes where the engine lets it."""
    return engine == "llguidance" or not PLANS[plan].fast_forward


@pytest.mark.parametrize("batch", [1, 3, 4])
@pytest.mark.parametrize("plan", CONSTRAINED)
@pytest.mark.parametrize("engine", FORCING)
@pytest.mark.parametrize("constraint", [SCHEMA, CALLS], ids=["schema", "calls"])
def test_every_plan_writes_what_the_masked_loop_writes(constraint: Any, engine: str, plan: str, batch: int) -> None:
    written, loop = ours(constraint, plan, engine, batch_size=batch)
    if exact(plan, engine):
        assert written == masked(constraint, engine)
    for row in written:
        text = toy_model().decode([token for token in row if token not in toy_model().stop_ids])
        assert json.loads(text.removeprefix("<tool_call>\n").removesuffix("\n</tool_call>"))
    assert loop.costs.tokens == sum(map(len, written))


@pytest.mark.parametrize("plan", CONSTRAINED)
def test_samples_are_the_same_too(plan: str) -> None:
    """With Gumbel noise, to look first and mask after a refusal draws from the same distribution: the same sample."""
    how: dict[str, Any] = {"temperature": 1.5, "seed": 4}
    written, _ = ours(SCHEMA, plan, "llguidance", **how)
    assert written == masked(SCHEMA, "llguidance", **how)
    assert written != ours(SCHEMA, plan, "llguidance", temperature=1.5, seed=5)[0]


def test_without_a_constraint_it_is_plain_decoding() -> None:
    written, loop = ours(None, "free", "auto")
    plain = toy_model().complete(PROMPTS, max_new_tokens=60)
    assert written == [completion.token_ids for completion in plain]
    assert loop.costs.forced == loop.costs.masks == 0


def test_forced_tokens_need_no_pass() -> None:
    step_by_step, masks = ours(CALLS, "masked", "llguidance")[1].costs, len(PROMPTS)
    fast = ours(CALLS, "fast_forward", "llguidance")[1].costs
    assert step_by_step.forced == 0
    assert fast.forced > fast.tokens / 2
    assert fast.passes < step_by_step.passes / 2
    assert fast.masks < step_by_step.masks
    assert fast.forced_share == fast.forced / fast.tokens
    assert masks


def test_the_clock_of_masks_covers_filling_and_applying(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock that only these steps move: each takes its own amount, and none is counted twice."""
    now = [0.0]

    def slow(function: Any, seconds: float) -> Any:
        def run(*args: Any, **how: Any) -> Any:
            now[0] += seconds
            return function(*args, **how)

        return run

    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(decoding, "write_masks", slow(decoding.write_masks, 1.0))
    monkeypatch.setattr(decoding.bits, "apply", slow(decoding.bits.apply, 0.5))
    monkeypatch.setattr(Text, "take", slow(Text.take, 0.25))
    costs = ours(CALLS, "masked", "llguidance", batch_size=1)[1].costs
    assert costs.mask_seconds == [1.5] * costs.masks
    assert costs.follow_seconds == 0.25 * costs.tokens


def test_under_a_lazy_plan_each_mask_is_a_refusal() -> None:
    assert ours(None, "free", "auto")[1].costs.masks == 0
    lazy, first = (ours(CALLS, plan, "llguidance", batch_size=1)[1].costs for plan in ("lazy", "masked"))
    assert 0 < lazy.masks <= first.masks == first.tokens  # a toy, which knows no grammar, is nearly always refused


class Oracle:
    """Drafts what will be written; with ``wrong``, every so many tokens another one."""

    def __init__(self, texts: Sequence[tuple[int, ...]], wrong: int = 0) -> None:
        self.ways = [(toy_model().encode(p), text) for p, text in zip(PROMPTS, texts, strict=True)]
        self.wrong = wrong

    def draft(self, tokens: Sequence[int], count: int) -> Sequence[int]:
        """The rest of the text that belongs to the prompt."""
        prompt, text = next(way for way in self.ways if list(tokens[: len(way[0])]) == way[0])
        done = len(tokens) - len(prompt)
        assert tuple(tokens[len(prompt) :]) == text[:done]
        rest = text[done : done + count]
        return [t + 1 if self.wrong and i % self.wrong == self.wrong - 1 else t for i, t in enumerate(rest)]


@pytest.mark.parametrize("wrong", [0, 2])
@pytest.mark.parametrize("batch", [1, 4])
def test_drafts_save_passes_and_change_nothing(batch: int, wrong: int) -> None:
    expected = masked(SCHEMA, "llguidance")
    loop = decoder(toy_model(), SCHEMA, "draft", "llguidance", Oracle(expected, wrong))
    done = toy_model().complete(PROMPTS, decoder=loop, max_new_tokens=60, batch_size=batch)
    assert [completion.token_ids for completion in done] == expected
    plain = ours(SCHEMA, "fast_forward", "llguidance", batch_size=batch)[1].costs
    assert 0 < loop.costs.accepted <= loop.costs.drafted
    assert loop.costs.passes < plain.passes


@pytest.mark.parametrize("seed", [0, 5])
def test_a_second_network_drafts(seed: int) -> None:
    """Seed 0 is the toy itself, which guesses whatever the constraint lets it write; 5 is a stranger."""
    loop = decoder(toy_model(), Regex("[a-z ]{30}"), "draft", "llguidance", ModelDrafter(toy(seed)))
    done = toy_model().complete(PROMPTS, decoder=loop, max_new_tokens=40, batch_size=1)
    assert [completion.token_ids for completion in done] == masked(Regex("[a-z ]{30}"), "llguidance")
    assert (loop.costs.accepted > 0) == (seed == 0)


def toy(seed: int) -> Any:
    """A network with the toy's vocabulary."""
    return toy_model().network if seed == 0 else network(toy_model().logit_width, seed=seed)


def test_a_constraint_for_each_prompt() -> None:
    each: list[Constraint] = [Regex("ab{3}"), Regex("[0-9]{4}"), SCHEMA, Regex("(red|green) alpha")]
    done = generate(toy_model(), PROMPTS, each, engine="llguidance", plan="fast_forward", max_new_tokens=60)
    assert [one.status for one in done] == ["valid"] * 4


@pytest.mark.parametrize("limit", [1, 5, 17])
def test_the_limit_cuts_forced_text_too(limit: int) -> None:
    done = generate(toy_model(), PROMPTS, CALLS, plan="fast_forward", max_new_tokens=limit)
    assert [len(one.completion.token_ids) for one in done] == [limit] * 4
    assert {one.status for one in done} == {"truncated"}


def test_prompt_lookup_goes_on_as_the_latest_occurrence_did() -> None:
    assert PromptLookup().draft([1, 2, 3, 4, 9, 2, 3, 5, 2, 3], 2) == [5, 2]
    assert PromptLookup(longest=3).draft([7, 2, 3, 4, 8, 2, 3, 5, 7, 2, 3], 1) == [4]
    assert list(PromptLookup().draft([1, 2, 3], 4)) == []
    assert list(PromptLookup(shortest=2).draft([1, 2, 1], 4)) == []


def test_a_prompt_as_a_person_writes_it() -> None:
    prompt = toy_model().render([user("call alpha")], TOOLS)
    done = generate(toy_model(), [prompt], CALLS, plan="draft", max_new_tokens=60)
    assert done[0].status == "valid"


def test_what_cannot_be_decoded_is_said() -> None:
    with pytest.raises(UsageError, match="fast_forward"):
        decoder(toy_model(), SCHEMA, "fastforward")
    with pytest.raises(UsageError, match="constraint"):
        GrammarDecoder(None, PLANS["lazy"])
    with pytest.raises(UsageError, match="GumbelSampler"):
        toy_model().network.generate(
            input_ids=torch.tensor([[5, 6]]),
            max_new_tokens=4,
            repetition_penalty=1.2,
            custom_generate=decoder(toy_model(), SCHEMA),
        )


@pytest.mark.gpu
@pytest.mark.parametrize("plan", CONSTRAINED)
def test_the_loop_writes_the_same_on_cuda(plan: str) -> None:
    here = toy_model()
    there = TransformersModel("cuda", network(here.logit_width).cuda(), pocket_tokenizer())
    loops = [decoder(model, SCHEMA, plan, "llguidance") for model in (here, there)]
    both = [
        model.complete(PROMPTS, decoder=loop, max_new_tokens=60)
        for model, loop in zip((here, there), loops, strict=True)
    ]
    assert [one.token_ids for one in both[0]] == [one.token_ids for one in both[1]]
