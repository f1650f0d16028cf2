"""What a program finds inside a sandbox: the system's programs, read-only, a Python, five variables, and a launcher.

Both sandboxes show the same folders of this machine, so that no image has to be downloaded. Leaves out how they are
mounted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""All variables that a program gets."""
NOBODY = 65534
"""The user and the group without rights, on every Linux."""
STARTED = "sandbox ready"
"""What the launcher says on stderr when the sandbox stands: without it the program has not started."""
TOP = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
ETC = ("/etc/ld.so.cache", "/etc/alternatives")
"""Of the configuration only what finds libraries and programs."""


def links() -> dict[str, str]:
    """The links at the root of a merged system, such as ``bin`` to ``usr/bin``."""
    found = [Path("/", name) for name in TOP]
    return {path.name: os.readlink(path).lstrip("/") for path in found if path.is_symlink()}


def shown() -> list[str]:
    """The paths of this machine that are shown, read-only, at the same place."""
    folders = [Path("/", name) for name in ("usr", *TOP)]
    paths = [str(folder) for folder in folders if folder.is_dir() and not folder.is_symlink()]
    paths += [path for path in ETC if Path(path).exists()]
    home = Path(interpreter()).parent.parent
    return paths if home.is_relative_to("/usr") else [*paths, str(home)]


def interpreter() -> str:
    """This Python when it belongs to the system, else the system's, else this one with its folder: never a venv."""
    own, system = Path(sys._base_executable).resolve(), Path("/usr/bin/python3")  # type: ignore[attr-defined]
    return str(system if system.exists() and not own.is_relative_to("/usr") else own)


def launched(command: Sequence[str]) -> list[str]:
    """``command`` behind the launcher, which says that the sandbox stands, and becomes the program."""
    # The text is constant and the command is its arguments: nothing is pasted into a shell.
    return ["/bin/sh", "-c", 'echo "$1" >&2; shift; exec "$@"', "sandbox", STARTED, *command]


def unprivileged() -> dict[str, Any]:
    """Options of ``Popen`` that take root's rights from a process; none where there are none to take.

    Root is exempt from the limit on processes, and owns files that nobody else may read.
    """
    return {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if os.geteuid() == 0 else {}
