"""Models of a real vocabulary with random weights, for timing only: a mask costs what the vocabulary makes it cost.

The tokenizers are Mistral's own, from the files that the package ``mistral-common`` carries: 32 k pieces
(SentencePiece, version 3) and 131 k (Tekken). On CUDA the network has the shape of Mistral 7B or Nemo 12B; on a CPU it
is small, so that a step takes milliseconds. Nothing that such a model writes means anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.core.settings import unknown

if TYPE_CHECKING:
    from workbook.models.local import TransformersModel


@dataclass(frozen=True)
class Shape:
    """The tokenizer's file, and the real network: width, inner width, layers, heads, key-value heads."""

    file: str
    real: str
    width: int
    inner: int
    layers: int
    heads: int
    groups: int


SHAPES = {
    "32k": Shape("mistral_instruct_tokenizer_240323.model.v3", "Mistral 7B", 4096, 14336, 32, 32, 8),
    "131k": Shape("tekken_240911.json", "Mistral Nemo 12B", 5120, 14336, 40, 32, 8),
}


def stand_in(vocabulary: str, device: str = "cpu") -> TransformersModel:
    """A model with the vocabulary ``32k`` or ``131k`` and random weights; its name says so.

    Raises ``WorkbookError`` for another vocabulary, and ``ModuleNotFoundError`` without ``mistral-common``.
    """
    from workbook.models.local import TransformersModel

    if vocabulary not in SHAPES:
        raise unknown("vocabulary", vocabulary, SHAPES)
    shape = SHAPES[vocabulary]
    tokenizer = real_tokenizer(vocabulary)
    name = f"random weights, {shape.real}'s shape" if device == "cuda" else "random weights, 2 layers of width 128"
    return TransformersModel(name, _network(shape, tokenizer, device), tokenizer, fingerprint=f"random:{vocabulary}")


@lru_cache
def real_tokenizer(vocabulary: str) -> Any:
    """Mistral's tokenizer as transformers knows it."""
    from transformers import PreTrainedTokenizerFast

    path = Path(str(files("mistral_common").joinpath("data", SHAPES[vocabulary].file)))
    backend = _tekken(path) if path.suffix == ".json" else _sentencepiece(path)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", pad_token="</s>", unk_token="<unk>"
    )


def _tekken(path: Path) -> Any:
    from transformers.integrations.mistral.tokenizer import MistralConverter

    return MistralConverter(str(path)).converted()


def _sentencepiece(path: Path) -> Any:
    """Byte-pair encoding with byte fallback; pieces, merges and control tokens are read from the file."""
    from sentencepiece import SentencePieceProcessor
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
    from transformers.tokenization_utils_base import generate_merges

    pieces = SentencePieceProcessor(model_file=str(path))
    vocabulary = {pieces.id_to_piece(index): index for index in range(len(pieces))}
    merges = generate_merges(vocabulary)
    backend = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    backend.normalizer = normalizers.Replace(" ", "▁")
    backend.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    controls = [piece for piece, index in vocabulary.items() if pieces.is_control(index) or pieces.is_unknown(index)]
    backend.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in controls])
    return backend


def _network(shape: Shape, tokenizer: Any, device: str) -> Any:
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    real = device == "cuda"
    config = MistralConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.width if real else 128,
        intermediate_size=shape.inner if real else 256,
        num_hidden_layers=shape.layers if real else 2,
        num_attention_heads=shape.heads if real else 4,
        num_key_value_heads=shape.groups if real else 2,
        head_dim=128 if real else 32,
        max_position_embeddings=4096,
        sliding_window=None,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    with torch.device(device):
        network = MistralForCausalLM(config)
    return network.to(torch.bfloat16) if real else network
