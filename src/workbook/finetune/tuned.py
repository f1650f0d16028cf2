"""What fine-tuning leaves: a folder that ``load_model`` takes, with its record and its card.

Merged weights (bf16, safetensors, ready for vLLM and for GGUF), tokenizer and chat template; or LoRA's adapter alone,
which is merged when it is loaded (``models.adapters``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from workbook.core.environment import hardware, versions
from workbook.core.files import files_aside, write_whole
from workbook.models.four_bit import merged_into
from workbook.models.loading import fingerprint


def write_tuned(network: Any, tokenizer: Any, out: Path, made: Mapping[str, Any], merge: bool) -> None:
    """Write the folder; ``made`` says how it was made."""
    import torch

    with files_aside(out) as part:
        if merge:
            _whole(network, out, made).to(torch.bfloat16).save_pretrained(part)
            tokenizer.save_pretrained(part)
        else:
            for config in network.peft_config.values():
                config.base_model_name_or_path = made["base"]  # its name, and not the folder where it lay
            network.to(torch.bfloat16).save_pretrained(part, save_embedding_layers=False)
    used = versions() | {name: version(name) for name in ("trl", "peft", "datasets", "accelerate")}
    weights = fingerprint(list(out.glob("*.safetensors")))
    record = {**made, "hardware": hardware(), "versions": used, "sha256": weights}
    write_whole(out / "training.json", json.dumps(record, indent=1) + "\n")
    write_whole(out / "README.md", _card(out.name, record, merge))


def _whole(network: Any, out: Path, made: Mapping[str, Any]) -> Any:
    """All weights, LoRA's matrices merged: into the base as it is stored where it was held in 4 bits."""
    if not made["recipe"]["lora"]:
        return network
    if not made["recipe"]["four_bit"]:
        return network.merge_and_unload()
    adapter = out / "checkpoints" / "adapter"
    network.save_pretrained(adapter, save_embedding_layers=False)
    return merged_into(made["base"], adapter)


def _card(name: str, record: Mapping[str, Any], merge: bool) -> str:
    recipe, data = record["recipe"], record["data"]
    how = f"LoRA of rank {recipe['lora']}" if recipe["lora"] else "all weights"
    how += ", base in 4 bits" if recipe["four_bit"] else ""
    step = f"{recipe['batch']} " + (f"sequences of {recipe['pack']:,} tokens" if recipe["pack"] else "rows")
    since = " since it was resumed" if record["resumed"] else ""
    rows = [
        ("base", f"{record['base']}, sha256 `{record['base_sha256'][:12]}`"),
        ("tuned", f"{how}, {recipe['epochs']:g} epochs, {record['steps']} steps of {step}"),
        ("data", f"{data['rows']:,} rows, sha256 `{data['sha256'][:12]}`; {_loss(recipe)}"),
        *_more_data(record),
        ("rate, seed", f"{recipe['rate']:g}, {recipe['seed']}"),
        ("last loss", f"{record['loss'][-1][1]:.4f}" if record["loss"] else "not noted"),
        ("hardware", f"{record['hardware']}, {record['seconds']:.0f} seconds{since}"),
        ("versions", ", ".join(f"{package} {number}" for package, number in record["versions"].items())),
        ("weights", f"sha256 `{record['sha256'][:12]}`"),
    ]
    table = "\n".join(f"| {what} | {said} |" for what, said in rows)
    kept = "Merged weights." if merge else "An adapter: it is merged into its base when it is loaded."
    head = f"---\nbase_model: {record['base']}\nlibrary_name: {'transformers' if merge else 'peft'}\n---"
    return f"{head}\n\n# {name}\n\n{kept}\n\n| | |\n|---|---|\n{table}\n\nThe loss curve is in training.json.\n"


def _loss(recipe: Mapping[str, Any]) -> str:
    if recipe["beta"] is not None:
        return f"preferences by DPO, beta {recipe['beta']:g}"
    return "loss on the assistant's turns alone"


def _more_data(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was mixed in, and what was held out."""
    mixed = [
        f"{part['share']:.0%} {part['source']} ({part['rows']:,} rows)" for part in record["data"].get("mixed", [])
    ]
    rows = [("mixed in", ", ".join(mixed))] if mixed else []
    if "best" in record:
        held, best = record["data"]["held_out"], record["best"]
        told = f"{held['rows']:,} rows, sha256 `{held['sha256'][:12]}`; lowest loss {best['loss']:.4f} at step"
        rows.append(("held out", f"{told} {best['step']}, whose weights these are"))
    return rows
