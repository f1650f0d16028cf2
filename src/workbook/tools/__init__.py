"""Where tools come from, and how they run."""

from workbook.tools.converted import Converted, Failure
from workbook.tools.functions import from_function
from workbook.tools.mcp_server import serve
from workbook.tools.mcp_tools import connect
from workbook.tools.openapi import from_openapi
from workbook.tools.plugins import Plugin, from_plugin
from workbook.tools.toolbox import BoundTool, Risk, Toolbox, ToolError, legal_name

__all__ = [
    "BoundTool",
    "Converted",
    "Failure",
    "Plugin",
    "Risk",
    "ToolError",
    "Toolbox",
    "connect",
    "from_function",
    "from_openapi",
    "from_plugin",
    "legal_name",
    "serve",
]
