"""Progress for real: two processes at once, a process that is killed, files that cannot be read or written."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from workbook.study.progress import Attempted, Guess, Progress, Review

COUNT = """
import sys
from dataclasses import replace
from pathlib import Path
from workbook.study.progress import Progress
store = Progress(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    done = store.update("00.a", lambda before: replace(before, attempts=before.attempts + 1))
    print(done.attempts, flush=True)
"""


def counting(path: Path, times: int) -> subprocess.Popen[str]:
    """A process that counts attempts, and says each count once it is kept."""
    command = [sys.executable, "-c", COUNT, str(path), str(times)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def review(id: str = "01.a#choice", score: float = 1.0) -> Review:
    return Review(id, "2026-01-01T10:00:00+00:00", score)


def test_two_notebooks_at_once_lose_no_count(tmp_path: Path) -> None:
    path = tmp_path / "home" / "progress.sqlite3"
    both = [counting(path, 40) for _ in range(2)]
    errors = [process.communicate(timeout=60)[1] for process in both]
    assert errors == ["", ""]
    assert Progress(path).get("00.a").attempts == 80


def test_a_killed_notebook_keeps_all_that_it_said_it_kept(tmp_path: Path) -> None:
    path = tmp_path / "progress.sqlite3"
    process = counting(path, 100_000)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(25)]
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
    said += process.stdout.readlines()
    whole = [int(line) for line in said if line.endswith("\n")]
    kept = Progress(path).get("00.a").attempts
    # The last one may have been kept and not yet said.
    assert kept in (whole[-1], whole[-1] + 1)
    assert Progress(path).update("00.a", lambda before: replace(before, passed=True)).attempts == kept


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    store = Progress(tmp_path / "progress.sqlite3")
    store.review(review(), lambda row: {"due": "first"})

    def fails(row: object) -> dict[str, str]:
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        store.review(review(score=0.0), fails)
    assert store.cards() == {"01.a#choice": {"due": "first"}}
    assert store.reviews() == [review()]


@pytest.mark.parametrize("in_memory", [True, False])
def test_what_is_kept_is_read_back(tmp_path: Path, in_memory: bool) -> None:
    path = None if in_memory else tmp_path / "progress.sqlite3"
    store = Progress(path)
    store.commit("q", Guess(40, 0.5))
    store.commit("q", Guess(60, 0.95))
    store.update("00.a", lambda before: replace(before, hints=2))
    store.review(review(), lambda row: {"seen": row})
    store.review(review(score=0.25), lambda row: {"seen": row})
    again = store if in_memory else Progress(path)
    assert again.guess("q") == Guess(60, 0.95)
    assert again.guess("other") is None
    assert again.exercises() == {"00.a": Attempted(hints=2)}
    assert again.get("00.b") == Attempted()
    assert [one.score for one in again.reviews()] == [1.0, 0.25]
    assert again.cards()["01.a#choice"] == {"seen": {"seen": None}}


def test_reading_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "home" / "progress.sqlite3"
    assert Progress(path).exercises() == {}
    assert not path.parent.exists()


def test_a_broken_file_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "progress.sqlite3"
    path.write_text("{ no database, and long enough to be taken for one by nobody }" * 20)
    with pytest.warns(UserWarning, match=r"kept as progress\.broken1\.sqlite3"):
        assert Progress(path).exercises() == {}
    assert (tmp_path / "progress.broken1.sqlite3").read_text().startswith("{ no database")
    path.write_text("another one" * 100)
    with pytest.warns(UserWarning, match=r"progress\.broken2\.sqlite3"):
        Progress(path).commit("q", Guess(1, 0.5))
    assert Progress(path).guess("q") == Guess(1, 0.5)


def test_a_home_that_cannot_be_written_is_said_once() -> None:
    store = Progress(Path("/dev/null/nowhere/progress.sqlite3"))
    with pytest.warns(UserWarning, match="WORKBOOK_HOME"):
        store.commit("q", Guess(1, 0.5))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.commit("r", Guess(2, 0.5))
    assert store.guess("q") == Guess(1, 0.5)


def test_a_full_disk_keeps_the_old_rows_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "progress.sqlite3"
    Progress(path).commit("old", Guess(1, 0.5))
    from workbook.study import progress_file

    connect = progress_file._connect

    def full(where: str) -> sqlite3.Connection:
        if where != ":memory:":
            raise sqlite3.OperationalError("database or disk is full")
        return connect(where)

    monkeypatch.setattr(progress_file, "_connect", full)
    store = Progress(path)
    with pytest.warns(UserWarning, match="disk is full"):
        store.commit("new", Guess(2, 0.5))
    assert store.guess("old") == Guess(1, 0.5)
    assert store.guess("new") == Guess(2, 0.5)


def test_fields_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    store = Progress(tmp_path / "progress.sqlite3")
    store._file.change("exercise", "00.a", lambda row: {"attempts": 3, "mood": "good"})
    assert store.get("00.a") == Attempted(attempts=3)


def test_the_file_is_in_write_ahead_mode(tmp_path: Path) -> None:
    path = tmp_path / "progress.sqlite3"
    Progress(path).commit("q", Guess(1, 0.5))
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("wal",)
