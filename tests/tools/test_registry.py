"""The registry: what a write touches, what lies there afterwards, and tables that are not its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from retrieval_toys import ToyEncoder, filled, operation

from workbook.core.chat import Tool
from workbook.core.errors import WorkbookError
from workbook.tools import registry as registry_module
from workbook.tools.decomposition import best_retriever
from workbook.tools.operations import Operation, text_of, words_of
from workbook.tools.registry import Registry, Written
from workbook.tools.toolbox import Terms

FULL = Operation(
    Tool("käufe_liste", "Lists 'purchases' — all; of them\nor few.", {"type": "object", "properties": {"ab": {}}}),
    "/tmp/it's here.yaml", "OpenAPI T: GET /käufe", "destructive", Terms(("a:read", "b"), "Einkauf", 0.5),
)  # fmt: skip


@pytest.fixture
def registry(tmp_path):
    return Registry(str(tmp_path / "registry"), ToyEncoder())


def test_what_is_written_comes_back_whole(registry):
    assert registry.put(FULL.source, [FULL]) == Written(added=1)
    assert registry.get([FULL.id, "absent"]) == [FULL]
    assert registry.sources() == {FULL.source}


def test_half_a_surrogate_pair_is_no_reason_to_lose_an_operation(registry):
    strange = Operation(Tool("a", "sm\ud83dile", {"type": "object", "description": "\ud83d"}), "made")
    registry.put("made", [strange])
    (found,) = registry.get([strange.id])
    assert (found.tool.description, found.tool.parameters["description"]) == ("sm?ile", "\ud83d")
    assert registry.put("made", [strange]) == Written()


def test_only_what_changed_is_embedded_and_written(registry):
    registry.put("made", [operation("a"), operation("b"), operation("c")])
    version = registry.table.version
    assert registry.put("made", [operation("a"), operation("b"), operation("c")]) == Written()
    assert registry.table.version == version
    registry.encoder.seen.clear()
    assert registry.put("made", [operation("a"), operation("b", "now described"), operation("d")]) == Written(1, 1, 1)
    assert registry.encoder.seen == ["b. now described", "d"]
    assert {row["name"] for row in registry.table.to_arrow().to_pylist()} == {"a", "b", "d"}


def test_a_change_is_one_commit(registry):
    registry.put("made", [operation("a"), operation("b")])
    version = registry.table.version
    registry.put("made", [operation("b", "new"), operation("c")])
    assert registry.table.version == version + 1


@pytest.mark.parametrize("other", [
    operation("a", "other words"), operation("a", permissions=["p"]),
    Operation(Tool("a"), "made", risk="write"), Operation(Tool("a"), "made", terms=Terms(cost=2.0)),
    Operation(Tool("a", parameters={"type": "object", "properties": {"x": {"enum": [1]}}}), "made"),
])  # fmt: skip
def test_every_part_of_an_operation_makes_another_version(other):
    assert other.version != operation("a").version
    assert operation("a").version == operation("a").version


def test_one_source_leaves_another_alone(registry):
    registry.put("one", [operation("a", source="one")])
    registry.put("o'ne", [operation("a", source="o'ne")])
    assert registry.put("o'ne", []) == Written(removed=1)
    assert [one.id for one in registry.get(["one#a", "o'ne#a"])] == ["one#a"]


def test_vectors_of_another_encoder_are_refused(registry):
    registry.put("made", [operation("a")])
    with pytest.raises(WorkbookError, match=r"holds vectors of toy, not of other.*another --db"):
        Registry(registry.uri, ToyEncoder("other")).put("made", [])


def test_a_table_of_somebody_else_is_refused(tmp_path):
    import lancedb

    lancedb.connect(str(tmp_path)).create_table("operations", [{"id": 1}])
    with pytest.raises(WorkbookError):
        len(Registry(str(tmp_path), ToyEncoder()))


def test_a_place_that_cannot_be_is_an_error_with_a_way_out(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkbookError, match="Give --db another place"):
        len(Registry(str(tmp_path / "file"), ToyEncoder()))


def test_rows_that_are_not_indexed_yet_are_found(tmp_path):
    registry = Registry(str(tmp_path), ToyEncoder())
    registry.put("made", [operation("refund", "Gives money back.")])
    assert [row["name"] for row in registry.table.search("money", query_type="fts").to_list()] == ["refund"]


def test_a_registry_opens_again(tmp_path):
    registry = filled(tmp_path, operation("a"), operation("b"))
    assert len(Registry(registry.uri, ToyEncoder())) == 2


def test_what_another_process_writes_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(registry_module, "SEEN_WITHIN", timedelta(0))
    server = filled(tmp_path, operation("a"))
    assert server.allowed([]) == "permissions IN ('[]')"
    Registry(server.uri, ToyEncoder()).put("made", [operation("a"), operation("b", permissions=["p"])])
    assert len(server) == 2
    assert server.allowed([]) == "permissions IN ('[]')"
    assert server.allowed(["p", "q"]) == """permissions IN ('["p"]', '[]')"""


def test_without_a_row_that_may_be_used_nothing_is_found(tmp_path):
    server = filled(tmp_path, operation("a", permissions=["it's"]))
    assert server.allowed([]) == "false"
    assert best_retriever(server).search(["a"], 3) == [[]]
    assert [hit.name for hit in best_retriever(server).search(["a"], 3, ["it's"])[0]] == ["a"]


@pytest.mark.parametrize(("name", "words"), [
    ("getUserByID", "get User By ID"), ("get_user-by.id", "get user by id"), ("repos/list", "repos list"),
    ("HTTPServer2Go", "HTTP Server2 Go"), ("käufeListe", "käufe Liste"), ("___", ""),
])  # fmt: skip
def test_names_fall_into_words(name, words):
    assert words_of(name) == words


def test_the_text_holds_the_parameters_too():
    properties = {"orderId": {"description": " Which one. "}, "dry_run": {"type": "boolean"}, "odd": True}
    tool = Tool("cancel_order", "Cancels.", {"type": "object", "properties": properties})
    assert text_of(tool) == "cancel order. Cancels.. order Id: Which one.. dry run. odd"
