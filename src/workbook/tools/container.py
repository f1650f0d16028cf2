"""Code in a container, through the command line of podman or docker: no network, read-only, no rights, and limits.

The image is made here, of empty folders; the system's own folders are mounted on them read-only, so that nothing is
downloaded. The engine limits memory and processes by a cgroup and has a filter of system calls, to which ours is added;
the program runs as nobody. The container is removed on every path; should this process be killed, the container ends
itself at its time limit. Leaves out engines on another machine, whose folders are not these.
"""

from __future__ import annotations

import hashlib
import io
import math
import platform
import subprocess
import tarfile
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from shutil import which

from workbook.core.errors import WorkbookError
from workbook.tools.inside import ENVIRONMENT, NOBODY, interpreter, launched, links, shown
from workbook.tools.sandbox import Finished, Limits, as_bytes, checked_command, checked_files, trial
from workbook.tools.seccomp import filtered
from workbook.tools.supervised import supervise

ANSWER_SECONDS = 20.0
"""For an engine to answer; a daemon that hangs counts as none."""
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
"""Variables that engines pass on by themselves, and that may hold a password."""
OWN_OPTIONS = {
    "podman": ("--http-proxy=false", "--read-only-tmpfs=false"),
    "docker": tuple(f"--env={name}=" for proxy in PROXIES for name in (proxy, proxy.lower())),
}
ULIMITS = {"nofile": 256, "nproc": 1024, "core": 0}
"""Below what a user without rights may have, because some engines ask for more than they are given. Processes of
nobody are counted over all containers, so ``nproc`` is wide, and the cgroup is what limits them."""
SHARED_MEMORY = 2**20
FOLDERS = ("dev", "etc", "proc", "run", "sys", "tmp", "usr")
"""What an engine wants to find in an image; it makes the others to mount on."""


@dataclass(frozen=True)
class Container:
    """The sandbox of a container engine; ``name`` is its program, podman or docker."""

    name: str

    @property
    def python(self) -> str:
        """The path of a Python inside."""
        return interpreter()

    def available(self) -> str:
        """Nothing when it works here, tried once; else the reason why not."""
        if platform.system() != "Linux":
            return "it shows a program the folders of this machine, which is no Linux"
        return trial(self) if which(self.name) else f"no program {self.name}"

    def run(
        self,
        command: Sequence[str],
        files: Mapping[str, str | bytes] | None = None,
        stdin: str | bytes = b"",
        limits: Limits = Limits(),
    ) -> Finished:
        """Run a program to its end or a limit's; see ``workbook.tools.sandbox.Sandbox``."""
        words, contents = checked_command(command), checked_files(files, limits)
        image, container = _image(self.name), f"workbook-{uuid.uuid4().hex}"
        with _on_disk(contents) as folder:
            mounts = {path: path for path in shown()}
            mounts |= {str(folder / path): f"/tmp/{path}" for path in contents}
            place = arguments(self.name, container, mounts, limits)
            line = [self.name, *place, image, *ending(filtered(launched(words), self.python), limits)]
            # The folder is the engine's own, too: some leave a note there when memory runs out.
            return supervise(line, as_bytes(stdin), limits, lambda it: _remove(self.name, container, it), cwd=folder)


def arguments(engine: str, container: str, mounts: Mapping[str, str], limits: Limits) -> list[str]:
    """The engine's own arguments, up to the image; ``mounts`` are read-only, from there to here."""
    ulimits = {**ULIMITS, "fsize": limits.disk}
    return [
        *("run", "--rm", "--interactive", "--pull=never", f"--name={container}", "--log-driver=none"),
        *("--network=none", "--ipc=private", "--hostname=sandbox", "--workdir=/tmp", f"--user={NOBODY}:{NOBODY}"),
        *("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", f"--pids-limit={limits.processes}"),
        *(f"--memory={limits.memory}", f"--memory-swap={limits.memory}", f"--shm-size={SHARED_MEMORY}"),
        *(f"--ulimit={name}={size}:{size}" for name, size in ulimits.items()),
        f"--tmpfs=/tmp:rw,size={limits.disk},mode=1777,nosuid,nodev",
        *(f"--env={name}={value}" for name, value in ENVIRONMENT.items()),
        *(f"--mount=type=bind,source={source},target={target},readonly" for source, target in mounts.items()),
        *OWN_OPTIONS[engine],
    ]


def ending(command: Sequence[str], limits: Limits) -> list[str]:
    """``command`` behind ``timeout``: the container ends by itself, also when nobody is left to end it."""
    return ["/usr/bin/timeout", "--signal=KILL", str(math.ceil(limits.seconds) + 1), *command]


@contextmanager
def _on_disk(contents: Mapping[str, bytes]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="workbook-sandbox-") as name:
        folder = Path(name)
        for path, content in contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
            # Mounted one by one: the folder stays closed to other users, and the program may read the file.
            (folder / path).chmod(0o644)
        yield folder


@lru_cache
def _image(engine: str) -> str:
    """The image of empty folders, brought in where it is not there yet; its name says what is in it."""
    content = _empty_root()
    name = f"workbook-sandbox:{hashlib.sha256(content).hexdigest()[:12]}"
    if _ask(engine, "image", "inspect", name).returncode:
        imported = _ask(engine, "import", "-", name, stdin=content)
        if imported.returncode:
            said = " ".join(imported.stderr.decode("utf-8", "replace").split())[-300:]
            raise WorkbookError(f"{engine} takes no image: {said}", f"Try: {engine} info")
    return name


def _empty_root() -> bytes:
    """An archive of the root: folders to mount on, and links. The same bytes on the same machine."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name in FOLDERS:
            entry = tarfile.TarInfo(name)
            # An engine may give what it mounts on /tmp the mode of the folder under it.
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            tar.addfile(entry)
        for name, target in links().items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return archive.getvalue()


def _remove(engine: str, container: str, process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        # The client first, or the engine waits for it; and removing alone would ask the program to end, and wait too.
        process.kill()
        _ask(engine, "kill", container)
    _ask(engine, "rm", "--force", "--volumes", container)


def _ask(engine: str, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run([engine, *words], input=stdin, capture_output=True, timeout=ANSWER_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WorkbookError(f"{engine} does not answer: {error}", f"Try: {engine} info") from error
