"""``workbook lab``: JupyterLab on the first notebook, with this Python as its kernel."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import typer

from workbook.core.errors import WorkbookError
from workbook.core.settings import repo_root

FIRST = "notebooks/00_start_here.ipynb"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("lab", context_settings=settings, epilog="Example: workbook lab --no-browser --port 8890")(lab)


def lab(context: typer.Context) -> None:
    """Open JupyterLab on the first notebook. Options that follow are JupyterLab's own.

    It listens on this machine alone, and asks no server for news or updates.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise WorkbookError("JupyterLab is not installed", "make lab (or: pip install -r requirements.lock)")
    root = repo_root()
    command = lab_command(root, context.args)
    os.chdir(root)
    # The environment's own kernel comes before one that the user installed elsewhere.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    # Nobody is asked whether to be told Jupyter's news.
    ours = [str(Path(__file__).parent / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, ours))
    sys.stdout.flush()
    os.execv(command[0], command)


def lab_command(root: Path, extra: list[str]) -> list[str]:
    """The command line that serves ``root``; ``extra`` comes last, so that a user's option wins."""
    opened = f"/lab/tree/{FIRST}" if (root / FIRST).is_file() else "/lab"
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={root}",
        "--ServerApp.ip=127.0.0.1",
        f"--LabApp.default_url={opened}",
        # The extension manager would list PyPI's extensions at every start.
        "--LabApp.extension_manager=readonly",
        # In a container the user often is root, which Jupyter refuses unless told.
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        *extra,
    ]
