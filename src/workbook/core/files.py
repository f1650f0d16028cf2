"""Files that are whole: written aside, then renamed, so that neither a reader nor a kill meets half of one.

Leaves out what grows line by line (``lab.ledger``) and folders that are replaced as one (``runner.book``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


def write_whole(path: Path, content: str | bytes) -> Path:
    """Put ``content``, text as UTF-8, into ``path`` in one step; gives ``path``.

    The folder must be there. Raises ``OSError`` as writing does, and leaves what was there before.
    """
    with aside(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A hidden place beside ``path`` for a library to write to; it becomes ``path`` unless the block raises.

    A link stays a link: the file behind it is replaced. What is no file, such as a pipe behind ``/dev/stdout``, is
    written directly.
    """
    if path.exists() and not path.is_file():  # asked before links are followed: a pipe has no name of its own
        yield path
        return
    target = Path(os.path.realpath(path))
    # With the process's number: two that write the same file must not share a draft.
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def files_aside(folder: Path) -> Iterator[Path]:
    """A hidden folder inside ``folder`` for a library that writes several files, each with a name of its own choice.

    They take their places in ``folder`` one by one, each whole, unless the block raises; what else lies there stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".", suffix=".part", dir=folder) as part:
        yield Path(part)
        for path in sorted(Path(part).iterdir()):
            os.replace(path, folder / path.name)
