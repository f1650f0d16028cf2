"""The models that the repository ships: are they here, and are they the ones that their records describe?

Only files and checksums; loading a model is ``workbook.models``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbook.core.settings import data_dir
from workbook.models.adapters import SHIPPED_ADAPTERS, WEIGHTS, base_of, made_for
from workbook.models.loading import SHIPPED, fingerprint

TRAIN = "workbook train pocket --preset cpu"
TUNE = "make adapters"
RESTORE = "git checkout -- data/models"
MIB = 2**20


@dataclass(frozen=True)
class Shipped:
    """One shipped model, or the ladder of them, and its state."""

    id: str
    status: Literal["ok", "missing", "warn"]
    detail: str
    remedy: str = ""


def shipped_models(folder: Path | None = None) -> list[Shipped]:
    """The state of both pocket models, of the ladder and of the adapters, under ``folder`` or data/models."""
    folder = folder or data_dir() / "models"
    pockets = [_pocket(folder / name) for name in SHIPPED]
    return [*pockets, _ladder(folder / "ladder"), *(_adapter(folder / name) for name in SHIPPED_ADAPTERS)]


def _pocket(folder: Path) -> Shipped:
    weights, record = folder / "model.safetensors", folder / "training.json"
    if not weights.is_file():
        return Shipped(folder.name, "missing", "its weights are not in this clone", f"{RESTORE} (or: {TRAIN})")
    found, size = fingerprint([weights]), weights.stat().st_size / MIB
    if not record.is_file():
        return Shipped(folder.name, "warn", f"{found[:12]}, {size:.1f} MiB, without a training record", RESTORE)
    told = json.loads(record.read_text(encoding="utf-8")).get("sha256", "")
    if told != found:
        detail = f"the weights are {found[:12]}, the training record tells of {told[:12] or 'none'}"
        return Shipped(folder.name, "warn", detail, RESTORE)
    return Shipped(folder.name, "ok", f"{found[:12]}, {size:.1f} MiB, as its training record says")


def _ladder(folder: Path) -> Shipped:
    rungs = sorted(path.stem for path in folder.glob("*.safetensors"))
    if not rungs:
        return Shipped("ladder", "warn", "no rungs here; they show an effect against a model's ability", RESTORE)
    return Shipped("ladder", "ok", f"{len(rungs)} rungs: {', '.join(rungs)}")


def _adapter(folder: Path) -> Shipped:
    if not (folder / WEIGHTS).is_file():
        return Shipped(folder.name, "missing", "its weights are not in this clone", f"{RESTORE} (or: {TUNE})")
    base = folder.parent / base_of(folder)
    here = fingerprint([base / "model.safetensors"]) if (base / "model.safetensors").is_file() else "none"
    if made_for(folder) != here:
        detail = f"made for another {base.name}: {str(made_for(folder))[:12]}, not {here[:12]}"
        return Shipped(folder.name, "warn", detail, TUNE)
    return Shipped(folder.name, "ok", f"an adapter for {base.name} {here[:12]}")
