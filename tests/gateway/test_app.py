"""The gateway as its clients meet it: over HTTP, with everything that can be refused."""

from __future__ import annotations

import http.client
import logging
import sqlite3

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from workbook.gateway import app as gateway_app
from workbook.gateway.faults import Faults
from workbook.gateway.limits import Rate
from workbook.gateway.state import difference, snapshot
from workbook.gateway.tokens import ADMIN

TICKET = {"title": "Screen flickers", "caller": "E1001"}


def problem(response):
    """The body of a refusal, which every refusal has."""
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == response.status_code
    assert document["title"]
    return document


@pytest.fixture
def everybody(company, client):
    return client(company)


def test_a_record_is_made_found_changed_and_moved_on(everybody):
    made = everybody.post("/helpdesk/tickets", json=TICKET)
    assert made.status_code == 201
    ticket = made.json()
    assert (ticket["status"], ticket["opened_on"], ticket["assignee"]) == ("new", "2026-03-02", None)
    path = f"/helpdesk/tickets/{ticket['id']}"
    assert everybody.get(path).json() == ticket
    assert everybody.patch(path, json={"priority": "high"}).json()["priority"] == "high"
    assert everybody.post(f"{path}/assign", json={"assignee": "E1002"}).json()["status"] == "assigned"
    listed = everybody.get("/helpdesk/tickets", params={"title": "FLICKERS"}).json()
    assert listed["items"][0]["id"] == ticket["id"]


def test_the_old_version_does_the_same_with_fewer_filters(everybody):
    made = everybody.post("/helpdesk/v1/tickets", json=TICKET).json()
    assert everybody.get(f"/helpdesk/tickets/{made['id']}").status_code == 200
    assert everybody.get("/people/v1/employees", params={"name": "Jana"}).json()["total"] > 1
    assert everybody.get("/people/v1/employees", params={"city": "Ghent"}).status_code == 422, "a filter came later"


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic dDp0", "Bearer"])
def test_nobody_comes_in_without_a_token(company, header):
    headers = {"Authorization": header} if header else {}
    refused = httpx2.get(f"{company.address}/people/teams", headers=headers)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert "wrong" not in problem(refused)["detail"]


def test_a_scope_that_is_missing_is_named(company, client):
    reader = client(company, "people.read", name="reader")
    assert reader.get("/people/employees").status_code == 200
    refused = reader.post("/people/employees/E1001/terminate", json={"last_day": "2026-03-31"})
    assert refused.status_code == 403
    assert "people.approve" in problem(refused)["detail"]
    assert 'scope="people.approve"' in refused.headers["www-authenticate"]
    assert reader.get("/people/sick-notes").status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("post", "/helpdesk/tickets", {"title": "x", "caler": "E1001"}, 422, "did you mean caller?"),
        ("post", "/helpdesk/tickets", {"title": "x"}, 422, "'caller' is a required property"),
        ("post", "/helpdesk/tickets", {"title": "x", "caller": "Jana"}, 422, "caller"),
        ("post", "/helpdesk/tickets", {"title": "x", "caller": "E9999"}, 422, "E9999 is not an employee that exists"),
        ("post", "/helpdesk/tickets", [1], 422, "object"),
        ("patch", "/helpdesk/tickets/INC-40001", {}, 422, "non-empty"),
        ("patch", "/helpdesk/tickets/INC-40001", {"priority": "soon"}, 422, "priority"),
        ("get", "/helpdesk/tickets/40001", None, 422, "ticket_id"),
        ("get", "/helpdesk/tickets/INC-99999", None, 404, "there is no ticket INC-99999"),
        ("get", "/helpdesk/tickets?stat=new", None, 422, "did you mean status?"),
        ("get", "/helpdesk/tickets?limit=500", None, 422, "limit"),
        ("get", "/helpdesk/tickets?limit=ten", None, 422, "limit"),
        ("get", "/helpdesk/tickets?status=new&status=closed", None, 422, "twice"),
        ("get", "/travel/requests?departs_on_from=soon", None, 422, "date"),
        ("post", "/travel/requests", {"traveller": "E1001", "destination": "Graz", "purpose": "Audit",
          "departs_on": "2026-04-10", "returns_on": "2026-04-02"}, 422, "lies before departs_on"),
        ("post", "/telecom/ports/NP-301/enable", {"now": True}, 422, "takes no body"),
        ("post", "/facilities/bookings", {"room": "R-101", "organiser": "E1001", "day": "2026-02-30",
          "starts_at": "25:00", "minutes": 30}, 422, "starts_at"),
        ("get", "/nowhere", None, 404, "/nowhere"),
        ("get", "/people/nowhere", None, 404, "/people/nowhere"),
        ("put", "/people/employees", {}, 405, "PUT"),
        ("post", "/warehouse/movements", {"item": "IT-1001", "kind": "scrap", "quantity": 10**30,
          "moved_on": "2026-03-02"}, 422, "quantity"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_changes_nothing(company, everybody, method, path, body, status, said):
    before = snapshot(company.connection)
    refused = everybody.request(method, path, json=body)
    assert refused.status_code == status
    assert said in str(problem(refused))
    assert difference(before, snapshot(company.connection)) == []


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"title": NaN}', "application/json", 400),
        (b"[" * 30_000, "application/json", 400),
        (b"title=x", "application/x-www-form-urlencoded", 415),
        (b'{"title": "' + b"x" * 70_000, "application/json", 413),
        (b'{"title": "\\ud800", "caller": "E1001"}', "application/json", 422),
        (b"\xff\xfe", "application/json", 400),
    ],
)
def test_a_body_that_is_none_is_refused(everybody, content, media, status):
    refused = everybody.post("/helpdesk/tickets", content=content, headers={"content-type": media})
    assert refused.status_code == status
    problem(refused)


