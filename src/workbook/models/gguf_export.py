"""A model's folder written as one GGUF file, the format of llama.cpp.

Covers models of the Llama architecture whose tokenizer is a byte-level BPE like ours: boundary characters
stand alone, and no token joins one of them with a neighbour. That is checked, because llama.cpp does not know our
pre-tokenizer and gets one that cuts less (:data:`PRE`): the token ids are the same only while no merge could reach
over the places where it does not cut. Leaves out everything else, quantization included: llama.cpp brings
converters for that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.models import hermes, tokens
from workbook.models.base import ModelError

if TYPE_CHECKING:
    import torch

PRE = "poro-chat"
"""llama.cpp's name for the pre-tokenizer that cuts least: around white space and :data:`CUTS`, and nowhere else.

Others cut where we do not: those after GPT-2's pattern take ``'s`` off ``'salad'``, DeepSeek's ``>Fran`` off
``>François``.
"""
CUTS = " \t\r\n(|.,!?…。，、।۔،)"
CONVERTER = "llama.cpp's own convert_hf_to_gguf.py knows many more models."


def export_gguf(model_folder: Path, target: Path) -> Path:
    """Write the model in ``model_folder`` to ``target`` and return it; an older file is replaced when all is done.

    Matrices keep the precision that they are stored in; norms become float32, as llama.cpp wants them.
    Raises :class:`ModelError` for an architecture or a tokenizer that would not come out the same.
    """
    from transformers import AutoTokenizer

    config = _config(model_folder)
    tokenizer = AutoTokenizer.from_pretrained(model_folder, trust_remote_code=False, local_files_only=True)
    _require_same_ids(tokenizer)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        _write(unfinished, target.stem, config, tokenizer, model_folder)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def _config(folder: Path) -> dict[str, Any]:
    """The model's config, after a look at all that would be lost on the way."""
    path = folder / "config.json"
    if not path.is_file():
        raise ModelError(f"no config.json in {folder}", "Give the folder of a model in Hugging Face's form.")
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    rope = config.get("rope_parameters") or {}
    odd = {
        "model_type": config.get("model_type") != "llama",
        "attention_bias": config.get("attention_bias", False),
        "mlp_bias": config.get("mlp_bias", False),
        "hidden_act": config.get("hidden_act", "silu") != "silu",
        "rope_type": rope.get("rope_type", "default") != "default" or config.get("rope_scaling") is not None,
    }
    if any(odd.values()):
        listed = ", ".join(name for name, is_odd in odd.items() if is_odd)
        raise ModelError(f"{folder} is not a plain Llama (see its {listed})", CONVERTER)
    return config


def _require_same_ids(tokenizer: Any) -> None:
    """Raise unless llama.cpp's coarser cuts leave every text the token ids that it has here."""
    backend: Any = getattr(tokenizer, "backend_tokenizer", None)
    parts: dict[str, Any] = json.loads(backend.to_str()) if backend is not None else {"model": {"type": None}}
    model = parts["model"]
    unusual = ("dropout", "ignore_merges", "byte_fallback", "continuing_subword_prefix", "end_of_word_suffix")
    if model["type"] != "BPE" or parts["normalizer"] or any(model.get(option) for option in unusual):
        raise ModelError("the tokenizer is not a plain byte-level BPE", CONVERTER)

    def pieces(text: str) -> list[str]:
        return [piece for piece, _ in backend.pre_tokenizer.pre_tokenize_str(text)]

    learned = set(model["vocab"]) - {token["content"] for token in parts["added_tokens"]}
    crossing = [token for token in sorted(learned) if _crosses(token, pieces)]
    uncut = [mark for mark in CUTS if len(pieces(f"a{mark}a")) != 3]
    if crossing or uncut:
        example = f"the token {crossing[0]!r} reaches over a boundary" if crossing else f"{uncut[0]!r} is no boundary"
        raise ModelError(f"llama.cpp would tokenize some texts in another way: {example}", CONVERTER)


def _crosses(token: str, pieces: Callable[[str], list[str]]) -> bool:
    """Whether a boundary may lie inside the token, somewhere in some text."""
    raw = bytes(_BYTE_OF[letter] for letter in token)
    if all(byte & 0xC0 == 0x80 for byte in raw[1:]):
        return False  # all of it belongs to one character
    try:
        return len(pieces(raw.decode())) > 1
    except UnicodeDecodeError:
        return True  # characters of which we see only a part: the rest may make one of them a boundary


