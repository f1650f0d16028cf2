"""Every notebook, found by looking: as the learner meets it, as a solved copy, and as it is committed.

The learner's run starts in the repository's root, the solved copy's in notebooks/. Each notebook runs
twice in all, two runs at a time with one thread each; the tests below look at those runs.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbook.core.settings import repo_root
from workbook.lab.ledger import shipped_fingerprints
from workbook.runner import NotebookRun, RunReport, run_notebooks
from workbook.runner.commit import made_with
from workbook.runner.normalise import committed_form
from workbook.runner.notebooks import problems
from workbook.study.solved import outcomes, solved_copy

FOLDER = repo_root() / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
MIME = "application/vnd.workbook.result+json"  # what `record` leaves in a notebook, a contract
WHOLE_PASS = 360  # seconds, in the profile ci, for all fourteen
SLACK = 3  # budgets are of an idle machine; two-core machines alone differ by nearly two in speed
# What depends on the machine and the moment, by the name of the metric.
TIMED = re.compile(r"second|slowdown|latency|memory|mib|_us\b|_ms\b")
COMPARED = ("estimate", "low", "high", "verdict", "ladder")
SAME = ("id", "metric", "n", "model", "sha256", "profile", "seed")
STACK = {
    "workbook", "numpy", "pandas", "matplotlib", "scipy", "IPython", "ipywidgets", "torch", "transformers",
    "tokenizers", "outlines", "outlines_core", "xgrammar", "llguidance", "jsonschema",
}  # fmt: skip
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users|tmp|private|mnt|opt|var|work|workspace)/\w|[A-Z]:\\\\Users")
TIME_OF_DAY = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@dataclass(frozen=True)
class Ran:
    """One run of a notebook and what it left."""

    run: NotebookRun
    notebook: Any


class Runs:
    """Runs each notebook once a way; both ways are sent off when a test first asks for one of them."""

    def __init__(self, folder: Path, workers: Executor) -> None:
        self._folder, self._workers = folder, workers
        self._sent: dict[Path, dict[str, Future[RunReport]]] = {}

    def learner(self, path: Path) -> Ran:
        """From the repository's root, as it is shipped."""
        return self._ran(path, "learner")

    def solved(self, path: Path) -> Ran:
        """From notebooks/, with every exercise answered."""
        return self._ran(path, "solved")

    def _ran(self, path: Path, way: str) -> Ran:
        if path not in self._sent:
            self._sent[path] = {
                "learner": self._send("learner", path, repo_root()),
                "solved": self._send("solved", self._solved_copy(path), FOLDER),
            }
        (run,) = self._sent[path][way].result().notebooks
        return Ran(run, nbformat.read(run.output, as_version=4) if run.output else None)

    def _send(self, way: str, source: Path, cwd: Path) -> Future[RunReport]:
        return self._workers.submit(run_notebooks, [source], "ci", out=self._folder / way, cwd=cwd)

    def _solved_copy(self, path: Path) -> Path:
        copy = self._folder / "sources" / path.name
        copy.parent.mkdir(exist_ok=True)
        nbformat.write(solved_copy(nbformat.read(path, as_version=4)), copy)
        return copy


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Both runs of each notebook, with a ledger and a learner's folder of their own."""
    folder = tmp_path_factory.mktemp("notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_LEDGER", str(folder / "ledger.jsonl"))
        patch.setenv("WORKBOOK_HOME", str(folder / "home"))
        # On two cores, two runs of one thread each take half the time of two runs of two threads in turn.
        patch.setenv("OMP_NUM_THREADS", "1")
        # Processes, since papermill changes the folder of its whole process.
        with ProcessPoolExecutor(2, get_context("spawn")) as workers:
            yield Runs(folder, workers)


def records(notebook: Any) -> list[dict[str, Any]]:
    """What ``record`` and ``cite`` left in a notebook, in order."""
    found = [output.get("data", {}).get(MIME) for cell in notebook.cells for output in cell.get("outputs", [])]
    return [dict(row) for row in found if row]


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def shapes(notebook: Any) -> list[list[str]]:
    """Which cells show which kinds of results; warnings and prints may come and go."""
    kept = [[output for output in cell.outputs if output.output_type != "stream"] for cell in code_cells(notebook)]
    return [[" ".join(sorted(output.get("data", {}))) for output in outputs] for outputs in kept]


def shown_text(notebook: Any) -> str:
    """All outputs as text, without pictures."""
    kept = []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = {mime: value for mime, value in output.get("data", {}).items() if mime != "image/png"}
            kept.append([data, output.get("text", "")])
    return json.dumps(kept)


