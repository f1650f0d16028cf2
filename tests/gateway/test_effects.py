"""Every one of the 500 operations does what its document says, on real rows, and refuses what is made up."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random

import pytest

from workbook.core.validation import validator_of
from workbook.gateway import documents
from workbook.gateway.answers import perform_once
from workbook.gateway.catalogue import kinds, operation, operations
from workbook.gateway.checks import Check, Inputs
from workbook.gateway.problems import Problem
from workbook.gateway.state import company, difference, snapshot
from workbook.suites.enterprise import TODAY

ORIGINAL = snapshot(company())


def drawn(field, rng):
    """A value for a field, as its schema wants it, with references to rows that are there."""
    if field.refers_to:
        return rng.choice(list(ORIGINAL[kinds()[field.refers_to].table]))
    texts = {
        "date": (TODAY + timedelta(days=rng.randrange(900, 999))).isoformat(), "time": "09:30", "country": "AT",
        "email": "a.b@post.example", "yes": rng.random() < 0.5, "integer": 3, "money": 12.5,
    }  # fmt: skip
    return rng.choice(field.args.split()) if field.type == "enum" else texts.get(field.type, "Some text")


def inputs_for(one, rng):
    """Inputs that fit an operation, for a row in a state that allows it."""
    path, query, body = {}, {}, {}
    if one.on_one:
        rows = ORIGINAL[one.kind.table].values()
        fitting = [row[0] for row in rows if not one.sources or row[-1] in one.sources]
        path = {one.id_parameter: rng.choice(fitting)}
    for field in one.inputs:
        if one.verb != "list":
            body[field.name] = drawn(field, rng)
        elif field.type != "date":
            query[field.name] = drawn(field, rng)
    # A later day for each that must not lie before another.
    for field in one.inputs:
        if one.verb != "list" and field.follows in body:
            body[field.name] = body[field.follows]
    return Inputs(path, query, body)


def is_referred_to(connection, kind, id):
    pointing = [
        (other, field) for other in kinds().values() for field in other.fields if field.refers_to == kind.full_name
    ]
    queries = (f'SELECT 1 FROM "{other.table}" WHERE "{field.name}" = ?' for other, field in pointing)
    return any(connection.execute(query, (id,)).fetchone() for query in queries)


def document_of(one):
    document = documents.kept()[one.kind.department]
    return document, document["paths"][one.path][one.method]


def answer_schema(one, status):
    document, told = document_of(one)
    content = told["responses"][str(status)].get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return None if schema is None else {**schema, "components": document["components"]}


@pytest.mark.parametrize("department", sorted({one.kind.department for one in operations().values()}))
def test_every_operation_takes_what_its_document_says_and_answers_so(department):
    rng = Random(department)
    for one in (one for one in operations().values() if one.kind.department == department):
        given = inputs_for(one, rng)
        query = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in given.query.items()]
        body = json.dumps(given.body).encode() if given.body else b""
        read = Check(*document_of(one)).inputs(given.path, query, "application/json", body)
        assert read == given, one.name
        connection = company()
        if one.verb == "delete" and is_referred_to(connection, one.kind, given.path[one.id_parameter]):
            continue
        rows = connection.total_changes
        done = perform_once(connection, one, read, "tester", None)
        counters = 1 if one.verb == "create" else 0
        assert connection.total_changes - rows == (0 if one.risk == "read" else 1 + counters), one.name
        schema = answer_schema(one, done.status)
        assert bool(done.body) == (schema is not None), one.name
        if schema is not None:
            assert [error.message for error in validator_of(schema).iter_errors(json.loads(done.body))] == [], one.name
        if one.target and one.verb == "act":
            assert json.loads(done.body)["status"] == one.target, one.name


@pytest.mark.parametrize("name", [name for name, one in operations().items() if one.sources][::7])
def test_a_row_in_another_state_is_left_alone(name):
    one, rng, connection = operation(name), Random(name), company()
    others = [row[0] for row in ORIGINAL[one.kind.table].values() if row[-1] not in one.sources]
    given = inputs_for(one, rng)
    with pytest.raises(Problem, match="must be") as refused:
        perform_once(connection, one, Inputs({one.id_parameter: others[0]}, {}, given.body), "tester", None)
    assert refused.value.status == 409
    assert difference(ORIGINAL, snapshot(connection)) == []


def test_what_belongs_to_a_state_goes_with_it():
    connection = company()
    query = "SELECT id FROM facilities_desk WHERE status = 'assigned' LIMIT 1"
    desk = connection.execute(query).fetchone()[0]
    perform_once(connection, operation("facilities_release_desk"), Inputs({"desk_id": desk}, {}, {}), "tester", None)
    found = connection.execute("SELECT assigned_to, status FROM facilities_desk WHERE id = ?", (desk,)).fetchone()
    assert found == (None, "free")


def test_an_operation_may_set_a_value_by_itself():
    connection = company()
    query = "SELECT id FROM accounting_asset WHERE status = 'in_use' LIMIT 1"
    asset = connection.execute(query).fetchone()[0]
    written_off = operation("accounting_write_asset_off")
    done = perform_once(connection, written_off, Inputs({"asset_id": asset}, {}, {}), "tester", None)
    assert (json.loads(done.body)["value"], json.loads(done.body)["status"]) == (0, "scrapped")
