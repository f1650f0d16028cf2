"""Errors as RFC 9457 wants them: what went wrong, in a form that programs and models can read.

Leaves out when they are raised (``checks``, ``effects``, ``app``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

MEDIA = "application/problem+json"


class Problem(Exception):
    """An answer that says no: ``detail`` is for this very case, ``errors`` lists what is wrong with the input."""

    def __init__(
        self, status: int, detail: str, errors: Sequence[str] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, tuple(errors), dict(headers or {})

    @property
    def document(self) -> dict[str, Any]:
        """The body of the answer, as RFC 9457 has it; ``errors`` stands in it where there are some."""
        phrase = HTTPStatus(self.status).phrase
        told = {"type": "about:blank", "title": phrase, "status": self.status, "detail": self.detail}
        return told | ({"errors": list(self.errors)} if self.errors else {})