def test_there_are_notebooks():
    assert NOTEBOOKS, "no notebook under notebooks/: the glob finds nothing, so nothing below would run"


@pytest.mark.notebook
@pytest.mark.slow
@every_notebook
class TestRuns:
    def test_it_runs_as_the_learner_meets_it(self, path, runs, pocket):
        run = runs.learner(path).run
        assert run.status == "ok", f"{run.error}\n{run.cell}"

    def test_it_runs_as_a_solved_copy(self, path, runs, pocket):
        run = runs.solved(path).run
        assert run.status == "ok", f"{run.error}\n{run.cell}"

    def test_exercises_wait_for_the_learner_and_pass_when_solved(self, path, runs, pocket):
        before, after = list(outcomes(runs.learner(path).notebook)), list(outcomes(runs.solved(path).notebook))
        assert before == [(exercise, "untouched") for exercise, _ in after]
        assert after == [(exercise, "right") for exercise, _ in before]

    def test_recorded_values_do_not_depend_on_the_exercises(self, path, runs, pocket):
        pairs = zip(records(runs.learner(path).notebook), records(runs.solved(path).notebook), strict=True)
        for first, second in pairs:
            keys = SAME if TIMED.search(first["metric"]) else SAME + COMPARED
            assert {key: first.get(key) for key in keys} == {key: second.get(key) for key in keys}

    def test_it_stays_inside_its_written_budget(self, path, runs, pocket):
        run = runs.learner(path).run
        assert run.seconds <= SLACK * run.budget["seconds"], "On an idle machine it takes less."
        assert run.peak_mib <= run.budget["mib"]

    def test_what_is_recorded_carries_the_shipped_checkpoint(self, path, runs, pocket):
        rows = [row for row in records(runs.learner(path).notebook) if str(row.get("model")).startswith("pocket")]
        assert {row["sha256"] for row in rows} <= shipped_fingerprints()

    def test_the_committed_cells_are_the_executed_cells(self, path, runs, pocket):
        committed = nbformat.read(path, as_version=4)
        fresh = committed_form(runs.learner(path).notebook, committed)
        assert [cell.source for cell in fresh.cells] == [cell.source for cell in committed.cells]
        assert [row["id"] for row in records(committed)] == [row["id"] for row in records(fresh)]
        assert shapes(committed) == shapes(fresh)


@every_notebook
class TestCommitted:
    def test_its_cells_all_ran_in_order_and_none_failed(self, path):
        cells = code_cells(nbformat.read(path, as_version=4))
        assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "make outputs runs it"
        assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]

    def test_it_was_made_with_the_shipped_checkpoint(self, path, pocket):
        notebook = nbformat.read(path, as_version=4)
        assert notebook.metadata["workbook"].get("made_with") == made_with(), "make refresh renews it"
        rows = [row for row in records(notebook) if str(row.get("model")).startswith("pocket")]
        assert {row["sha256"] for row in rows} <= shipped_fingerprints()

    def test_it_tells_nothing_of_the_machine_or_the_hour(self, path):
        notebook = nbformat.read(path, as_version=4)
        text = shown_text(notebook)
        assert MACHINE_PATH.findall(text) == []
        assert TIME_OF_DAY.findall(text) == []
        assert "widget-view" not in text, "a widget leaves a still picture behind"
        assert "widgets" not in notebook.metadata
        assert "papermill" not in json.dumps(notebook.metadata)

    def test_its_parameters_and_tags_are_sound(self, path):
        assert problems(nbformat.read(path, as_version=4), {"profile": "ci", "model_id": "pocket"}) == []

    def test_it_imports_the_workbook_and_the_scientific_stack_only(self, path):
        names: set[str] = set()
        for cell in code_cells(nbformat.read(path, as_version=4)):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Import):
                    names |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    names.add((node.module or "").split(".")[0])
        assert names - STACK - set(sys.stdlib_module_names) == set()

    def test_it_does_not_bend_its_surroundings(self, path):
        source = "\n".join(cell.source for cell in code_cells(nbformat.read(path, as_version=4)))
        assert re.findall(r"chdir|sys\.path|%pip|!pip|^\s*[!%]", source, re.MULTILINE) == []

    def test_its_budget_is_written(self, path):
        budget = nbformat.read(path, as_version=4).metadata["workbook"]["budget"]["ci"]
        assert budget["seconds"] > 0
        assert budget["mib"] > 0


def test_one_pass_over_all_notebooks_fits():
    budgets = [nbformat.read(path, as_version=4).metadata["workbook"]["budget"]["ci"] for path in NOTEBOOKS]
    assert sum(budget["seconds"] for budget in budgets) <= WHOLE_PASS
