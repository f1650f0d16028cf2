"""The company's data: the same from one seed, whole, copied fresh, and every change seen."""

from __future__ import annotations

import sqlite3

import pytest

from workbook.core.errors import WorkbookError
from workbook.gateway.catalogue import kinds
from workbook.gateway.rows import company_rows
from workbook.gateway.state import company, difference, open_company, snapshot, transaction


def test_the_same_seed_gives_the_same_company():
    assert company_rows(3) == company_rows(3)
    assert company_rows(3) != company_rows(4)


def test_every_value_is_one_that_the_api_would_take():
    from workbook.core.validation import validator_of
    from workbook.gateway.documents import _record
    from workbook.gateway.state import record

    connection = company()
    for kind in kinds().values():
        check = validator_of(_record(kind), formats=True)
        for row in connection.execute(f'SELECT * FROM "{kind.table}" LIMIT 40'):
            assert list(check.iter_errors(record(kind, row))) == []


def test_references_hold_and_dates_are_in_order():
    connection = company()
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    for kind in kinds().values():
        for field in kind.fields:
            if field.follows:
                query = f'SELECT COUNT(*) FROM "{kind.table}" WHERE "{field.name}" < "{field.follows}"'
                assert connection.execute(query).fetchone() == (0,)


def test_people_have_one_login_each_under_their_own_name():
    query = "SELECT e.name, a.login FROM identity_account a JOIN people_employee e ON e.id = a.employee LIMIT 9"
    for name, login in company().execute(query):
        first, last = name.lower().split()
        assert login.startswith(first[0] + last)


def test_a_copy_is_fresh():
    one, other = company(), company()
    one.execute("DELETE FROM people_sick_note")
    assert other.execute("SELECT COUNT(*) FROM people_sick_note").fetchone()[0] == kinds()["people.sick_note"].rows
    assert company().execute("SELECT COUNT(*) FROM people_sick_note").fetchone()[0] > 0


def test_the_difference_names_what_changed_and_nothing_else():
    connection = company()
    before = snapshot(connection)
    assert difference(before, snapshot(connection)) == []
    connection.execute("UPDATE people_employee SET city = 'Oslo' WHERE id = 'E1007'")
    connection.execute("DELETE FROM people_sick_note WHERE id = 'SN-501'")
    connection.execute("INSERT INTO people_team VALUES ('T99', 'New', NULL, 'CC-100')")
    changes = {change.id: change for change in difference(before, snapshot(connection))}
    assert set(changes) == {"E1007", "SN-501", "T99"}
    assert changes["E1007"].fields == {"city": "Oslo"}
    assert changes["SN-501"].after is None
    assert changes["SN-501"].fields == {}
    assert changes["T99"].before is None
    assert changes["T99"].fields["name"] == "New"


def test_the_database_refuses_what_would_make_it_inconsistent():
    connection = company()
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE people_employee SET team = 'T99' WHERE id = 'E1007'")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE people_employee SET status = 'asleep' WHERE id = 'E1007'")


def test_a_transaction_is_whole_or_nothing():
    connection = company()
    before = snapshot(connection)

    def half() -> None:
        with transaction(connection):
            connection.execute("UPDATE people_employee SET city = 'Oslo'")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert snapshot(connection) == before


def test_a_file_keeps_the_company(tmp_path):
    path = tmp_path / "deep" / "company.sqlite"
    one = open_company(path)
    one.execute("UPDATE people_employee SET city = 'Oslo' WHERE id = 'E1007'")
    one.close()
    found = open_company(path).execute("SELECT city FROM people_employee WHERE id = 'E1007'").fetchone()
    assert found == ("Oslo",)


@pytest.mark.parametrize("content", [b"no database at all, just some text " * 40, None])
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "other.sqlite"
    if content is None:
        sqlite3.connect(path).execute("CREATE TABLE t (a)")
    else:
        path.write_bytes(content)
    with pytest.raises(WorkbookError, match="holds no company"):
        open_company(path)
