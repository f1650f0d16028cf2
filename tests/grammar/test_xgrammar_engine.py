"""What our wrapper of xgrammar adds to the engine."""

from __future__ import annotations

import pytest
from toys import toy_model

from workbook.core.constraints import JsonSchema
from workbook.grammar.compiling import compiled


def test_control_tokens_are_refused_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    model = toy_model()
    matcher = compiled(model, JsonSchema({"type": "object"}), "xgrammar")[0].matcher()
    assert not matcher.consume(model.tokenizer.convert_tokens_to_ids("<|im_start|>"))
    shown = capfd.readouterr()
    assert shown.out + shown.err == ""
    assert matcher.consume(model.tokenizer.convert_tokens_to_ids("{"))
