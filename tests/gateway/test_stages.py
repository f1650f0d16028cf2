"""The stages that a request goes through, each alone: tokens, limits, faults, answers."""

from __future__ import annotations

import pytest

from workbook.core.errors import UsageError
from workbook.gateway.answers import perform_once
from workbook.gateway.catalogue import operation, operations, scopes
from workbook.gateway.checks import Inputs
from workbook.gateway.faults import Faults, FaultSource, new_name
from workbook.gateway.limits import Rate, RateLimit
from workbook.gateway.problems import Problem
from workbook.gateway.state import company
from workbook.gateway.tokens import ADMIN, client_of, issue, revoke

TICKET = Inputs({}, {}, {"title": "Screen flickers", "caller": "E1001"})
CREATE = "helpdesk_create_ticket"


def test_a_token_is_kept_as_a_digest_alone():
    connection = company()
    token = issue(connection, "desk", ["people.read", "helpdesk.*"])
    assert client_of(connection, token).scopes == {
        "people.read", *(scope for scope in scopes() if scope.startswith("helpdesk."))
    }  # fmt: skip
    assert client_of(connection, token + "x") is None
    assert token not in "\n".join(connection.iterdump())


def test_a_token_is_taken_back():
    connection = company()
    token = issue(connection, "desk", ["people.read"])
    assert revoke(connection, "desk") == 1
    assert client_of(connection, token) is None
    assert revoke(connection, "desk") == 0


def test_no_pattern_grants_the_right_to_switch_faults():
    connection = company()
    assert ADMIN not in client_of(connection, issue(connection, "all", ["*"])).scopes
    assert client_of(connection, issue(connection, "admin", [ADMIN])).scopes == {ADMIN}


@pytest.mark.parametrize(("client", "wanted"), [("", ["people.read"]), ("desk", ["people.reed"]), ("desk", ["x*"])])
def test_a_token_that_makes_no_sense_is_not_made(client, wanted):
    with pytest.raises(UsageError):
        issue(company(), client, wanted)


def test_a_bucket_empties_and_refills():
    clock = [0.0]
    limit = RateLimit(Rate(2.0, 3), lambda: clock[0])
    assert [limit.wait("a") for _ in range(3)] == [0.0] * 3
    assert limit.wait("a") == pytest.approx(0.5)
    assert limit.wait("b") == 0.0
    clock[0] = 0.5
    assert limit.wait("a") == 0.0
    clock[0] = 1000.0
    assert [limit.wait("a") == 0.0 for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("rate", [(0.0, 5), (-1.0, 5), (1.0, 0)])
def test_a_rate_that_lets_nobody_in_is_refused(rate):
    with pytest.raises(UsageError):
        Rate(*rate)


def test_faults_are_off_by_default_and_drawn_from_a_seed():
    assert not any(FaultSource(Faults()).draw().named for _ in range(50))
    one, other = FaultSource(Faults(error=0.3, seed=5)), FaultSource(Faults(error=0.3, seed=5))
    draws = [one.draw().error for _ in range(400)]
    assert draws == [other.draw().error for _ in range(400)]
    assert 0.2 < sum(draws) / 400 < 0.4


def test_switching_one_fault_does_not_move_another():
    alone, both = FaultSource(Faults(error=0.3)), FaultSource(Faults(error=0.3, dropped=0.5, latency=0.9))
    assert [alone.draw().error for _ in range(100)] == [both.draw().error for _ in range(100)]


def test_faults_are_read_from_text():
    assert Faults.parse("error=0.1, latency=0.2,seed=3") == Faults(error=0.1, latency=0.2, seed=3)
    assert Faults.parse("") == Faults()


@pytest.mark.parametrize(
    "text", ["eror=1", "error", "error=often", "error=2", "error=nan", "seed=1.5", "latency_seconds=99"]
)
def test_faults_that_make_no_sense_are_refused(text):
    with pytest.raises(UsageError):
        Faults.parse(text)


def test_stale_operations_get_a_name_that_their_document_does_not_have():
    stale, half = FaultSource(Faults(stale=1.0)), FaultSource(Faults(stale=0.5))
    renamed = {name: stale.renamed(one) for name, one in operations().items()}
    for name, change in renamed.items():
        if change:
            fields = {field.name for field in operations()[name].inputs}
            assert change[0] in fields
            assert change[1] not in fields
    assert renamed[CREATE] == ("title", "title_text")
    assert renamed["helpdesk_search_tickets"] is None
    count = sum(change is not None for change in renamed.values())
    assert 0.35 * count < sum(half.renamed(one) is not None for one in operations().values()) < 0.65 * count


def test_new_names():
    assert [new_name("caller", "ref"), new_name("due_on", "date"), new_name("last_day", "date")] == [
        "caller_id", "due_date", "last_date",
    ]  # fmt: skip


def test_an_answer_is_given_again_to_the_same_client_only():
    connection = company()
    first = perform_once(connection, operation(CREATE), TICKET, "a", "k")
    again = perform_once(connection, operation(CREATE), TICKET, "a", "k")
    other = perform_once(connection, operation(CREATE), TICKET, "b", "k")
    assert (first.body, again.replayed, other.replayed) == (again.body, True, False)
    assert other.body != first.body


def test_a_key_is_bound_to_its_request():
    connection = company()
    perform_once(connection, operation(CREATE), TICKET, "a", "k")
    with pytest.raises(Problem, match="another request"):
        perform_once(connection, operation("facilities_close_room"), Inputs({"room_id": "R-101"}, {}, {}), "a", "k")


def test_a_refusal_is_not_kept():
    connection = company()
    wrong = Inputs({}, {}, {"title": "x", "caller": "E9999"})
    for _ in range(2):
        with pytest.raises(Problem, match="E9999"):
            perform_once(connection, operation(CREATE), wrong, "a", "k")
    assert perform_once(connection, operation(CREATE), TICKET, "a", "k").status == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb"])
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(Problem, match="idempotency key"):
        perform_once(company(), operation(CREATE), TICKET, "a", key)
