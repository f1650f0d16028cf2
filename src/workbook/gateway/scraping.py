"""The gateway's metrics read back: calls by cause since the last look, for whoever watches from outside.

A counter says how many, and not in which order: failures are spread evenly over the calls between two looks. Leaves
out the alarm (``workbook.agent.monitoring``).
"""

from __future__ import annotations

from collections import Counter
from typing import cast

from workbook.core.errors import WorkbookError
from workbook.tools.causes import CAUSES, Cause

ANSWERED, FAILED = "gateway_requests_total", "gateway_errors_total"
Counts = Counter[Cause | None]
"""Calls by cause; under None those that went well."""


def scrape(url: str) -> Counts:
    """What the gateway at ``url`` has counted; raises :class:`WorkbookError` where none answers."""
    import httpx2

    try:
        answer = httpx2.get(f"{url.rstrip('/')}/metrics", timeout=10).raise_for_status()
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise WorkbookError(f"no metrics at {url}: {error}", "Start one: workbook gateway serve") from error
    return counted(answer.text)


def counted(text: str) -> Counts:
    """Calls by cause in a text of metrics."""
    from prometheus_client.parser import text_string_to_metric_families

    found: Counts = Counter()
    answered = 0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == ANSWERED:
                answered += int(sample.value)
            elif sample.name == FAILED and sample.labels["cause"] in CAUSES:
                found[cast(Cause, sample.labels["cause"])] += int(sample.value)
    found[None] = answered - found.total()
    return found


def since(before: Counts, after: Counts) -> list[Cause | None]:
    """The calls between two looks. Where a counter has gone back, the gateway is a new one, and all of it is new."""
    again = any(after[cause] < before[cause] for cause in before)
    new: Counts = after if again else Counter({cause: after[cause] - before[cause] for cause in after})
    # Each cause takes evenly spaced places; ties fall in the order of causes.
    order = {cause: place for place, cause in enumerate((None, *CAUSES))}
    places = [((k + 0.5) / count, order[cause], cause) for cause, count in new.items() for k in range(count)]
    return [cause for _, _, cause in sorted(places, key=lambda place: place[:2])]
