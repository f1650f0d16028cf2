"""Metrics read back: what was counted, in which order it is taken, and a gateway that has started anew."""

from __future__ import annotations

from collections import Counter

import pytest

from workbook.core.errors import WorkbookError
from workbook.gateway.metrics import Metrics
from workbook.gateway.scraping import counted, scrape, since


def test_what_a_gateway_counts_is_read_back():
    metrics = Metrics()
    for status, cause in (("200", None), ("200", None), ("422", "bad arguments"), ("503", "server")):
        metrics.requests.labels("fleet", "fleet_x", status).inc()
        if cause:
            metrics.errors.labels("fleet", cause).inc()
    assert counted(metrics.text().decode()) == {None: 2, "bad arguments": 1, "server": 1}


def test_names_follow_the_conventions_of_prometheus():
    from prometheus_client.parser import text_string_to_metric_families

    for family in text_string_to_metric_families(Metrics().text().decode()):
        assert family.name.startswith("gateway_")
        if not family.name.endswith("_created"):  # the library's own, beside each
            assert family.name.endswith("_seconds") if family.type == "histogram" else family.type == "counter"


def test_failures_are_spread_over_the_calls_between_two_looks():
    calls = since(Counter({None: 10}), Counter({None: 18, "server": 2}))
    assert calls == [None, None, "server", None, None, None, None, "server", None, None]
    assert since(Counter({None: 3}), Counter({None: 3})) == []


def test_a_gateway_that_started_anew_is_counted_from_nothing():
    assert since(Counter({None: 100, "server": 1}), Counter({None: 2})) == [None, None]


def test_where_no_gateway_is_the_error_says_how_to_start_one():
    with pytest.raises(WorkbookError, match="gateway serve"):
        scrape("http://127.0.0.1:1")
    with pytest.raises(WorkbookError, match="no metrics"):
        scrape("nonsense")
