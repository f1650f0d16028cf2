"""Formats of JSON strings as patterns, for all engines the same.

Left to themselves, the engines write the second 60 of any minute, the 31st of April, ``192.168.01.1``, and digits of
every script. These patterns admit what the standard does, or a little less: no leap second, no more than six
digits of a second. They nest no repetitions, for xgrammar's sake. Formats that no short pattern says (``uri``,
``ipv6``, ``hostname``, ``duration``) are left to the engines, as far as ``workbook.grammar.support`` trusts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbook.core.chat import Tool
from workbook.grammar.schemas import call_schema, mapped, prepared

_SIXTY = "[0-5][0-9]"
_HOUR = "(?:[01][0-9]|2[0-3])"
_YEAR = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_FOURTH = "(?:0[48]|[2468][048]|[13579][26])"
"""Two digits that four divides, and that are not zero."""
_LEAP = f"(?:{_FOURTH}00|[0-9]{{2}}{_FOURTH})"
_DAYS = "|".join(
    [
        "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])",
        "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)",
        "02-(?:0[1-9]|1[0-9]|2[0-8])",
    ]
)
_DATE = f"(?:{_YEAR}-(?:{_DAYS})|{_LEAP}-02-29)"
_FRACTION = "|".join(f"\\.[0-9]{{{digits}}}" for digits in range(1, 7))
_TIME = f"{_HOUR}:{_SIXTY}:{_SIXTY}(?:{_FRACTION})?(?:Z|[+-]{_HOUR}:{_SIXTY})"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]|[0-9])"

WRITTEN_OUT: dict[str, str] = {
    "date": f"^{_DATE}$",
    "time": f"^{_TIME}$",
    "date-time": f"^{_DATE}T{_TIME}$",
    "ipv4": f"^{_OCTET}(?:\\.{_OCTET}){{3}}$",
}
OURS = frozenset(WRITTEN_OUT.values())
"""Patterns that can write neither a quote nor a backslash."""


def ready(schema: Any) -> Any:
    """The schema as engines get it: prepared, and with these formats as patterns."""
    return mapped(prepared(schema), _written_out)


def ready_call(tool: Tool) -> dict[str, Any]:
    """The schema of one call, as engines get it."""
    return mapped(call_schema(tool), _written_out)


def _written_out(part: Mapping[str, Any]) -> Mapping[str, Any]:
    pattern = WRITTEN_OUT.get(part.get("format", ""))
    if pattern is None:
        return part
    rest = {key: value for key, value in part.items() if key != "format"}
    if "pattern" in part:
        return rest | {"allOf": [*part.get("allOf", ()), {"pattern": pattern}]}
    return rest | {"pattern": pattern}
