"""Folders of schemas: both public layouts, irregular files, and nothing dropped without a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbook.core.errors import WorkbookError
from workbook.suites.schema_bench import BadFile, Instance, SchemaCase, load_cases, spread

BARE = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"a": {"type": "null"}}}
WRAPPED = {
    "description": "sample",
    "meta": {"features": ["enum"], "full_size": 10},
    "schema": {"enum": ["a"]},
    "tests": [
        {"description": "made", "valid": True, "data": "a"},
        {"description": "made", "valid": False, "data": None, "python_error": "None is not ...", "rust_error": "..."},
    ],
}


def put(folder: Path, name: str, content: Any) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def test_both_layouts_in_one_tree(tmp_path: Path) -> None:
    put(tmp_path, "Github_easy/o1.json", BARE)
    put(tmp_path, "data/Github_easy---o2.json", WRAPPED)
    put(tmp_path, "README.md", "not a case")
    bare, wrapped = load_cases(tmp_path)
    assert bare == SchemaCase("Github_easy/o1.json", BARE)
    instances = (Instance("a", True, "made"), Instance(None, False, "made"))
    assert wrapped == SchemaCase("data/Github_easy---o2.json", {"enum": ["a"]}, instances)


@pytest.mark.parametrize(
    ("content", "instances"),
    [
        ({"schema": {}, "meta": {}}, 0),
        ({"schema": {}, "tests": []}, 0),
        ({"schema": {}, "tests": None}, 0),
        ({"schema": True, "tests": [{"valid": True, "data": {}}]}, 1),
        (True, 0),
        ("\ufeff{}", 0),
        ({"properties": {"schema": {}, "tests": {}}}, 0),
        # A property named schema is a keyword of nobody: without tests or meta, the file is the schema.
        ({"schema": {"type": "null"}}, 0),
    ],
)
def test_irregular_files_that_are_cases(content: Any, instances: int, tmp_path: Path) -> None:
    put(tmp_path, "a.json", content)
    (case,) = load_cases(tmp_path)
    assert isinstance(case, SchemaCase)
    assert len(case.instances) == instances


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"type": ', "not JSON"),
        ("", "not JSON"),
        ('{"minimum": NaN}', "NaN is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("3", "not a number"),
        ("null", "not null"),
        ("[]", "not a list"),
        ({"schema": "string", "tests": []}, "'schema' is a string"),
        ({"schema": {}, "tests": {"valid": True}}, "'tests' is an object, not a list"),
        ({"schema": {}, "tests": [{"data": 1}]}, "a test needs 'data' and a boolean 'valid'; it has data"),
        ({"schema": {}, "tests": [{"data": 1, "valid": "yes"}]}, "a boolean 'valid'"),
        ({"schema": {}, "tests": [3]}, "it has a number"),
    ],
)
def test_a_bad_file_is_named_with_its_reason_and_the_others_are_kept(content: Any, reason: str, tmp_path: Path) -> None:
    put(tmp_path, "1.json", BARE)
    put(tmp_path, "2/bad.json", content)
    put(tmp_path, "3.json", BARE)
    first, bad, last = load_cases(tmp_path)
    assert isinstance(first, SchemaCase)
    assert isinstance(bad, BadFile)
    assert (bad.id, reason in bad.reason) == ("2/bad.json", True), bad.reason
    assert isinstance(last, SchemaCase)


def test_bytes_that_are_no_text_are_a_bad_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'"\xff"')
    (bad,) = load_cases(tmp_path)
    assert isinstance(bad, BadFile)


def test_a_list_is_a_case_each(tmp_path: Path) -> None:
    put(tmp_path, "all.json", [WRAPPED, 3, BARE])
    found = list(load_cases(tmp_path / "all.json"))
    assert [case.id for case in found] == ["all.json#0", "all.json#1", "all.json#2"]
    assert [type(case) for case in found] == [SchemaCase, BadFile, SchemaCase]


def test_a_limit_is_spread_over_all_folders(tmp_path: Path) -> None:
    for folder in "abcd":
        for index in range(5):
            put(tmp_path, f"{folder}/{index}.json", BARE)
    assert [case.id for case in load_cases(tmp_path, 4)] == ["a/0.json", "b/0.json", "c/0.json", "d/0.json"]
    assert len(list(load_cases(tmp_path, 100))) == 20
    assert spread([Path(str(i)) for i in range(7)], 7) == [Path(str(i)) for i in range(7)]


def test_a_folder_without_cases_says_what_it_holds(tmp_path: Path) -> None:
    put(tmp_path, "schemas.yaml", "a: 1")
    with pytest.raises(WorkbookError, match=r"it holds schemas.yaml.*MaskBench"):
        list(load_cases(tmp_path))
    with pytest.raises(WorkbookError, match="no folder"):
        list(load_cases(tmp_path / "absent"))
