"""Reading a description of an API: JSON or YAML, from a path, a URL or a dict, into plain JSON values.

YAML is read as JSON's superset only: no dates, no ``yes`` for true, no Norway that turns into false; keys become
text, as in JSON. Leaves out what the document means (``openapi``, ``plugins``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from workbook.core.errors import WorkbookError

LARGEST = 32 * 2**20
"""Bytes of a document; the largest in public catalogues have about 12 MiB."""
MOST_VALUES = 3_000_000
"""Values in a document; YAML's aliases can make billions out of a kilobyte."""
DEEPEST = 200
SECONDS = 30.0

Source = str | Path | Mapping[str, Any]


class DocumentError(WorkbookError):
    """A document that cannot be read at all."""


def read_document(source: Source) -> tuple[dict[str, Any], str]:
    """The document as JSON values, and where it lies: its URL, its path, or ``""`` for a dict.

    Raises :class:`DocumentError` that says what is wrong with the document or how to reach it.
    """
    if isinstance(source, Mapping):
        return _object(source, "the document"), ""
    place = str(source)
    if is_url(place):
        text, place = _fetch(place)
    else:
        text = _load(Path(place))
    return _object(_parse(text, place), place), place


def is_url(place: str) -> bool:
    """Whether ``place`` is an address on the web."""
    try:
        parts = urlsplit(place)
    except ValueError:  # such as a bracket without its twin
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def join(place: str, reference: str) -> str:
    """The address of ``reference`` as seen from ``place``; ``""`` when that is none on the web."""
    try:
        joined = urljoin(place, reference)
    except ValueError:
        return ""
    return joined if is_url(joined) else ""


def beside(place: str, reference: str) -> str:
    """``reference`` as seen from the document at ``place``; ``DocumentError`` where the web points to a local file."""
    if is_url(place):
        joined = join(place, reference)
        if not joined:
            raise DocumentError(f"{place} points to {reference!r}, which is not on the web")
        return joined
    if is_url(reference):
        return reference
    return str(Path(place).parent / reference)


def _fetch(url: str) -> tuple[str, str]:
    import httpx2

    try:
        with httpx2.stream("GET", url, follow_redirects=True, timeout=SECONDS) as response:
            response.raise_for_status()
            content = b""
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > LARGEST:
                    raise DocumentError(f"{url} is larger than {LARGEST // 2**20} MiB")
            return content.decode("utf-8-sig"), str(response.url)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise DocumentError(f"{url} cannot be fetched: {error}", "Check the address, or save it to a file.") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"{url} is not text in UTF-8") from error


def _load(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise DocumentError(f"{path} is larger than {LARGEST // 2**20} MiB")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror}", "Give a path, a URL or a dict.") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path} is not text in UTF-8") from error


def _parse(text: str, place: str) -> Any:
    """JSON where it is JSON, else YAML, whose errors say more about either."""
    import yaml

    try:
        return json.loads(text)
    except RecursionError as error:
        raise DocumentError(f"{place} is nested too deeply") from error
    except ValueError:
        pass
    try:
        return yaml.load(text, _loader())
    except (yaml.YAMLError, ValueError) as error:
        raise DocumentError(f"{place} is neither JSON nor YAML: {' '.join(str(error).split())[:300]}") from error
    except RecursionError as error:
        raise DocumentError(f"{place} is nested too deeply") from error


@cache
def _loader() -> Any:
    """A safe loader with the scalars of JSON alone."""
    import yaml

    class JsonScalars(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    for tag, pattern, first in (
        ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("int", r"-?(0|[1-9][0-9]*)", "-0123456789"),
        ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", "-0123456789"),
        ("merge", r"<<", "<"),
    ):
        JsonScalars.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))
    return JsonScalars


def _object(value: Any, place: str) -> dict[str, Any]:
    count = 0

    def plain(node: Any, depth: int) -> Any:
        nonlocal count
        count += 1
        if count > MOST_VALUES or depth > DEEPEST:
            raise DocumentError(f"{place} is nested too deeply, or holds more than {MOST_VALUES:,} values")
        if isinstance(node, Mapping):
            return {_key(key): plain(part, depth + 1) for key, part in node.items()}
        if isinstance(node, list | tuple | set):
            return [plain(part, depth + 1) for part in node]
        if isinstance(node, date | datetime):
            return node.isoformat()
        return node if isinstance(node, str | int | float | bool | None) else str(node)

    if not isinstance(value, Mapping):
        raise DocumentError(f"{place} holds {_kind(value)}, not an object", "An API document is a JSON or YAML object.")
    return plain(value, 0)


def _key(key: Any) -> str:
    """YAML's keys as JSON would spell them: ``200`` is text there, and so is ``true``."""
    return key if isinstance(key, str) else json.dumps(key) if isinstance(key, bool | int | float | None) else str(key)


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
