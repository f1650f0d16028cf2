"""Where tools come from, and how they run."""

from workbook.tools.code_tool import command_tool, python_tool
from workbook.tools.converted import Converted, Failure
from workbook.tools.functions import from_function
from workbook.tools.mcp_server import serve
from workbook.tools.mcp_tools import connect
from workbook.tools.openapi import from_openapi
from workbook.tools.plugins import Plugin, from_plugin
from workbook.tools.sandbox import Limits, Sandbox, best_sandbox
from workbook.tools.toolbox import BoundTool, Risk, Toolbox, ToolError, legal_name

__all__ = [
    "BoundTool",
    "Converted",
    "Failure",
    "Limits",
    "Plugin",
    "Risk",
    "Sandbox",
    "ToolError",
    "Toolbox",
    "best_sandbox",
    "command_tool",
    "connect",
    "from_function",
    "from_openapi",
    "from_plugin",
    "legal_name",
    "python_tool",
    "serve",
]
