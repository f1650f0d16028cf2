"""The ``workbook`` command: one module a command, errors and output in one place (``console``)."""
