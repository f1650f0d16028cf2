"""The short loop: what it learns from, that it learns, and that it repeats itself."""

from __future__ import annotations

import pytest
import torch

from workbook.finetune.office_apis import office_rows
from workbook.finetune.short import Short, answer_loss, batches, tokenized, tuned
from workbook.models.loading import load_local

ROWS = office_rows(8)


@pytest.fixture
def base(pocket):
    return load_local("pocket-base", "cpu")


def weights(model):
    return {name: value.clone() for name, value in model.network.state_dict().items()}


def test_only_the_assistants_words_and_their_end_are_learned(base):
    ids, learned = tokenized(
        base, {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Yes."}]}
    )
    assert base.decode([one for one, on in zip(ids, learned, strict=True) if on]).strip() == "Yes.<|im_end|>"


def test_all_tokens_means_the_schemas_too(base):
    row = office_rows(1, schemas=True)[0]
    ids, learned = tokenized(base, row, all_tokens=True)
    assert "book_hotel" in base.decode(ids)
    assert sum(learned) == len(ids) > 3 * sum(tokenized(base, row)[1])


def test_the_loss_is_that_of_the_library(base):
    ids, learned = tokenized(base, ROWS[0])
    batch = (torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.long), torch.tensor([learned]))
    labels = torch.tensor([[one if on else -100 for one, on in zip(ids, learned, strict=True)]])
    with torch.no_grad():
        theirs = base.network(input_ids=batch[0], attention_mask=batch[1], labels=labels).loss
        assert answer_loss(base.network, batch).item() == pytest.approx(theirs.item(), rel=1e-4)


@pytest.mark.parametrize("rank", [0, 4])
def test_it_learns_its_rows(base, rank):
    def loss(model):
        ids, learned = tokenized(model, ROWS[0])
        batch = (torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.long), torch.tensor([learned]))
        with torch.no_grad():
            return answer_loss(model.network.float(), batch).item()

    before = loss(base)
    after = loss(tuned(base, ROWS, Short(rank=rank, rate=2e-3, epochs=3)))
    assert after < 0.9 * before


def test_a_seed_gives_the_same_weights_and_another_one_others(pocket):
    runs = [weights(tuned(load_local("pocket-base", "cpu"), ROWS, Short(epochs=1, seed=seed))) for seed in (1, 1, 2)]
    same = [all(torch.equal(runs[0][name], other[name]) for name in runs[0]) for other in runs[1:]]
    assert same == [True, False]


def test_lora_leaves_the_embeddings_alone_but_for_the_words_that_are_named(base):
    before = weights(base)["model.embed_tokens.weight"]
    learned = base.tokenizer("<tool_call>", add_special_tokens=False)["input_ids"]
    for words, moved in (((), []), (("<tool_call>",), learned)):
        model = tuned(load_local("pocket-base", "cpu"), ROWS[:4], Short(rank=2, epochs=1, words=words))
        after = weights(model)
        gone = (after["model.embed_tokens.weight"] != before).any(1).nonzero().flatten().tolist()
        assert gone == moved
        assert torch.equal(after["lm_head.weight"], after["model.embed_tokens.weight"]), "they are tied"


def test_every_row_is_in_one_step_of_each_epoch():
    examples = [([0] * size, name) for name, size in enumerate((3, 1, 4, 1, 5, 9, 2, 6, 5))]
    steps = list(batches(examples, Short(epochs=2, batch=4)))
    assert [len(step) for step in steps].count(4) == 4
    assert sorted(name for step in steps for _, name in step) == sorted([*range(9), *range(9)])


def test_lora_leaves_a_plain_network_that_answers(base):
    model = tuned(base, ROWS[:4], Short(rank=2, epochs=1))
    assert not any("lora" in name for name in model.network.state_dict())
    assert model.complete(["hello"], max_new_tokens=2)
