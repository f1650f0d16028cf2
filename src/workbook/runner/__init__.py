"""Running notebooks unattended with papermill: checks first, then a kernel, then copies and a report."""

from workbook.runner.run import NotebookRun, RunReport, run_notebooks

__all__ = ["NotebookRun", "RunReport", "run_notebooks"]
