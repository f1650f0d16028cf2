"""The company: its vectors are kept and right, it begins anew, and its operations call the gateway."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from workbook.agent import Agent, canned
from workbook.core.chat import ToolCall, user
from workbook.gateway import Faults, operations
from workbook.lab.company import PATIENT, Enterprise, catalogue_encoder
from workbook.tools.embedding import MiniLm
from workbook.tools.openapi_requests import ONCE, Repeats

PHONE = ToolCall("people_update_employee", {"employee_id": "E1042", "city": "Graz"})


@pytest.fixture(scope="module")
def enterprise() -> Iterator[Enterprise]:
    with Enterprise() as opened:
        yield opened


def status(enterprise: Enterprise, call: ToolCall, repeats: Repeats = ONCE) -> tuple[str, str | None]:
    found = enterprise.registry.get([f"{call.name.split('_')[0]}#{call.name}"])
    trace = Agent(canned(call, "Done."), enterprise.tools(repeats)(found)).run_sync([user("Go.")])
    return trace.calls[0].status, trace.calls[0].cause


def test_all_operations_are_in_the_registry_and_their_vectors_are_kept(enterprise: Enterprise) -> None:
    assert len(enterprise.registry) == len(operations()) == 500
    table = enterprise.registry.table
    texts = table.search().select(["text", "name"]).limit(None).to_arrow()
    encoder = catalogue_encoder()
    assert all(encoder.knows(text) for text in texts["text"].to_pylist())  # else: lab.company.write_vectors()
    assert set(texts["name"].to_pylist()) == set(operations())


def test_kept_vectors_are_those_of_the_encoder(enterprise: Enterprise) -> None:
    texts = enterprise.registry.table.search().select(["text"]).limit(3).to_arrow()["text"].to_pylist()
    assert np.allclose(catalogue_encoder().encode(texts), MiniLm().encode(texts), atol=2e-3)


def test_a_call_changes_the_company_until_it_begins_anew(enterprise: Enterprise) -> None:
    def city() -> str:
        query = "SELECT city FROM people_employee WHERE id = 'E1042'"
        return str(enterprise.served.connection.execute(query).fetchone()[0])

    enterprise.begin()
    before = city()
    assert status(enterprise, PHONE) == ("ran", None)
    assert city() == "Graz" != before
    enterprise.begin()
    assert city() == before


def test_a_token_has_its_scopes_only(enterprise: Enterprise) -> None:
    enterprise.begin(["people.read"])
    assert status(enterprise, PHONE) == ("failed", "permission")


def test_a_fault_passes_for_whoever_tries_again(enterprise: Enterprise) -> None:
    faults = Faults(error=0.5, seed=1)
    patient = Repeats(8, pause=0.001)
    enterprise.begin(faults=faults)
    assert [status(enterprise, PHONE, patient)[0] for _ in range(6)] == ["ran"] * 6
    enterprise.begin(faults=faults)
    assert ("failed", "server") in [status(enterprise, PHONE) for _ in range(6)]
    assert PATIENT.keyed
