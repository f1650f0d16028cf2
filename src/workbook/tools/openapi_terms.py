"""What an OpenAPI document says about who may call an operation, who answers for it and what a call costs.

Permissions are the scopes of OpenAPI's own security requirements. Owner and cost have no place in the standard: they
are read from ``x-owner`` and ``x-cost``, the nearest to the operation first, and the owner from the contact besides.
Leaves out how a caller proves a permission (``openapi_security``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from workbook.tools.toolbox import Terms


def terms_of(document: Mapping[str, Any], item: Mapping[str, Any], operation: Mapping[str, Any]) -> Terms:
    """The terms of an operation; whatever is not said, or said in another form, is left empty."""
    info = _mapping(document.get("info"))
    levels = (operation, item, info, document)
    owner = _nearest("x-owner", levels, str) or _text(_mapping(info.get("contact")).get("name"))
    cost = _nearest("x-cost", levels, int | float)
    is_price = cost is not None and not isinstance(cost, bool) and math.isfinite(cost) and cost >= 0
    return Terms(_scopes(operation.get("security", document.get("security"))), owner, float(cost) if is_price else 0.0)


def _scopes(security: Any) -> tuple[str, ...]:
    """The scopes of the way in that asks for the fewest; none where a caller without any gets in."""
    ways = [way for way in security if isinstance(way, Mapping)] if isinstance(security, list) else []
    asked: list[set[str]] = [
        {scope for scopes in way.values() if isinstance(scopes, list) for scope in scopes if _text(scope)}
        for way in ways
    ]
    fewest: set[str] = min(asked, key=len, default=set())
    return tuple(sorted(fewest))


def _nearest(key: str, levels: tuple[Mapping[str, Any], ...], kind: Any) -> Any:
    return next((level[key] for level in levels if isinstance(level.get(key), kind)), None)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
