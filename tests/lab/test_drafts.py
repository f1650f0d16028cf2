"""Drafts that are counted: the model itself is always accepted, a stranger is not, and a mask helps the stranger."""

from __future__ import annotations

from toys import network, pocket_tokenizer, toy_model

from workbook.core.constraints import Regex
from workbook.lab.drafts import Kept, kept_drafts
from workbook.models.local import TransformersModel

LETTERS = Regex("[a-z ]{24}")


def kept(drafter: TransformersModel, masked: bool) -> Kept:
    return kept_drafts(toy_model(), drafter, "red", LETTERS, masked=masked, max_new_tokens=40)


def test_a_model_that_drafts_for_itself_under_the_mask_is_always_right() -> None:
    own = kept(toy_model(), masked=True)
    # The last draft may reach beyond the end of the text.
    assert own.offered - own.accepted <= 4
    assert own.passes < own.accepted


def test_a_stranger_gains_by_the_mask() -> None:
    stranger = TransformersModel("stranger", network(toy_model().logit_width, seed=5), pocket_tokenizer())
    free, masked = (kept(stranger, how) for how in (False, True))
    assert free.accepted <= masked.accepted
    assert masked.accepted < masked.offered
