"""``workbook registry``: the document of an import, bad input, and a search with the real weights."""

from __future__ import annotations

import json

import pytest
from retrieval_toys import ToyEncoder, document, write
from typer.testing import CliRunner

from workbook.cli.main import app
from workbook.core.errors import WorkbookError
from workbook.tools import registry as registry_module


@pytest.fixture
def workbook(monkeypatch, tmp_path):
    """Run ``workbook registry`` with a small encoder on a registry below the test's folder."""

    def run(*words):
        return CliRunner().invoke(app, ["registry", *words, "--db", str(tmp_path / "db")])

    monkeypatch.setattr(registry_module, "MiniLm", ToyEncoder)
    return run


@pytest.fixture
def specs(tmp_path):
    write(tmp_path / "specs", "one.json", document("refund_customer", "list_orders"))
    write(tmp_path / "specs", "two.json", {"name": "no API"})
    return tmp_path / "specs"


def test_the_document(workbook, specs):
    shown = workbook("import", str(specs), "--json")
    assert shown.exit_code == 0
    found = json.loads(shown.stdout)
    assert [found[key] for key in ("imported", "changed", "removed", "total", "files")] == [2, 0, 0, 2, 2]
    ((failure),) = found["failed"]
    assert (failure["file"], failure["operation"]) == (str(specs / "two.json"), "")
    assert "neither 'openapi' nor 'swagger'" in failure["reason"]


def test_a_person_sees_counts_and_reasons(workbook, specs):
    shown = workbook("import", str(specs))
    assert shown.stdout.split()[-4:] == ["2", "0", "0", "2"]
    assert "two.json: all of it: " in shown.stderr


def test_importing_nothing_is_no_success(workbook, specs):
    assert workbook("import", str(specs / "two.json"), "--json").exit_code == 1


def test_a_path_that_is_not_there_is_an_error(workbook):
    shown = workbook("import", "absent")
    assert isinstance(shown.exception, WorkbookError)
    assert "no file or folder absent" in str(shown.exception)


def test_a_search_finds_what_was_imported(workbook, specs):
    workbook("import", str(specs))
    shown = workbook("search", "refund that customer", "--k", "1", "--json")
    assert [row["name"] for row in json.loads(shown.stdout)] == ["refund_customer"]
    assert "refund_customer" in workbook("search", "refund that customer").stdout


def test_searching_nothing_says_how_to_fill_it(workbook):
    shown = workbook("search", "anything")
    assert isinstance(shown.exception, WorkbookError)
    assert "is empty. Fill it: workbook registry import" in str(shown.exception)


def test_a_permission_opens_what_needs_it(workbook, specs):
    """Given on the command line, and again for more."""
    guarded = document("wipe_orders", components={"securitySchemes": {"o": {"type": "oauth2", "flows": {}}}})
    guarded["security"] = [{"o": ["orders:admin", "mfa"]}]
    write(specs, "three.json", guarded)
    workbook("import", str(specs))
    for held, found in (((), False), (("orders:admin",), False), (("mfa", "orders:admin"), True)):
        words = [word for permission in held for word in ("--permission", permission)]
        shown = workbook("search", "wipe orders", "--json", *words)
        assert ("wipe_orders" in shown.stdout) == found
