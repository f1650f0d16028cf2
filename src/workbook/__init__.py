"""The function-calling workbook: every interview answer is an experiment that you can rerun."""

__version__ = "0.1.0"
