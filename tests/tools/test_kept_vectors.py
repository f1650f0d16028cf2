"""Kept vectors: known texts cost nothing, others are asked for, and the catalogue's are those of the encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from retrieval_toys import ToyEncoder

from workbook.core.errors import WorkbookError
from workbook.tools.kept_vectors import KeptVectors, keep


def test_known_texts_are_not_encoded_again(tmp_path: Path) -> None:
    path, toy = tmp_path / "v.npz", ToyEncoder()
    keep(toy, ["one", "two words"], path)
    toy.seen.clear()
    kept = KeptVectors(toy, path)
    found = kept.encode(["two words", "new", "one", "new"])
    assert toy.seen == ["new"]
    assert np.allclose(found, ToyEncoder().encode(["two words", "new", "one", "new"]), atol=1e-3)
    assert (kept.knows("one"), kept.knows("new"), kept.name) == (True, False, "toy")


def test_no_texts_are_no_rows(tmp_path: Path) -> None:
    keep(ToyEncoder(), ["one"], tmp_path / "v.npz")
    assert KeptVectors(ToyEncoder(), tmp_path / "v.npz").encode([]).shape == (0, 64)


@pytest.mark.parametrize("content", [None, b"no numbers"])
def test_a_file_without_vectors_says_how_to_get_it_back(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "v.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WorkbookError, match="holds no vectors"):
        KeptVectors(ToyEncoder(), path).encode(["one"])