def test_a_state_that_does_not_allow_it_is_a_conflict(company, everybody):
    query = "SELECT id FROM logistics_shipment WHERE status = 'delivered'"
    id = company.connection.execute(query).fetchone()[0]
    refused = everybody.post(f"/logistics/shipments/{id}/cancel")
    assert refused.status_code == 409
    assert "must be planned or packed" in problem(refused)["detail"]


def test_what_others_refer_to_is_not_deleted(everybody):
    made = everybody.post("/recruiting/candidates", json={"name": "Ada Moser", "email": "ada@post.example"}).json()
    assert everybody.delete(f"/recruiting/candidates/{made['id']}").status_code == 204
    assert everybody.delete(f"/recruiting/candidates/{made['id']}").status_code == 404
    taken = everybody.get("/recruiting/applications").json()["items"][0]["candidate"]
    assert everybody.delete(f"/recruiting/candidates/{taken}").status_code == 409


def test_a_list_is_filtered_paged_and_cannot_be_tricked(company, everybody):
    first = everybody.get("/people/employees", params={"limit": 2}).json()
    second = everybody.get("/people/employees", params={"limit": 2, "offset": 2}).json()
    assert first["total"] == second["total"] > 100
    assert len({one["id"] for one in first["items"] + second["items"]}) == 4
    for text in ("%", "_", "' OR 1=1 --", '"; DROP TABLE people_employee; --'):
        assert everybody.get("/people/employees", params={"name": text}).json()["total"] == 0
    spring = everybody.get("/travel/requests", params={"departs_on_from": "2026-03-01", "departs_on_to": "2026-03-31"})
    days = [one["departs_on"] for one in spring.json()["items"]]
    assert days
    assert all("2026-03-01" <= day <= "2026-03-31" for day in days)
    videos = everybody.get("/facilities/rooms", params={"has_video": "true"}).json()["items"]
    assert {one["has_video"] for one in videos} == {True}


