"""The HTML report of a run: an index and one page per notebook, without a request to any server.

Pages follow the reader's choice of light or dark. nbconvert makes the notebook's body; the page around
it is ours, because its full template loads scripts from the network.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

from workbook.core.files import write_whole
from workbook.runner.grid import point_text

if TYPE_CHECKING:
    from workbook.runner.run import NotebookRun, RunReport

PALETTE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1c2128; --soft: #59636e; --line: #d1d9e0; --box: #f6f8fa;
  --ok: #1a7f37; --failed: #cf222e; --link: #0969da; }
@media (prefers-color-scheme: dark) { :root { --page: #151b23; --ink: #e6edf3; --soft: #9198a1; --line: #3d444d;
  --box: #0d1117; --ok: #3fb950; --failed: #ff7b72; --link: #58a6ff; } }
"""
STYLE = """
body { background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; margin: 0 auto;
  max-width: 60rem; padding: 2rem 1.25rem 4rem; }
a { color: var(--link); }
h1 { line-height: 1.2; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .8rem .4rem 0; text-align: left; vertical-align: top; }
td.number { font-variant-numeric: tabular-nums; text-align: right; }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; padding: .7rem;
  font: 13px/1.45 ui-monospace, monospace; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
img, svg { max-width: 100%; height: auto; }
blockquote { border-left: 3px solid var(--line); margin-left: 0; padding-left: 1rem; color: var(--soft); }
details { margin: .5rem 0; }
.soft, .prompt, .jp-InputPrompt, .jp-OutputPrompt { color: var(--soft); font-size: .85rem; }
.ok { color: var(--ok); } .failed { color: var(--failed); font-weight: 600; }
.anchor-link { display: none; }
.output_stderr pre { color: var(--soft); }
"""


UNITS = {"seconds": "s", "mib": "MiB", "gpu": "GPU"}


def write_report(report: RunReport, folder: Path) -> Path:
    """Write ``index.html`` and a page per executed notebook into ``folder``; returns the index."""
    for run in report.notebooks:
        if run.output is not None:
            write_whole(folder / _page_name(run), _notebook_page(run))
    index = folder / "index.html"
    write_whole(index, _index_page(report))
    return index


def _index_page(report: RunReport) -> str:
    good = sum(run.status == "ok" for run in report.notebooks)
    title = f"{good} of {len(report.notebooks)} notebooks ran to the end"
    named = "".join(
        f"<th>{column}</th>" for column in ("notebook", "result", "seconds", "peak memory", "written budget")
    )
    where = "<th>worker</th>" if _on_cluster(report) else ""
    rows = "".join(_row(run, _on_cluster(report)) for run in report.notebooks)
    about = f"Profile {html.escape(report.profile)}, model {html.escape(report.model)}, {report.seconds:.0f} seconds."
    failures = "".join(_failure(run) for run in report.notebooks if run.status == "failed")
    body = f"<h1>{title}</h1><p class='soft'>{about}</p><table><tr>{named}{where}</tr>{rows}</table>{failures}"
    return page(title, body)


def _on_cluster(report: RunReport) -> bool:
    return any(run.worker is not None for run in report.notebooks)


def _row(run: NotebookRun, on_cluster: bool) -> str:
    name = html.escape(run.path)
    linked = f'<a href="{_page_name(run)}">{name}</a>' if run.output else name
    point = f"<br><code>{html.escape(point_text(run.grid))}</code>" if run.grid else ""
    budget = ", ".join(f"{value} {UNITS.get(key, key)}" for key, value in (run.budget or {}).items()) or "–"
    worker = f"<td>{html.escape(run.worker or '–')}</td>" if on_cluster else ""
    return (
        f'<tr><td>{linked}{point}</td><td class="{run.status}">{run.status}</td>'
        f'<td class="number">{run.seconds:.1f}</td><td class="number">{run.peak_mib:.0f} MiB</td>'
        f"<td>{html.escape(budget)}</td>{worker}</tr>"
    )


def _failure(run: NotebookRun) -> str:
    cell = f"<pre>{html.escape(run.cell)}</pre>" if run.cell else ""
    error = html.escape(run.error or "")
    what = html.escape(" ".join(filter(None, (run.path, point_text(run.grid)))))
    return f"<h2>{what} failed</h2><p class='failed'>{error}</p>{cell}"


def _notebook_page(run: NotebookRun) -> str:
    import nbformat
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    notebook = nbformat.read(str(run.output), as_version=4)
    # papermill marks the failure in cells of its own; the banner below says more.
    notebook.cells = [c for c in notebook.cells if "papermill-error-cell-tag" not in c.metadata.get("tags", [])]
    settings = Config({"HTMLExporter": {"template_name": "basic", "embed_images": True}})
    body, _ = HTMLExporter(config=settings).from_notebook_node(notebook)
    banner = _failure(run) if run.error else ""
    return page(run.path, f'<p><a href="index.html">All notebooks</a></p>{banner}{body}')


def page(title: str, body: str) -> str:
    """A whole page around ``body``."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{PALETTE}{STYLE}{code_colours()}</style></head><body>{body}</body></html>"
    )


def code_colours() -> str:
    """The style of highlighted code, light and dark."""
    from pygments.formatters import HtmlFormatter

    light = HtmlFormatter(style="default", nobackground=True).get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark", nobackground=True).get_style_defs(".highlight")
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}"


def _page_name(run: NotebookRun) -> str:
    """A page goes by its copy's name: a sweep runs a notebook more than once."""
    return f"{(run.output or Path(run.path)).stem}.html"
