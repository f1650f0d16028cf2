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
from workbook.models.loading import fingerprint


def write_tuned(network: Any, tokenizer: Any, out: Path, made: Mapping[str, Any], merge: bool) -> None:
    """Write the folder; ``made`` says how it was made."""
    import torch

    if not merge:
        for config in network.peft_config.values():
            config.base_model_name_or_path = made["base"]  # its name, and not the folder where it lay
        network.to(torch.bfloat16).save_pretrained(out, save_embedding_layers=False)
    else:
        whole = network.merge_and_unload() if made["recipe"]["lora"] else network
        whole.to(torch.bfloat16).save_pretrained(out)
        tokenizer.save_pretrained(out)
    used = versions() | {name: version(name) for name in ("trl", "peft", "datasets", "accelerate")}
    weights = fingerprint(list(out.glob("*.safetensors")))
    record = {**made, "hardware": hardware(), "versions": used, "sha256": weights}
    (out / "training.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (out / "README.md").write_text(_card(out.name, record, merge), encoding="utf-8")


def _card(name: str, record: Mapping[str, Any], merge: bool) -> str:
    recipe, data = record["recipe"], record["data"]
    how = f"LoRA of rank {recipe['lora']}" if recipe["lora"] else "all weights"
    since = " since it was resumed" if record["resumed"] else ""
    rows = (
        ("base", f"{record['base']}, sha256 `{record['base_sha256'][:12]}`"),
        ("tuned", f"{how}, {recipe['epochs']:g} epochs, {record['steps']} steps of {recipe['batch']} rows"),
        ("data", f"{data['rows']:,} rows, sha256 `{data['sha256'][:12]}`; loss on the assistant's turns alone"),
        ("rate, seed", f"{recipe['rate']:g}, {recipe['seed']}"),
        ("last loss", f"{record['loss'][-1][1]:.4f}" if record["loss"] else "not noted"),
        ("hardware", f"{record['hardware']}, {record['seconds']:.0f} seconds{since}"),
        ("versions", ", ".join(f"{package} {number}" for package, number in record["versions"].items())),
        ("weights", f"sha256 `{record['sha256'][:12]}`"),
    )
    table = "\n".join(f"| {what} | {said} |" for what, said in rows)
    kept = "Merged weights." if merge else "An adapter: it is merged into its base when it is loaded."
    head = f"---\nbase_model: {record['base']}\nlibrary_name: {'transformers' if merge else 'peft'}\n---"
    return f"{head}\n\n# {name}\n\n{kept}\n\n| | |\n|---|---|\n{table}\n\nThe loss curve is in training.json.\n"
