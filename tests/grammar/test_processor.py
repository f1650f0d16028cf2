"""The processor follows whatever a decoding strategy shows it, and what comes out is legal."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import torch
from grammar_walking import compile_for, mask
from toys import network, pocket_tokenizer, toy_model
from transformers import LogitsProcessorList

from workbook.core.constraints import JsonSchema, Regex
from workbook.grammar import ENGINES, GrammarError, masks, processor
from workbook.grammar.processor import GrammarProcessor
from workbook.grammar.row import TOGETHER, Row, write_masks
from workbook.models.local import TransformersModel

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"enum": ["x", "yy", "zzz"]}, "b": {"type": "array", "items": {"enum": [1, 2]}, "maxItems": 3}},
    "required": ["b"],
}
PATTERN = Regex("(ab|cd){1,4}[0-9]{2}")


def words(engine: str) -> GrammarProcessor:
    return processor(toy_model(), PATTERN, engine)


def fresh_bits(engine: str, tokens: list[int]) -> list[bool]:
    """The mask after ``tokens``, from a matcher that has known nothing else."""
    constraint = compile_for("pocket", PATTERN, engine)
    matcher = constraint.matcher()
    assert all(matcher.consume(token) for token in tokens)
    return mask(constraint, matcher)


def shown_bits(guard: GrammarProcessor, prompt: list[int], rows: list[list[int]]) -> list[list[bool]]:
    ids = torch.tensor([prompt + row for row in rows])
    return masks.unpack(guard.masks(ids), toy_model().logit_width).tolist()


@pytest.mark.parametrize("engine", ENGINES)
def test_any_sequence_of_rewinds_gives_the_masks_of_a_fresh_start(engine: str) -> None:
    """Rows jump between prefixes of legal texts, as drafts that are taken back and beams that change places do."""
    encode = toy_model().tokenizer.encode
    texts = [encode(text, add_special_tokens=False) for text in ("abcdab12", "cdcd07", "ab99", "abababab00")]
    guard, chance = words(engine), random.Random(0)
    guard.masks(torch.tensor([[1, 9]] * 3))
    for _ in range(40):
        length = chance.randint(1, 4)
        rows = [chance.choice(texts)[:length] for _ in range(3)]
        assert shown_bits(guard, [1, 9], rows) == [fresh_bits(engine, row) for row in rows]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_that_ended_or_left_the_grammar_may_only_stop(engine: str) -> None:
    stop = toy_model().stop_ids[0]
    encode = toy_model().tokenizer.encode
    ended, left = [*encode("ab12", add_special_tokens=False), stop, 0], encode("zzzzzz", add_special_tokens=False)[:6]
    guard = words(engine)
    for end in range(1, 6):
        rows = [(ended * 2)[:end], (left * 6)[:end]]
        guard.masks(torch.tensor([[7], [7]])) if end == 1 else None
        bits = shown_bits(guard, [7], rows)
        assert [index for index, bit in enumerate(bits[1]) if bit] == [stop]
    assert [index for index, bit in enumerate(bits[0]) if bit] == [stop]
    assert shown_bits(guard, [7], [ended[:2], ended[:2]]) == [fresh_bits(engine, ended[:2])] * 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_new_generation_is_noticed_without_reset(engine: str) -> None:
    guard = words(engine)
    encode = toy_model().tokenizer.encode
    guard.masks(torch.tensor([[1, 2, 3]]))
    shown_bits(guard, [1, 2, 3], [encode("ab1", add_special_tokens=False)])
    assert shown_bits(guard, [5, 6, 7], [[]]) == [fresh_bits(engine, [])]
    assert shown_bits(guard, [5, 6], [[], []]) == [fresh_bits(engine, [])] * 2


STRATEGIES: dict[str, dict[str, Any]] = {
    "greedy": {},
    "sampled": {"do_sample": True, "temperature": 1.5},
    "beams": {"num_beams": 3},
    "several samples": {"do_sample": True, "num_return_sequences": 3},
    "several beams": {"num_beams": 4, "num_return_sequences": 2},
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", STRATEGIES)
def test_transformers_own_strategies_write_legal_json(name: str, engine: str) -> None:
    torch.manual_seed(0)
    ids = torch.tensor([[0, 1, 70, 71], [1, 72, 73, 74]])
    written = _generate(ids, engine, attention_mask=(ids != 0).long(), **STRATEGIES[name])
    assert len(written) == 2 * STRATEGIES[name].get("num_return_sequences", 1)
    for text in written:
        assert set(json.loads(text)) <= {"a", "b"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("how", ["assisted", "prompt lookup"])
def test_drafts_that_are_taken_back_leave_greedy_decoding_as_it_was(how: str, engine: str) -> None:
    prompt = toy_model().encode('{"a": "yy", "b": [1, 2]} {"b": [2, 1, 1]} {')
    ids = torch.tensor([prompt])
    assistant = network(toy_model().logit_width, seed=5)
    draft = {"assistant_model": assistant} if how == "assisted" else {"prompt_lookup_num_tokens": 4}
    assert _generate(ids, engine, **draft) == _generate(ids, engine)


def _generate(ids: torch.Tensor, engine: str, **how: Any) -> list[str]:
    model = toy_model()
    guard = processor(model, JsonSchema(SCHEMA), engine)
    with torch.inference_mode():
        output = model.network.generate(
            input_ids=ids, max_new_tokens=60, logits_processor=LogitsProcessorList([guard]), **how
        )
    return [model.tokenizer.decode(row, skip_special_tokens=True) for row in output[:, ids.shape[1] :].tolist()]


@pytest.mark.parametrize("engine", ENGINES)
def test_padded_vocabularies(engine: str) -> None:
    """Logits wider than the tokenizer, by more than a word of the mask: what has no token is never allowed."""
    tokenizer = pocket_tokenizer()
    wide = TransformersModel("wide", network(len(tokenizer) + 70), tokenizer)
    guard = processor(wide, PATTERN, engine)
    scores = guard(torch.tensor([[1]]), torch.zeros(1, len(tokenizer) + 70))
    allowed = (scores[0] > float("-inf")).nonzero().flatten().tolist()
    assert allowed
    assert max(allowed) < len(tokenizer)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_masks_meet_logits_of_any_type(dtype: torch.dtype) -> None:
    packed = masks.allocate(2, 70)
    masks.only(packed, 0, (0, 31, 32, 69))
    masks.only(packed, 1, (63,))
    logits = masks.apply(packed, torch.zeros(2, 70, dtype=dtype))
    assert [row.nonzero().flatten().tolist() for row in (logits == 0)] == [[0, 31, 32, 69], [63]]
    assert masks.test_bit(packed, 0, 31)
    assert not masks.test_bit(packed, 1, 31)


def test_a_constraint_for_each_prompt_whatever_the_order_of_the_batches() -> None:
    patterns = ["a{3}", "b{2}", "[0-9]{4}", "x", "c|d"]
    guard = processor(toy_model(), [Regex(pattern) for pattern in patterns])
    prompts = ["<|bos|>" + "t" * length for length in (3, 9, 1, 7, 5)]
    completions = toy_model().complete(prompts, processor=guard, batch_size=2, max_new_tokens=8)
    texts = [completion.text for completion in completions]
    assert texts[:2] == ["aaa", "bb"]
    assert len(texts[2]) == 4
    assert texts[2].isdigit()
    assert texts[3] == "x"


def test_constraints_that_do_not_fit_the_batch_are_an_error() -> None:
    guard = processor(toy_model(), [Regex("a"), Regex("b")])
    with pytest.raises(GrammarError, match="2 constraints do not fit 3 rows"):
        guard.masks(torch.tensor([[1], [1], [1]]))


def test_outlines_takes_the_processor() -> None:
    import outlines

    generator = outlines.Generator(toy_model().outlines, processor=words("xgrammar"))
    for _ in range(2):
        text = generator.batch(["<|bos|>t"], max_new_tokens=20)[0]
        assert text[:2] in ("ab", "cd")


@pytest.mark.gpu
@pytest.mark.parametrize("engine", ENGINES)
def test_masks_reach_the_gpu(engine: str) -> None:
    """The same masks, and legal text from a model on CUDA in bf16."""
    logits = torch.zeros(2, toy_model().logit_width)
    prompts = torch.tensor([[1], [1]])
    here, there = words(engine)(prompts, logits.clone()), words(engine)(prompts.cuda(), logits.clone().cuda())
    assert torch.equal(here, there.cpu())
    tokenizer = pocket_tokenizer()
    model = TransformersModel("gpu", network(len(tokenizer)).to("cuda", torch.bfloat16), tokenizer)
    guard = processor(model, JsonSchema(SCHEMA), engine)
    for completion in model.complete(["<|bos|>t", "<|bos|>tt"], processor=guard, temperature=1.0):
        json.loads(completion.text)


@pytest.mark.parametrize("engine", ENGINES)
def test_masks_filled_together_are_those_filled_one_by_one(engine: str) -> None:
    """Rows at different places, one that has ended and one that left the grammar among them."""
    encode = toy_model().tokenizer.encode
    stop = toy_model().stop_ids[0]
    texts = [encode(text, add_special_tokens=False) for text in ("", "a", "ab", "abcd1", "zz", "ab12")]
    rows = [(Row(compile_for("pocket", PATTERN, engine)), index) for index in range(len(texts))]
    for (row, _), text in zip(rows, texts, strict=True):
        row.become([*text, stop] if text == texts[-1] else text)
    together, alone = (masks.allocate(len(rows), toy_model().logit_width) for _ in range(2))
    assert len(rows) >= TOGETHER
    write_masks(rows, together)
    for pair in rows:
        write_masks([pair], alone)
    assert torch.equal(together, alone)


@pytest.mark.parametrize("allowed", [1, 5, 400, 3990])
@pytest.mark.parametrize("width", [4003, masks.NARROW + 5])
def test_narrow_sparse_and_dense_masks_do_the_same(width: int, allowed: int) -> None:
    chance = random.Random(allowed)
    packed = masks.allocate(3, width)
    for row in range(3):
        masks.only(packed, row, tuple(chance.sample(range(width), allowed)))
    logits = torch.randn(3, width)
    wanted = logits.masked_fill(~masks.unpack(packed, width), float("-inf"))
    assert torch.equal(masks.apply(packed, logits.clone()), wanted)
