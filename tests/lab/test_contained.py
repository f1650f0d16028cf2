"""What a sandbox stops: the programs reach their aims outside, and none of them inside."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from workbook.core.errors import WorkbookError
from workbook.lab.contained import ordered_in, outside, reached
from workbook.tools.bubblewrap import Bubblewrap
from workbook.tools.sandbox import Finished


def test_outside_they_reach_a_file_and_a_listener() -> None:
    assert reached(outside) == {"code that reads a file": True, "code that calls out": True}


def test_a_run_that_does_nothing_reaches_nothing() -> None:
    assert set(reached(lambda program: "").values()) == {False}


def test_in_a_sandbox_they_run_and_reach_neither(require: Callable[[str, bool, str], None]) -> None:
    lacking = Bubblewrap().available()
    require("bubblewrap", not lacking, f"{lacking}: make system-deps")
    run = ordered_in(Bubblewrap())
    assert "output:\n42" in run("print(6 * 7)")
    assert set(reached(run).values()) == {False}


def test_an_order_that_is_not_run_says_nothing_of_the_sandbox() -> None:
    class Broken:
        name, python = "broken", "python"

        def run(self, *given: object) -> Finished:
            raise WorkbookError("no room")

    with pytest.raises(WorkbookError, match="was not run"):
        ordered_in(Broken())("print(1)")  # type: ignore[arg-type]