def test_the_same_key_acts_once(company, everybody):
    key = {"Idempotency-Key": "a1"}
    first = everybody.post("/helpdesk/tickets", json=TICKET, headers=key)
    again = everybody.post("/helpdesk/tickets", json=TICKET, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    other = everybody.post("/helpdesk/tickets", json={**TICKET, "title": "Else"}, headers=key)
    assert other.status_code == 422
    assert "another request" in problem(other)["detail"]


def test_documents_are_served_with_their_address(company):
    whole = httpx2.get(f"{company.address}/openapi.json").json()
    assert whole["servers"] == [{"url": company.address}]
    assert sum(map(len, whole["paths"].values())) == 500
    one = httpx2.get(f"{company.address}/people/openapi.json").json()
    assert one["servers"] == [{"url": company.address}]
    assert one["info"]["title"] == "People"
    assert httpx2.get(f"{company.address}/nobody/openapi.json").status_code == 404


def test_another_host_name_gets_nothing(company):
    assert httpx2.get(f"{company.address}/metrics", headers={"Host": "evil.example"}).status_code == 400


def test_metrics_can_be_parsed_and_count(company, everybody):
    everybody.get("/fleet/vehicles")
    text = httpx2.get(f"{company.address}/metrics").text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    counted = families["gateway_requests"].samples
    wanted = {"department": "fleet", "operation": "fleet_findVehicles", "status": "200"}
    assert any(sample.labels == wanted and sample.value >= 1 for sample in counted)
    assert "gateway_request_seconds" in families


def test_a_rate_limit_holds_for_each_client_alone(served, client):
    company = served(rate=Rate(0.01, 3))
    busy, calm = client(company, name="busy"), client(company, name="calm")
    answers = [busy.get("/fleet/vehicles") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    problem(answers[-1])
    assert calm.get("/fleet/vehicles").status_code == 200


def test_faults_before_the_effect_leave_nothing(served, client):
    company = served(faults=Faults(error=1.0))
    before = snapshot(company.connection)
    refused = client(company).post("/helpdesk/tickets", json=TICKET)
    assert refused.status_code == 503
    problem(refused)
    assert difference(before, snapshot(company.connection)) == []


def test_a_slow_service_runs_into_the_time_limit_and_leaves_nothing(served, client):
    company = served(faults=Faults(latency=1.0, latency_seconds=5), seconds=0.1)
    before = snapshot(company.connection)
    late = client(company).post("/helpdesk/tickets", json=TICKET)
    assert late.status_code == 504
    assert "nothing was changed" in problem(late)["detail"]
    assert difference(before, snapshot(company.connection)) == []


def test_a_torn_answer_hides_an_effect_that_the_key_finds_again(served, client):
    company = served(faults=Faults(malformed=1.0))
    ticket = {**TICKET, "title": "Torn"}
    torn = client(company).post("/helpdesk/tickets", json=ticket, headers={"Idempotency-Key": "torn"})
    with pytest.raises(ValueError, match=r"."):
        torn.json()
    count = "SELECT COUNT(*) FROM helpdesk_ticket WHERE title = ?"
    assert company.connection.execute(count, ("Torn",)).fetchone() == (1,)
    company = served(faults=Faults())
    again = client(company).post("/helpdesk/tickets", json=ticket, headers={"Idempotency-Key": "torn"})
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["title"] == "Torn"
    assert company.connection.execute(count, ("Torn",)).fetchone() == (1,)


def test_a_dropped_connection_acts_once_or_not_at_all(served, client):
    company = served(faults=Faults(dropped=1.0))
    caller, counts = client(company), set()
    for number in range(12):
        with pytest.raises(httpx2.HTTPError):
            caller.post("/helpdesk/tickets", json={**TICKET, "title": f"drop {number}"})
        count = "SELECT COUNT(*) FROM helpdesk_ticket WHERE title = ?"
        counts.add(company.connection.execute(count, (f"drop {number}",)).fetchone()[0])
    assert counts == {0, 1}, "some end before the effect, some after it, none twice"


def test_stale_documents_name_fields_that_the_service_no_longer_knows(served, client):
    company = served(faults=Faults(stale=1.0))
    caller = client(company)
    published = httpx2.get(f"{company.address}/helpdesk/openapi.json").json()
    assert "title" in str(published["paths"]["/helpdesk/tickets"]["post"])
    refused = caller.post("/helpdesk/tickets", json=TICKET)
    assert refused.status_code == 422
    assert "did you mean title_text?" in problem(refused)["detail"]
    renamed = {"title_text": TICKET["title"], "caller": TICKET["caller"]}
    assert caller.post("/helpdesk/tickets", json=renamed).json()["title"] == TICKET["title"]


def test_a_field_that_must_be_given_all_of_a_sudden_stands_in_no_document(served, client):
    company = served(faults=Faults(demanding=1.0))
    caller = client(company)
    published = httpx2.get(f"{company.address}/openapi.json").text
    refused = caller.post("/helpdesk/tickets", json=TICKET)
    assert refused.status_code == 422
    assert "'legal_basis' is a required property" in problem(refused)["detail"]
    assert "legal_basis" not in published
    ticket = caller.post("/helpdesk/tickets", json={**TICKET, "legal_basis": "contract"})
    assert ticket.json()["title"] == TICKET["title"]
    assert caller.post(f"/helpdesk/tickets/{ticket.json()['id']}/assign").status_code == 422
    assert caller.get("/helpdesk/tickets").status_code == 200


def test_failures_are_counted_by_cause(served, client):
    company = served(faults=Faults(demanding=1.0))
    caller, count = client(company), company.app.state.gateway.metrics.errors.labels

    def counted(cause):
        return count("helpdesk", cause)._value.get()

    before = {cause: counted(cause) for cause in ("bad arguments", "semantic", "server")}
    caller.post("/helpdesk/tickets", json=TICKET)
    known = company.connection.execute("SELECT MAX(id) FROM helpdesk_ticket").fetchone()[0]
    caller.get(f"/helpdesk/tickets/{known[:-4]}9999")
    served(faults=Faults(dropped=1.0))
    with pytest.raises(httpx2.HTTPError):
        caller.get("/helpdesk/tickets")
    assert {cause: counted(cause) - before[cause] for cause in before} == dict.fromkeys(before, 1)
    assert (
        'gateway_errors_total{cause="semantic",department="helpdesk"}' in httpx2.get(f"{company.address}/metrics").text
    )


def test_faults_are_switched_from_here_with_the_scope_for_it(served, client):
    company = served(faults=Faults())
    user, admin = client(company), client(company, ADMIN, name="admin")
    assert user.put("/admin/faults", json={"error": 1}).status_code == 403
    assert httpx2.put(f"{company.address}/admin/faults", json={"error": 1}).status_code == 401
    assert admin.put("/admin/faults", json={"error": 1.0, "seed": 4}).json()["error"] == 1.0
    assert user.get("/fleet/vehicles").status_code == 503
    assert admin.get("/admin/faults").json()["seed"] == 4
    assert admin.put("/admin/faults", json={}).json()["error"] == 0.0
    assert user.get("/fleet/vehicles").status_code == 200


@pytest.mark.parametrize(
    ("body", "status"), [({"eror": 1}, 422), ({"error": 2}, 422), ({"error": "1"}, 422), ([], 400)]
)
def test_a_switch_that_makes_no_sense_is_refused(company, client, body, status):
    refused = client(company, ADMIN, name="switcher").put("/admin/faults", json=body)
    assert refused.status_code == status
    problem(refused)


def test_faults_are_not_switched_from_another_machine():
    from fastapi.testclient import TestClient

    from workbook.gateway.state import company as fresh

    connection = fresh()
    from workbook.gateway.tokens import issue

    caller = TestClient(gateway_app.create_app(connection), "http://localhost", client=("192.0.2.7", 9))
    headers = {"Authorization": f"Bearer {issue(connection, 'far', [ADMIN])}"}
    assert caller.put("/admin/faults", json={}, headers=headers).status_code == 403


def test_a_bug_of_ours_is_a_problem_too_and_leaves_nothing(served, client, monkeypatch, caplog):
    company = served(faults=Faults())
    caller, before = client(company), snapshot(company.connection)

    def fail(*_):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr("workbook.gateway.effects._one", fail)
    with caplog.at_level(logging.ERROR):
        refused = caller.post("/helpdesk/tickets", json=TICKET)
    assert refused.status_code == 500
    assert "disk" not in problem(refused)["detail"]
    assert "disk I/O error" in caplog.text
    assert "Bearer" not in caplog.text
    monkeypatch.undo()
    assert difference(before, snapshot(company.connection)) == []
    one, other = (caller.post("/helpdesk/tickets", json=TICKET).json()["id"] for _ in range(2))
    assert int(other.removeprefix("INC-")) == int(one.removeprefix("INC-")) + 1


def test_a_request_that_is_no_http_does_no_harm(company):
    wire = http.client.HTTPConnection(company.address.removeprefix("http://"), timeout=5)
    wire.putrequest("GET", "/people/employees", skip_host=True)
    wire.endheaders()
    assert wire.getresponse().status == 400
    wire.close()
