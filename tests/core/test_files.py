import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.core.files import aside, files_aside, write_whole

DIES = """
import os, signal, sys
from pathlib import Path
from workbook.core.files import aside
with aside(Path(sys.argv[1])) as part:
    part.write_text("ha")
    os.kill(os.getpid(), signal.SIGKILL)
"""


DIES_IN_A_FOLDER = """
import os, signal, sys
from pathlib import Path
from workbook.core.files import files_aside
with files_aside(Path(sys.argv[1])) as part:
    (part / "weights").write_text("ha")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def half_written(path: Path, error: type[BaseException]) -> None:
    with aside(path) as part:
        part.write_text("ha")
        raise error


def half_filled(folder: Path, error: type[BaseException]) -> None:
    with files_aside(folder) as part:
        write_whole(part / "weights", "new")
        raise error


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("content", "found"), [("grün\n", "grün\n".encode()), (b"\x00\xff", b"\x00\xff"), ("", b"")])
def test_text_and_bytes_are_written_as_they_are(tmp_path, content, found):
    path = tmp_path / "a.txt"
    assert write_whole(path, content) == path
    assert path.read_bytes() == found
    assert names(tmp_path) == ["a.txt"]


def test_what_was_there_is_replaced_only_at_the_end(tmp_path):
    path = write_whole(tmp_path / "a.txt", "old")
    with aside(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_was_there_stays_where_the_writing_fails(tmp_path, error):
    path = write_whole(tmp_path / "a.txt", "old")
    with pytest.raises(error):
        half_written(path, error)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_killed_process_leaves_what_was_there(tmp_path):
    path = write_whole(tmp_path / "a.txt", "old")
    died = subprocess.run([sys.executable, "-c", DIES, str(path)], check=False)
    assert died.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    write_whole(path, "new")
    assert path.read_text() == "new"


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "there").mkdir()
    file, link = write_whole(tmp_path / "there" / "a.txt", "old"), tmp_path / "link"
    link.symlink_to(file)
    write_whole(link, "new")
    assert link.is_symlink()
    assert file.read_text() == "new"


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
    write_whole(pipe, "through")
    said, _ = reader.communicate(timeout=30)
    assert said == b"through"
    assert pipe.is_fifo()


def test_a_pipe_behind_the_standard_output_is_written_to():
    code = "from pathlib import Path; from workbook.core.files import write_whole; "
    code += "write_whole(Path('/dev/stdout'), 'through')"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "through"


def test_a_folder_that_is_not_there_and_one_in_the_file_s_place_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "a.txt", "text")
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, "text")


class TestFolders:
    def test_its_files_take_their_places_and_the_rest_stays(self, tmp_path):
        folder = tmp_path / "new" / "model"
        with files_aside(folder) as part:
            write_whole(part / "weights", "first")
        write_whole(folder / "card", "kept")
        with files_aside(folder) as part:
            write_whole(part / "weights", "second")
            assert (folder / "weights").read_text() == "first"
        assert {path.name: path.read_text() for path in folder.iterdir()} == {"card": "kept", "weights": "second"}

    @pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
    def test_what_was_there_stays_where_the_writing_fails(self, tmp_path, error):
        write_whole(tmp_path / "weights", "old")
        with pytest.raises(error):
            half_filled(tmp_path, error)
        assert names(tmp_path) == ["weights"]
        assert (tmp_path / "weights").read_text() == "old"

    def test_a_killed_process_leaves_what_was_there(self, tmp_path):
        path = write_whole(tmp_path / "weights", "old")
        died = subprocess.run([sys.executable, "-c", DIES_IN_A_FOLDER, str(tmp_path)], check=False)
        assert died.returncode == -signal.SIGKILL
        assert path.read_text() == "old"
