"""Writing an executed copy back over its notebook, in the form that is committed.

The notebook's metadata then say which checkpoint its outputs were made with, so that a test notices when
another one is shipped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

from workbook.core.errors import UsageError
from workbook.core.files import aside
from workbook.core.settings import data_dir
from workbook.models.loading import fingerprint
from workbook.runner.normalise import committed_form

PROFILE, MODEL = "ci", "pocket"
"""What committed outputs are made with."""


def require_committable(profile: str, model: str) -> None:
    """Raise unless a run of these gives what the repository commits."""
    if (profile, model) != (PROFILE, MODEL):
        raise UsageError(
            f"committed outputs are those of the profile {PROFILE} and the model {MODEL}, not of {profile} and {model}",
            f"Use --in-place with --profile {PROFILE}, or look at the copies under --out.",
        )


def made_with() -> dict[str, Any]:
    """The checkpoint, model and profile that committed outputs are made with now."""
    weights = data_dir() / "models" / MODEL / "model.safetensors"
    return {"profile": PROFILE, "model": MODEL, "sha256": fingerprint([weights]) if weights.is_file() else None}


def write_back(executed: Path, original: Path) -> None:
    """Put the outputs of ``executed`` into the notebook ``original``, in one step."""
    notebook = committed_form(nbformat.read(executed, as_version=4), nbformat.read(original, as_version=4))
    notebook.metadata["workbook"] = {**notebook.metadata.get("workbook", {}), "made_with": made_with()}
    with aside(original) as part:
        nbformat.write(notebook, part)
