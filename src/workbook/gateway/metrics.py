"""What the gateway counts, under names as Prometheus has them; labels have few values, and no caller chooses one."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

MEDIA = CONTENT_TYPE_PLAIN_0_0_4
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counters and times of one gateway, in a registry of their own, so that two do not share them."""

    def __init__(self) -> None:
        self.registry = own = CollectorRegistry()
        labels = ["department", "operation", "status"]
        self.requests = Counter("gateway_requests", "Requests answered.", labels, registry=own)
        self.errors = Counter(
            "gateway_errors", "Requests that failed, by cause.", ["department", "cause"], registry=own
        )
        self.seconds = Histogram(
            "gateway_request_seconds", "Time to answer.", ["department"], buckets=SECONDS, registry=own
        )
        self.faults = Counter("gateway_faults", "Faults that were injected.", ["fault"], registry=own)
        self.replays = Counter("gateway_idempotent_replays", "Answers given again for the same key.", registry=own)
        self.limited = Counter("gateway_rate_limited", "Requests turned away by the rate limit.", registry=own)

    def text(self) -> bytes:
        """Every metric in Prometheus's text format (:data:`MEDIA`), UTF-8."""
        return generate_latest(self.registry)
