"""Tasks for an agent with 500 internal APIs, in the words of people who know none of them.

Covers the tasks. Leaves out the company itself (``workbook.gateway``).
"""

from __future__ import annotations

from datetime import date

TODAY = date(2026, 3, 2)
"""The day on which all tasks play; a Monday."""
