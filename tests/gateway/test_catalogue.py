"""The catalogue: 500 operations that are hard to tell apart for honest reasons, and documents that say what it says."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from workbook.core.errors import UsageError, WorkbookError
from workbook.gateway import documents
from workbook.gateway.catalogue import departments, folder, kinds, operation, operations, scopes
from workbook.gateway.descriptions import read_department
from workbook.gateway.wording import Voice, article, plural
from workbook.tools.openapi import from_openapi

ALL = operations()


def test_there_are_500_operations_in_25_departments_and_no_two_of_a_name():
    assert len(departments()) == 25
    assert len(ALL) == 500
    assert len({(one.method, one.path) for one in ALL.values()}) == 500
    assert {len(one.operations) for one in departments().values()} == {20}
    assert all(3 <= len(one.kinds) <= 5 for one in departments().values())


def test_names_overlap_among_departments():
    shared = Counter(one.id.lower().replace("_", "").replace("-", "") for one in ALL.values() if not one.deprecated)
    assert shared["createrequest"] >= 5
    assert sum(count > 1 for count in shared.values()) >= 15


def test_old_versions_stand_beside_their_successors():
    old = [one for one in ALL.values() if one.deprecated]
    assert len(old) >= 20
    addresses = {(one.method, one.path) for one in ALL.values()}
    assert all((one.method, one.path.replace("/v1/", "/", 1)) in addresses for one in old)


def test_risk_scope_and_voice_differ():
    assert {"read", "write", "destructive"} == {one.risk for one in ALL.values()}
    assert sum(one.risk == "destructive" for one in ALL.values()) >= 40
    assert all(one.risk == "read" for one in ALL.values() if one.method == "get")
    assert all(one.risk == "destructive" for one in ALL.values() if one.method == "delete")
    assert len(scopes()) >= 75
    assert operation("payroll_listPayslips").scope == "payroll.confidential"
    lengths = sorted(len(one.summary + one.description) for one in ALL.values())
    assert lengths[50] < 40
    assert lengths[-50] > 3 * lengths[50]


def test_texts_are_whole():
    for one in ALL.values():
        assert "{" not in one.summary + one.description + one.key_text
        assert one.summary
        assert all(field.about for field in one.inputs)


@pytest.mark.parametrize("name", departments())
def test_the_kept_document_is_the_one_that_is_made(name):
    kept = (folder() / "openapi" / f"{name}.json").read_text(encoding="utf-8")
    assert kept == documents.text_of(departments()[name]), "make it anew with workbook.gateway.documents.write()"


def test_the_documents_are_small_and_none_is_left_over():
    files = list((folder() / "openapi").iterdir())
    assert sorted(file.stem for file in files) == sorted(departments())
    assert sum(file.stat().st_size for file in files) < 1_500_000


def test_every_operation_becomes_a_tool_with_its_own_name():
    converted = from_openapi(documents.whole(documents.kept(), "http://127.0.0.1:1"))
    assert converted.failed == []
    assert sorted(bound.name for bound in converted.tools) == sorted(ALL)
    assert next(bound for bound in converted.tools if bound.name == "identity_delete-account").risk == "destructive"


def test_a_document_of_one_department_stands_alone():
    document = documents.served(documents.kept()["people"], "http://127.0.0.1:1")
    names = {bound.name for bound in from_openapi(document).tools}
    assert names == {one.id for one in departments()["people"].operations}
    assert document["info"]["x-owner"] == "people-operations"


def test_the_whole_document_refers_only_to_what_it_holds():
    document = documents.whole(documents.kept())
    text = json.dumps(document)
    assert '"#/components/schemas/Case"' not in text
    assert "support_Case" in document["components"]["schemas"]
    assert "servers" not in document


def test_references_lead_to_kinds_and_ids_follow_their_pattern():
    employee = kinds()["people.employee"]
    assert kinds()["helpdesk.ticket"].field("caller").pattern == employee.id_pattern
    assert kinds()["facilities.desk"].id_of(9) == "D-010"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("ref team", "ref gang"), None),
        (("name!: person", "name!: human"), "human"),
        (("> left", "> gone"), "gone"),
        (("voice: plain", "voice: shrill"), "shrill"),
        (("naming: snake", "naming: camel2"), "camel2"),
        (("transfer: active,on_leave > active; team!", "transfer: active > active; squad!"), "squad"),
        (("@leaving", "@going"), "going"),
        (("title: People\n", ""), "title"),
        (("    old: list", "    old: delete"), "old"),
    ],
)
def test_a_description_that_is_wrong_says_where(tmp_path, change, said):
    text = (folder() / "departments" / "people.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "people.yaml"
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    if said is None:  # only the whole catalogue knows all kinds
        assert read_department(path).kinds
    else:
        with pytest.raises(UsageError, match=said):
            read_department(path)


def test_an_unknown_operation_names_the_nearest():
    with pytest.raises(UsageError, match="people_hire_employee"):
        operation("people_hire_employe")


def test_a_document_that_is_missing_says_how_to_get_it(tmp_path):
    with pytest.raises(WorkbookError, match="git checkout"):
        documents._load(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("one", "many"), [("entry", "entries"), ("bonus", "bonuses"), ("key", "keys"), ("request", "requests")]
)
def test_more_than_one(one, many):
    assert plural(one) == many


def test_small_words_and_names():
    assert (article("employee"), article("user account"), article("ticket")) == ("an", "a", "a")
    kind = kinds()["identity.account"]
    assert Voice("terse", "kebab").operation_id(kind, "act", "reset_mfa") == "reset-account-mfa"
    assert Voice("terse", "camel").operation_id(kind, "list", "search") == "searchAccounts"
    assert Voice("terse", "reversed").operation_id(kind, "act", "lock") == "account_lock"
