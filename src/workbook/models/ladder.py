"""The ladder: earlier checkpoints of the pocket model's training, in 8 bits so that the clone stays small.

A rung is one safetensors file. Each matrix ``NAME`` is int8 with one scale a row
(``NAME.scale``, the row's largest magnitude over 127); vectors keep their type. The
configuration is in the file's header when it differs from the shipped pocket's;
tokenizer and template are always the pocket's. The twins, two models of one base and one budget of which only one
was ever shown how to ask, are stored in the same way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.core.errors import WorkbookError
from workbook.core.files import aside
from workbook.core.settings import data_dir, unknown

if TYPE_CHECKING:
    import torch

SCALE = ".scale"
LARGEST = 127
TWINS = ("asking", "guessing")


def quantize(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The rung of a state dict: matrices in int8 with a float32 scale a row, the rest unchanged."""
    rung: dict[str, torch.Tensor] = {}
    for name, weight in state.items():
        if weight.ndim == 2 and weight.is_floating_point():
            rung[name], rung[name + SCALE] = _quantize_rows(weight)
        else:
            rung[name] = weight.detach().cpu().contiguous()
    return rung


def _quantize_rows(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    rows = weight.detach().float().cpu()
    scale = rows.abs().amax(dim=1).clamp(min=torch.finfo(torch.float32).tiny) / LARGEST
    levels = (rows / scale[:, None]).round().clamp(-LARGEST, LARGEST)
    return levels.to(torch.int8).contiguous(), scale.contiguous()


def dequantize(rung: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The state dict, in float32, that a rung stands for."""
    return {
        name: tensor.float() * rung[name + SCALE][:, None] if name + SCALE in rung else tensor
        for name, tensor in rung.items()
        if not name.endswith(SCALE)
    }


def rung_path(name: str) -> Path:
    """Where the rung, or the twin, of that name lies."""
    return data_dir() / "models" / ("twins" if name in TWINS else "ladder") / f"{name}.safetensors"


def rung_names() -> list[str]:
    """The rungs of the ladder that are there, lowest first."""
    return sorted(path.stem for path in rung_path("x").parent.glob("*.safetensors"))


def trained_tokens(id: str) -> int | None:
    """Tokens of the tools stage that a model of the ladder had read; None for a model that is not on it.

    ``pocket@0013M`` is named by its millions of tokens; for ``pocket``, where the ladder ends, its record says.
    """
    if id == "pocket":
        record = data_dir() / "models" / "pocket" / "training.json"
        return int(json.loads(record.read_text(encoding="utf-8"))["tokens"])
    named = re.fullmatch(r"pocket@(\d+)M", id)
    return 10**6 * int(named[1]) if named else None


def save_rung(path: Path, state: Mapping[str, torch.Tensor], config: Mapping[str, Any] | None = None) -> None:
    """Write a rung; give ``config`` when the model's differs from the shipped pocket's.

    A tied output matrix is left out, for it is the input matrix.
    """
    from safetensors.torch import save_file

    tied = "lm_head.weight" in state and _same(state["lm_head.weight"], state.get("model.embed_tokens.weight"))
    kept = {name: weight for name, weight in state.items() if not (tied and name == "lm_head.weight")}
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"format": "pt"} | ({"config": json.dumps(dict(config))} if config else {})
    with aside(path) as part:
        save_file(quantize(kept), str(part), metadata=metadata)


def _same(a: torch.Tensor, b: torch.Tensor | None) -> bool:
    return b is not None and a.data_ptr() == b.data_ptr()


def load_rung(name: str, dtype: Any = None) -> Any:
    """The network of rung ``name``, on CPU; raises :class:`UsageError` naming the nearest rung."""
    from safetensors import safe_open

    path = rung_path(name)
    if not path.is_file():
        raise unknown("rung of the ladder", name, [*rung_names(), *TWINS])
    with safe_open(path, framework="pt") as file:
        rung = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
        stored = (file.metadata() or {}).get("config")
    return _build(name, dequantize(rung), json.loads(stored) if stored else _pocket_config(), dtype)


def _pocket_config() -> dict[str, Any]:
    return json.loads((data_dir() / "models" / "pocket" / "config.json").read_text(encoding="utf-8"))


def _build(name: str, state: dict[str, torch.Tensor], settings: dict[str, Any], dtype: Any) -> Any:
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    network = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa", trust_remote_code=False)
    try:
        missing, unexpected = network.load_state_dict(state, strict=False)
    except RuntimeError as error:  # torch's word for matrices of other sizes
        raise _misfit(name, str(error)[:200]) from error
    lacking = [key for key in missing if not (key == "lm_head.weight" and config.tie_word_embeddings)]
    if lacking or unexpected:
        raise _misfit(name, f"missing {lacking[:3]}, unexpected {unexpected[:3]}")
    network.tie_weights()
    return network.to(dtype) if dtype is not None else network


def _misfit(name: str, why: str) -> WorkbookError:
    return WorkbookError(
        f"rung {name!r} does not fit its configuration: {why}",
        "Restore the file from version control, or train again with `workbook train pocket`.",
    )
