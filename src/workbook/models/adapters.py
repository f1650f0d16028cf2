"""LoRA adapters: a few matrices that are merged into their base when they are loaded.

An adapter fits one checkpoint. One whose record names another is refused, because on any other it gives nonsense
without an error.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.models.base import ModelError

if TYPE_CHECKING:
    from workbook.models.local import TransformersModel

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
SHIPPED_ADAPTERS = (
    "drift-memorised", "written-checked", "written-unchecked", "apis-generalist", "apis-memorised", "apis-retrieved",
    "calls-as-json", "calls-as-python",
)  # fmt: skip


def is_adapter(folder: Path) -> bool:
    """Whether the folder holds an adapter in the place of a model."""
    return (folder / CONFIG).is_file()


def base_of(folder: Path) -> str:
    """The id of the model that the adapter was made for."""
    return str(json.loads((folder / CONFIG).read_text(encoding="utf-8"))["base_model_name_or_path"])


def made_for(folder: Path) -> str | None:
    """sha256 of the base that the adapter was made for; None without a training record."""
    record = folder / "training.json"
    return json.loads(record.read_text(encoding="utf-8")).get("base_sha256") if record.is_file() else None


def load_adapter(id: str, folder: Path, load_base: Callable[[str], TransformersModel]) -> TransformersModel:
    """The base with the adapter merged into it. Raises :class:`ModelError` where the base is another checkpoint."""
    from peft import PeftModel

    from workbook.models.local import TransformersModel

    base = load_base(base_of(folder))
    wanted = made_for(folder)
    if wanted not in (None, base.fingerprint):
        raise ModelError(
            f"the adapter {id} was made for another {base.name}: {str(wanted)[:12]}, not {base.fingerprint[:12]}",
            "Make it again: `make adapters` for a shipped one, else `workbook finetune run` as its README.md says.",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # what one library tells the other
        merged = PeftModel.from_pretrained(base.network, str(folder)).merge_and_unload()
    both = merged_fingerprint(folder, base.fingerprint)
    return TransformersModel(id, merged, base.tokenizer, fingerprint=both, chat_format=base.chat_format)


def merged_fingerprint(folder: Path, base: str) -> str:
    """What tells the adapter in its base from every other model; ``base`` is the base's own fingerprint."""
    weights = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    return hashlib.sha256(f"{base} {weights}".encode()).hexdigest()