def _byte_letters() -> dict[str, int]:
    """GPT-2's spelling of bytes: printable ones stand for themselves, the others for letters from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}


_BYTE_OF = _byte_letters()


def _write(path: Path, name: str, config: dict[str, Any], tokenizer: Any, folder: Path) -> None:
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    try:
        writer.add_name(name)
        _write_shape(writer, config)
        _write_vocabulary(writer, tokenizer, config["vocab_size"])
        _write_special(writer, tokenizer)
        for label, tensor in _tensors(folder, config):
            _write_tensor(writer, label, tensor)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def _write_shape(writer: Any, config: dict[str, Any]) -> None:
    heads, head = config["num_attention_heads"], _head_size(config)
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(_rope_base(config))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])


def _head_size(config: dict[str, Any]) -> int:
    return int(config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])


def _rope_base(config: dict[str, Any]) -> float:
    return float((config.get("rope_parameters") or config).get("rope_theta", 10000.0))


def _write_vocabulary(writer: Any, tokenizer: Any, width: int) -> None:
    """Tokens, their types and the merges; rows of the embedding without a token get names of their own."""
    from gguf import TokenType

    controls = set(tokens.control_tokens(tokenizer).values())
    known = {index: token for token, index in tokenizer.get_vocab().items()}
    if max(known) >= width:
        raise ModelError(f"the tokenizer has {max(known) + 1} tokens and the model {width} rows for them")
    kinds = {index: TokenType.CONTROL if index in controls else TokenType.NORMAL for index in known}
    # A server prints these, and drops the other control tokens: so it sees where a call begins.
    kinds |= {index: TokenType.USER_DEFINED for index, token in known.items() if token in (hermes.OPEN, hermes.CLOSE)}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE)
    writer.add_token_list([known.get(index, f"[PAD{index}]") for index in range(width)])
    writer.add_token_types([kinds.get(index, TokenType.UNUSED) for index in range(width)])
    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    writer.add_token_merges([" ".join(pair) for pair in merges])


def _write_special(writer: Any, tokenizer: Any) -> None:
    """Which tokens begin, end and pad a text, and the chat template."""
    bos = tokenizer.bos_token_id
    for add, index in (
        (writer.add_bos_token_id, bos),
        (writer.add_eos_token_id, tokenizer.eos_token_id),
        (writer.add_pad_token_id, tokenizer.pad_token_id),
    ):
        if index is not None:
            add(index)
    writer.add_add_bos_token(bos is not None and tokens.adds_bos(tokenizer))
    writer.add_add_eos_token(False)
    if tokenizer.chat_template:
        writer.add_chat_template(tokenizer.chat_template)


def _tensors(folder: Path, config: dict[str, Any]) -> Iterator[tuple[str, torch.Tensor]]:
    """Every weight under llama.cpp's name; the output matrix is left out where it is the embedding's twin."""
    from gguf import MODEL_ARCH, get_tensor_name_map
    from safetensors import safe_open

    names = get_tensor_name_map(MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    heads = config["num_attention_heads"]
    rows = {"q_proj": heads, "k_proj": config.get("num_key_value_heads") or heads}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 (the file is not a dict)
                if name == "lm_head.weight" and config.get("tie_word_embeddings"):
                    continue
                label = names.get_name(name, try_suffixes=(".weight",))
                if label is None:
                    raise ModelError(f"{path.name} holds {name}, which a plain Llama has not", CONVERTER)
                turned = next((count for part, count in rows.items() if f".{part}." in name), 0)
                tensor = file.get_tensor(name)
                yield label, _interleaved(tensor, turned) if turned else tensor


def _interleaved(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows of a query or key matrix in llama.cpp's order.

    Rotary embeddings turn pairs of rows: ``(i, i + half)`` of a head in transformers, ``(2i, 2i + 1)`` in llama.cpp.
    """
    half = weight.shape[0] // heads // 2
    return weight.view(heads, 2, half, weight.shape[1]).transpose(1, 2).reshape(weight.shape).contiguous()


def _write_tensor(writer: Any, label: str, tensor: torch.Tensor) -> None:
    import torch
    from gguf import GGMLQuantizationType

    if tensor.ndim == 1:
        tensor = tensor.float()
    if tensor.dtype is not torch.bfloat16:
        writer.add_tensor(label, tensor.numpy())
        return
    # numpy has no bfloat16: its bytes are handed over as such
    writer.add_tensor(label, tensor.view(torch.uint8).numpy(), raw_dtype=GGMLQuantizationType.BF16)
