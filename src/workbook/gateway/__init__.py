"""The enterprise: a company of 25 departments behind 500 internal APIs, its data, and the gateway in front of them."""

from workbook.gateway.catalogue import departments, kinds, operation, operations, scopes
from workbook.gateway.faults import Faults
from workbook.gateway.limits import Rate
from workbook.gateway.outcome import oracle, shortcomings
from workbook.gateway.serving import ServedCompany
from workbook.gateway.state import company, difference, snapshot

__all__ = [
    "Faults",
    "Rate",
    "ServedCompany",
    "company",
    "departments",
    "difference",
    "kinds",
    "operation",
    "operations",
    "oracle",
    "scopes",
    "shortcomings",
    "snapshot",
]
