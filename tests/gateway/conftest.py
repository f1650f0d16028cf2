"""A company that is served once, with what each test changes put back, and clients of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from workbook.gateway.serving import ServedCompany


@pytest.fixture(scope="package")
def company() -> Iterator[ServedCompany]:
    """The company; its rows are whatever the tests before have made of them."""
    with ServedCompany() as running:
        yield running


@pytest.fixture
def served(company: ServedCompany) -> Iterator[Callable[..., ServedCompany]]:
    """The company with other settings, for this test alone."""
    from workbook.gateway.faults import FaultSource
    from workbook.gateway.limits import RateLimit

    gateway = company.app.state.gateway
    before = gateway.settings, gateway.limit, gateway.source

    def change(**settings: Any) -> ServedCompany:
        gateway.settings = replace(gateway.settings, **settings)
        gateway.limit, gateway.source = RateLimit(gateway.settings.rate), FaultSource(gateway.settings.faults)
        return company

    yield change
    gateway.settings, gateway.limit, gateway.source = before


@pytest.fixture
def client() -> Iterator[Callable[..., httpx2.Client]]:
    """A client with a token for these scopes, all by default."""
    with ExitStack() as stack:

        def make(company: ServedCompany, *scopes: str, name: str = "tester", **headers: Any) -> httpx2.Client:
            token = company.token(name, *scopes)
            own = {"Authorization": f"Bearer {token}", **headers}
            return stack.enter_context(httpx2.Client(base_url=company.address, headers=own, timeout=10))

        yield make
