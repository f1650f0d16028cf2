"""A base held in 4 bits, so that a large model can be tuned on one GPU (QLoRA, 2305.14314), and the way back to bf16.

transformers and bitsandbytes do the work: NF4 with double quantization, products in bfloat16. Leaves out serving a
model in 4 bits: what is tuned is merged into the base as it was stored.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.core.errors import UsageError
from workbook.models.adapters import is_adapter
from workbook.models.loading import assemble, find_folder

if TYPE_CHECKING:
    from workbook.models.local import TransformersModel


def load_four_bit(id: str) -> TransformersModel:
    """The model on CUDA with its matrices in 4 bits; raises ``UsageError`` without CUDA or without bitsandbytes."""
    _require()
    folder = _base_folder(id)
    return assemble(id, lambda: _quantized(folder), folder, "cuda", list(folder.glob("*.safetensors")))


def merged_into(base: str, adapter: Path) -> Any:
    """The network of ``base`` in bfloat16, on the processor, with the adapter merged: its matrices never rounded."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    stored = AutoModelForCausalLM.from_pretrained(
        _base_folder(base), dtype=torch.bfloat16, use_safetensors=True, trust_remote_code=False, local_files_only=True
    )
    return PeftModel.from_pretrained(stored, str(adapter)).merge_and_unload()


def _require() -> None:
    import torch

    if not torch.cuda.is_available():
        raise UsageError(
            "a base in 4 bits needs CUDA, and torch sees no CUDA device",
            "Tune without --four-bit; `workbook doctor` says what is missing.",
        )
    if find_spec("bitsandbytes") is None:
        raise UsageError(
            "a base in 4 bits needs bitsandbytes, which is not installed",
            "`pip install bitsandbytes`, or tune without --four-bit.",
        )


def _base_folder(id: str) -> Path:
    folder = None if id.startswith("pocket@") else find_folder(id)
    if folder is None or is_adapter(folder):
        raise UsageError(f"{id} is not stored as a whole model, so it cannot be held in 4 bits", "Give its base.")
    return folder


def _quantized(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    bits = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    return AutoModelForCausalLM.from_pretrained(
        folder,
        quantization_config=bits,
        dtype=torch.bfloat16,
        device_map={"": 0},
        attn_implementation="sdpa",
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
    )
