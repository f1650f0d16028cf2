"""Importing documents: strange ones, changed ones, removed ones, and an import that was killed."""

from __future__ import annotations

import copy
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from retrieval_toys import ToyEncoder, document, write
from wild_specs import NOT_DOCUMENTS, WILD, YAML_TRAPS, body, spec

from workbook.core.errors import WorkbookError
from workbook.tools.importing import import_documents, source_of
from workbook.tools.registry import Registry

FORM = {
    "swagger": "2.0",
    "info": {"title": "Forms", "version": "1"},
    "paths": {"/photo": {"post": {"operationId": "sendPhoto", "consumes": ["multipart/form-data"], "parameters": [
        {"name": "caption", "in": "formData", "type": "string", "required": True},
        {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}, "collectionFormat": "multi"},
    ]}}},
}  # fmt: skip
SCOPED = spec(
    {"/a": {"get": {"operationId": "a", "security": [{"o": ["r:a", "r:b"]}, {"o": ["r:c"]}], "x-cost": 2.5},
            "post": {"operationId": "open", "security": [], "x-cost": "much", "x-owner": "Sales"}}},
    security=[{"o": ["all"]}], info={"title": "T", "version": "1", "contact": {"name": "Finance"}},
    components={"securitySchemes": {"o": {"type": "oauth2", "flows": {}}}},
)  # fmt: skip
# Oddities that the other table of documents does not have: name: (content, names, what failed)
MORE = {
    "non-ASCII names": (
        spec({"/größe": {"get": {"operationId": "größeAbfragen", "summary": "Größe — 大きさ"}}}),
        1,
        {},
    ),
    "non-ASCII alone": (
        spec({"/大": {"get": {"operationId": "大きさ"}}, "/小": {"get": {"operationId": "小さい"}}}),
        2,
        {},
    ),
    "a name in emoji halves": (spec({"/a": {"get": {"operationId": "a", "summary": "\ud83d"}}}), 1, {}),
    "oneOf": (spec({"/a": {"post": body({"oneOf": [{"type": "object"}, {"type": "array", "items": {}}]})}}), 1, {}),
    "Swagger 2 formData": (FORM, 1, {}),
    "scopes": (SCOPED, 2, {}),
    "no operation": (spec({}), 0, {}),
}


@pytest.fixture
def registry(tmp_path):
    return Registry(str(tmp_path / "db"), ToyEncoder())


def names(registry):
    return sorted(row["name"] for row in registry.table.to_arrow().to_pylist())


def test_every_oddity_is_a_row_or_a_failure_with_its_reason(tmp_path, registry):
    """All at once, JSON and YAML by turns: what one document holds never touches another."""
    folder, wanted, reasons = tmp_path / "specs", {}, {}
    cases = {name: (content, len(tools), failed) for name, (content, tools, failed) in WILD.items()} | MORE
    for index, (content, count, failed) in enumerate(cases.values()):
        path = write(folder, f"{index:02}.json", content)
        if index % 2 and "\\ud83d" not in path.read_text():
            path.unlink()
            path = path.with_suffix(".yaml")
            path.write_text(yaml.dump(copy.deepcopy(content), allow_unicode=True), encoding="utf-8")
        wanted[str(path)], reasons[str(path)] = count, failed
    done = import_documents(registry, [folder])
    held = [row["source"] for row in registry.table.to_arrow().to_pylist()]
    assert {path: held.count(path) for path in wanted} == wanted
    assert {(one.file, one.operation) for one in done.failed} == {
        (path, operation) for path, failed in reasons.items() for operation in failed
    }
    assert all(reasons[one.file][one.operation] in one.reason for one in done.failed)
    assert (done.files, done.total, done.written.added) == (len(cases), len(held), len(held))
    assert len(cases) >= 30


# The reader's own tests spend five seconds on the laughs; once is enough.
BROKEN = {name: case for name, case in NOT_DOCUMENTS.items() if name != "a billion laughs"}


