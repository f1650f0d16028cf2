"""The figures of the page on scaling: from the results, and only between the marks."""

from __future__ import annotations

import json

import pytest

from workbook.core.errors import WorkbookError
from workbook.core.settings import data_dir
from workbook.lab.scaling import BEGIN, END, filled, table


def test_the_table_follows_the_results(tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    bench = json.loads((data_dir() / "results" / "bench_gateway_cpu.json").read_text())
    bench["rows"][0] |= {"rate": 50.0, "lost": 3, "p50_ms": 7.5}
    (tmp_path / "results" / "bench_gateway_cpu.json").write_text(json.dumps(bench))
    monkeypatch.setenv("WORKBOOK_DATA", str(tmp_path))
    shown = table()
    assert "50 requests a second" in shown
    assert "| lost, done twice | 3, 0 |" in shown
    assert "7.5 ms" in shown
    assert "34 at 30 each" in shown


def test_only_what_stands_between_the_marks_is_written():
    text = filled(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert text.startswith(f"before\n{BEGIN}\n| | |")
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text
    assert filled(text) == text


def test_a_page_without_marks_is_an_error():
    with pytest.raises(WorkbookError, match="marks"):
        filled("no marks")
