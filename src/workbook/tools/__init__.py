"""Where tools come from, and how they run."""

from workbook.tools.code_tool import command_tool, python_tool
from workbook.tools.converted import Converted, Failure
from workbook.tools.decomposition import best_retriever
from workbook.tools.functions import from_function
from workbook.tools.importing import import_documents
from workbook.tools.mcp_server import serve
from workbook.tools.mcp_tools import connect
from workbook.tools.openapi import from_openapi
from workbook.tools.plugins import Plugin, from_plugin
from workbook.tools.registry import Registry
from workbook.tools.retrieval import Hit, Retriever
from workbook.tools.sandbox import Limits, Sandbox, best_sandbox
from workbook.tools.toolbox import BoundTool, Risk, Toolbox, ToolError, legal_name

__all__ = [
    "BoundTool",
    "Converted",
    "Failure",
    "Hit",
    "Limits",
    "Plugin",
    "Registry",
    "Retriever",
    "Risk",
    "Sandbox",
    "ToolError",
    "Toolbox",
    "best_retriever",
    "best_sandbox",
    "command_tool",
    "connect",
    "from_function",
    "from_openapi",
    "from_plugin",
    "import_documents",
    "legal_name",
    "python_tool",
    "serve",
]
