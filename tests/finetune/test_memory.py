"""The memory plan against what torch holds: counts of weights, and bytes that a layer keeps for its backward pass."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from workbook.finetune.memory import GIB, MISTRAL_7B, Shape, layer_bytes, plan

TOKENS = 256


def config(**changes: Any) -> Any:
    from transformers import MistralConfig

    shape = {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32}
    return MistralConfig(**{**shape, "num_key_value_heads": 8, "vocab_size": 32768, **changes})


def small(**changes: Any) -> Any:
    shape = {"hidden_size": 64, "intermediate_size": 224, "num_attention_heads": 8, "num_key_value_heads": 2}
    return config(**{**shape, "num_hidden_layers": 1, "vocab_size": 64, "sliding_window": None, **changes})


def test_weights_are_counted_as_transformers_counts_them():
    from transformers import MistralForCausalLM

    with torch.device("meta"):
        network = MistralForCausalLM(config())
    assert Shape.read(config().to_dict()) == MISTRAL_7B
    assert MISTRAL_7B.in_matrices + MISTRAL_7B.elsewhere == network.num_parameters() == 7_248_023_552


@pytest.mark.parametrize("rank", [4, 16])
def test_adapters_are_counted_as_peft_counts_them(rank):
    network, made = adapted(rank)
    counted = sum(weight.numel() for name, weight in network.named_parameters() if "lora" in name)
    assert Shape.read(made.to_dict()).in_adapters(rank) == counted


@pytest.mark.parametrize("changes", [{}, {"hidden_size": 128}, {"intermediate_size": 512}, {"num_key_value_heads": 8}])
@pytest.mark.parametrize("rank", [0, 4])
def test_a_layer_keeps_as_many_bytes_as_planned(changes, rank):
    network, made = adapted(rank, **changes)
    assert kept_bytes(network, made) / TOKENS == pytest.approx(layer_bytes(Shape.read(made.to_dict()), rank), rel=0.03)


def adapted(rank: int, **changes: Any) -> tuple[Any, Any]:
    from peft import LoraConfig, get_peft_model
    from transformers import MistralForCausalLM

    made = small(**changes)
    network = MistralForCausalLM(made).to(torch.bfloat16)
    return (get_peft_model(network, LoraConfig(r=rank, target_modules="all-linear")), made) if rank else (network, made)


def kept_bytes(network: Any, made: Any) -> int:
    """What autograd keeps in one layer, weights and the layer's own input left out."""
    body = (network.get_base_model() if hasattr(network, "get_base_model") else network).model
    given = torch.randn(1, TOKENS, made.hidden_size, dtype=torch.bfloat16, requires_grad=True)
    places = torch.arange(TOKENS)[None]
    turned = body.rotary_emb(given, places)
    known = {tensor.untyped_storage().data_ptr() for tensor in (*network.parameters(), *turned, given)}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        whole = TOKENS in tensor.shape  # and not a weight, cast
        if whole and tensor.untyped_storage().data_ptr() not in known:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    network.train()
    with (
        torch.autocast("cpu", dtype=torch.bfloat16),
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
    ):
        body.layers[0](given, attention_mask=None, position_embeddings=turned, position_ids=places)
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


def test_four_bits_hold_what_sixteen_cannot():
    quantized, halved = (plan(MISTRAL_7B, 8192, 16, four_bit) for four_bit in (True, False))
    whole = plan(MISTRAL_7B, 8192)
    assert quantized["together"] < 12 < 16 < halved["together"] < 80 < whole["together"]
    assert whole["weights"] * GIB == 4 * 7_248_023_552
    assert whole["optimizer"] == 2 * whole["gradients"] == 2 * whole["weights"]
    assert halved["adapters"] == 2 * quantized["adapters"]
    for parts in (quantized, halved, whole):
        assert parts["together"] == pytest.approx(sum(parts.values()) - parts["together"])


def test_activations_grow_with_the_tokens_and_weights_do_not():
    one, two = plan(MISTRAL_7B, 4096, 16, True), plan(MISTRAL_7B, 8192, 16, True)
    for name in one:
        grows = name in ("kept activations", "one layer anew", "together")
        assert (two[name] > one[name]) == grows, name
    assert two["kept activations"] == 2 * one["kept activations"]