@pytest.mark.parametrize(("text", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_document_is_reported_and_the_rest_goes_on(tmp_path, registry, text, said):
    write(tmp_path / "specs", "good.json", document("good"))
    bad = write(tmp_path / "specs", "bad.yaml", None)
    bad.write_text(text, encoding="utf-8")
    done = import_documents(registry, [tmp_path / "specs"])
    assert names(registry) == ["good"]
    ((failure),) = done.failed
    assert (failure.file, failure.operation) == (str(bad), "")
    assert any(word in failure.reason for word in said.split("|"))


def test_dates_and_octals_of_yaml_stay_text(tmp_path, registry):
    path = tmp_path / "traps.yaml"
    path.write_text(YAML_TRAPS, encoding="utf-8")
    assert import_documents(registry, [path]).failed == []
    (found,) = registry.get([f"{path}#traps"])
    day, country = found.tool.properties["day"], found.tool.properties["country"]
    assert day["default"] == "2024-01-02"
    assert {"NO", "on", "12:30:45", "0o17"} <= set(country["enum"])


def test_terms_come_from_scopes_and_extensions(tmp_path, registry):
    path = write(tmp_path, "scoped.json", SCOPED)
    import_documents(registry, [path])
    first, second = registry.get([f"{path}#a", f"{path}#open"])
    assert (first.terms.permissions, first.terms.owner, first.terms.cost) == (("r:c",), "Finance", 2.5)
    assert (second.terms.permissions, second.terms.owner, second.terms.cost) == ((), "Sales", 0.0)
    assert (first.risk, second.risk) == ("read", "write")


def test_importing_again_touches_only_what_changed(tmp_path, registry):
    folder = tmp_path / "specs"
    write(folder, "one.json", document("a", "b"))
    write(folder, "two.json", document("c", "d"))
    first = import_documents(registry, [folder]).to_dict()
    assert [first[key] for key in ("imported", "changed", "removed", "failed")] == [4, 0, 0, []]
    registry.encoder.seen.clear()
    again = import_documents(registry, [folder]).to_dict()
    assert [again[key] for key in ("imported", "changed", "removed", "total")] == [0, 0, 0, 4]
    changed = document("a", "b", "e")
    changed["paths"]["/b"]["get"]["summary"] = "Does something else."
    del changed["paths"]["/a"]
    write(folder, "one.json", changed)
    third = import_documents(registry, [folder]).to_dict()
    assert [third[key] for key in ("imported", "changed", "removed", "total")] == [1, 1, 1, 4]
    assert registry.encoder.seen == ["b. Does something else.", "e. Does e."]


def test_the_operations_of_a_removed_file_disappear(tmp_path, registry):
    folder = tmp_path / "specs"
    write(folder, "one.json", document("a"))
    gone = write(folder / "deep", "two.json", document("b", "c"))
    elsewhere = write(tmp_path / "specs-other", "three.json", document("d"))
    import_documents(registry, [folder, elsewhere])
    gone.unlink()
    done = import_documents(registry, [folder])
    assert (done.written.removed, names(registry)) == (2, ["a", "d"])


def test_a_document_that_breaks_keeps_its_rows(tmp_path, registry):
    path = write(tmp_path, "one.json", document("a"))
    import_documents(registry, [path])
    path.write_text("{")
    done = import_documents(registry, [path])
    assert [failure.file for failure in done.failed] == [str(path)]
    assert names(registry) == ["a"]


def test_a_document_is_the_same_from_wherever_it_is_named(tmp_path, registry, monkeypatch):
    write(tmp_path / "specs", "one.json", document("a"))
    import_documents(registry, [tmp_path / "specs"])
    monkeypatch.chdir(tmp_path)
    done = import_documents(registry, ["specs", "specs/one.json", tmp_path / "specs"])
    assert (done.files, done.total, done.written.added) == (1, 1, 0)
    assert source_of("https://example.com/a.json") == "https://example.com/a.json"


@pytest.mark.parametrize(("path", "said"), [("absent", "no file or folder"), ("empty", "no document in")])
def test_a_path_that_holds_nothing_is_an_error(tmp_path, registry, path, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".hidden.json").write_text("{}")
    with pytest.raises(WorkbookError, match=said):
        import_documents(registry, [tmp_path / path])


KILLED = """
import sys, time
from retrieval_toys import ToyEncoder
from workbook.tools.importing import import_documents
from workbook.tools.registry import Registry

class Slow(ToyEncoder):
    def encode(self, texts):
        print(len(texts), flush=True)
        time.sleep(0.05)
        return super().encode(texts)

import_documents(Registry(sys.argv[1], Slow()), [sys.argv[2]])
"""


def test_a_killed_import_leaves_whole_documents_and_goes_on(tmp_path, registry):
    folder, count = tmp_path / "specs", 12
    for index in range(count):
        write(folder, f"{index:02}.json", document(*(f"op_{index}_{n}" for n in range(5))))
    child = subprocess.Popen([sys.executable, "-c", KILLED, registry.uri, str(folder)], stdout=subprocess.PIPE,
                             cwd=Path(__file__).parents[1])  # fmt: skip
    for _ in range(4):
        child.stdout.readline()
    time.sleep(0.03)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    held = [row["source"] for row in registry.table.to_arrow().to_pylist()]
    assert 0 < len(set(held)) < count
    assert {held.count(source) for source in held} == {5}
    done = import_documents(registry, [folder])
    assert done.total == 5 * count
    assert done.written.added == len(registry.encoder.seen) == 5 * (count - len(set(held)))


def test_the_document_of_the_command(tmp_path, registry):
    path = write(tmp_path, "one.json", WILD["external $ref"][0])
    shown = json.loads(json.dumps(import_documents(registry, [path]).to_dict()))
    assert set(shown) >= {"imported", "changed", "removed", "failed"}
    assert [set(failure) for failure in shown["failed"]] == [{"file", "operation", "reason"}]
