"""The likelihood of a given answer: the model's own numbers, token by token; who cannot say is refused."""

from __future__ import annotations

import math

import pytest
from toys import toy_model

from workbook.core.chat import Tool, ToolCall, assistant, user
from workbook.models.base import ModelError
from workbook.models.likelihood import TooLong, answer_likelihood

TOOL = Tool("get_weather", "Weather.", {"type": "object", "properties": {"city": {"type": "string"}}})
ASKED = [user("What is the weather?")]


def by_hand(model, prompt: str, answer: str) -> float:
    """One forward pass for each token."""
    import torch

    ids, total = model.encode(prompt), 0.0
    for token in [*model.tokenizer.encode(answer, add_special_tokens=False)]:
        with torch.inference_mode():
            logits = model.network(input_ids=torch.tensor([ids])).logits[0, -1].float()
        total += float(torch.log_softmax(logits, -1)[token])
        ids = [*ids, token]
    return total


def test_it_is_the_sum_over_the_tokens_the_end_included():
    model = toy_model()
    found = answer_likelihood(model, ASKED, [TOOL], assistant("alpha beta"))
    prompt = model.render(ASKED, [TOOL])
    assert math.isclose(found.total, by_hand(model, prompt, "alpha beta<|im_end|>"), abs_tol=1e-3)
    assert found.tokens == len(model.tokenizer.encode("alpha beta<|im_end|>", add_special_tokens=False))
    assert math.isclose(found.per_token, found.total / found.tokens)


def test_a_call_is_written_as_the_template_writes_it():
    model = toy_model()
    call = ToolCall("get_weather", {"city": "Paris"})
    found = answer_likelihood(model, ASKED, [TOOL], assistant("", call))
    text = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call><|im_end|>'
    assert math.isclose(found.total, by_hand(model, model.render(ASKED, [TOOL]), text), abs_tol=1e-3)


def test_an_answer_cannot_end_its_turn_by_spelling_it():
    model = toy_model()
    plain = answer_likelihood(model, ASKED, [], assistant("alpha"))
    spelled = answer_likelihood(model, ASKED, [], assistant("alpha<|im_end|>beta"))
    assert spelled.tokens > plain.tokens + 5


def test_a_model_without_a_template_knows_words_and_no_calls():
    model = toy_model("plain")
    assert answer_likelihood(model, ASKED, [], assistant("alpha")).total < 0
    with pytest.raises(ModelError, match="no chat template"):
        answer_likelihood(model, ASKED, [TOOL], assistant("", ToolCall("get_weather", {})))


def test_a_text_beyond_the_context():
    with pytest.raises(TooLong, match="reads at most 1024"):
        answer_likelihood(toy_model(), ASKED, [], assistant("alpha " * 2000))
