"""Over the whole frozen set of calls, the shipped model: fast-forward writes what a masked loop writes.

Where the two differ, the masked loop must have spelled forced text in tokens that the tokenizer would not use: there
the engine's mask admits several spellings, and no text has only one.
"""

from __future__ import annotations

import pytest

from workbook.grammar import decoder
from workbook.lab.bench_decoding import FORCING, MAX_NEW_TOKENS, required_call
from workbook.models import load_model
from workbook.models.local import TransformersModel
from workbook.suites.tasks import load_tasks

ROWS = 26


@pytest.mark.slow
@pytest.mark.parametrize("engine", FORCING)
def test_fast_forward_is_exact_over_the_frozen_set(pocket: str, engine: str) -> None:
    model = load_model(pocket)
    assert isinstance(model, TransformersModel)
    tasks = [task for task in load_tasks("calls") if task.expected]
    prompts = [model.render(task.messages, task.tools) for task in tasks]
    constraints = [required_call(task) for task in tasks]
    texts = {}
    for plan in ("masked", "fast_forward"):
        loop = decoder(model, constraints, plan, engine)
        texts[plan] = model.complete(prompts, decoder=loop, max_new_tokens=MAX_NEW_TOKENS, batch_size=ROWS)
    assert len(tasks) >= 500
    assert loop.costs.forced_share > 0.5
    differing = [pair for pair in zip(*texts.values(), strict=True) if pair[0].text != pair[1].text]
    for masked, _ in differing:
        written = [token for token in masked.token_ids if token not in model.stop_ids]
        assert model.tokenizer.encode(masked.text, add_special_tokens=False) != written, masked.text
    assert engine != "llguidance" or not differing, "llguidance admits one spelling of forced text"
