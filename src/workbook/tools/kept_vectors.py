"""Vectors of texts that seldom change, kept in a file, so that a registry of them is filled without the encoder.

Leaves out which texts these are. The file holds numbers only: a digest of each text, and its vector in half precision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.core.errors import WorkbookError
from workbook.tools.embedding import Encoder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class KeptVectors:
    """An encoder that knows some texts by heart, and asks ``encoder`` for all others."""

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self.encoder, self.path = encoder, path
        self.name, self.dimensions = encoder.name, encoder.dimensions

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text, in their order. Raises :class:`WorkbookError` for a file that holds no vectors."""
        import numpy as np

        unknown = list(dict.fromkeys(text for text in texts if digest(text) not in self._known))
        fresh = dict(zip(unknown, self.encoder.encode(unknown), strict=True)) if unknown else {}
        rows = [fresh[text] if text in fresh else self._known[digest(text)] for text in texts]
        return np.array(rows, np.float32).reshape(len(rows), self.dimensions)

    def knows(self, text: str) -> bool:
        """Whether the text's vector is in the file."""
        return digest(text) in self._known

    @cached_property
    def _known(self) -> dict[int, Vectors]:
        import numpy as np

        try:
            with np.load(self.path, allow_pickle=False) as kept:
                digests, vectors = kept["digests"].tolist(), kept["vectors"].astype(np.float32)
        except (OSError, ValueError, KeyError) as error:
            raise WorkbookError(f"{self.path} holds no vectors: {error}", "git checkout -- data/catalogue") from error
        return dict(zip(digests, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), strict=True))


def keep(encoder: Encoder, texts: Sequence[str], path: Path) -> None:
    """Write the vectors of these texts."""
    import numpy as np

    digests = np.array([digest(text) for text in texts], np.uint64)
    np.savez_compressed(path, digests=digests, vectors=encoder.encode(texts).astype(np.float16))


def digest(text: str) -> int:
    """What a text is known by: 64 bits of its SHA-256."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
