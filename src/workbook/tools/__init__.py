"""Where tools come from, and how they run."""

from workbook.tools.toolbox import BoundTool, Risk, Toolbox, ToolError, legal_name

__all__ = ["BoundTool", "Risk", "ToolError", "Toolbox", "legal_name"]
