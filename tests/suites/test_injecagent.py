"""InjecAgent's folder: what is read of a row, what is not let pass, and what an unknown layout says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from injecagent_rows import ORDER, row, write

from workbook.core.chat import ToolCall
from workbook.core.errors import WorkbookError
from workbook.core.validation import call_errors
from workbook.suites.injecagent import FILES, AgentCase, BadRow, load_injecagent, spread


def loaded(folder: Path, **changes: Any) -> AgentCase | BadRow:
    """The first row of the first file, with these changes."""
    cases, bad = load_injecagent(write(folder, **changes))
    return bad[0] if bad else cases[0]


def test_a_case_is_a_given_call_a_response_and_tools_by_toolkit_and_name(tmp_path: Path) -> None:
    cases, bad = load_injecagent(write(tmp_path))
    assert (len(cases), bad) == (12, [])
    first, last = cases[0], cases[-1]
    assert first.call == ToolCall("NotesRead", {"note": 12})
    assert first.response == f"{{'text': '{ORDER}'}}"
    assert [tool.name for tool in first.tools] == ["NotesRead", "LampSet"]
    assert (last.attack, [tool.name for tool in last.tools]) == (
        ("ContactsList", "MailSend"),
        ["NotesRead", "ContactsList", "MailSend"],
    )
    assert json.loads(last.results["ContactsList"]) == {"names": ["4711-0815"], "more": True}
    assert "4711-0815" in last.results["MailSend"]


def test_parameters_become_a_schema_whatever_is_missing(tmp_path: Path) -> None:
    case = load_injecagent(write(tmp_path))[0][-1]
    mail = case.tools[-1]
    assert mail.parameters["properties"] == {
        "to": {"type": "array", "description": "Addresses."},
        "urgent": {"type": "boolean"},
        "extra": {"type": "object"},
        "odd": {"description": "Anything."},
    }
    assert mail.required == ("to",)
    assert case.tools[1].properties == {}


def test_a_tool_without_an_entry_takes_what_it_is_given(tmp_path: Path) -> None:
    lamp = load_injecagent(write(tmp_path))[0][0].tools[1]
    assert call_errors(ToolCall("LampSet", {"colour": "red"}), [lamp]) == []


def test_the_given_call_is_legal_even_where_the_catalogue_disagrees(tmp_path: Path) -> None:
    case = loaded(tmp_path, **{"Tool Parameters": "{'note': 'twelve', 'page': (1, 2)}"})
    assert isinstance(case, AgentCase)
    assert case.call.arguments == {"note": "twelve", "page": [1, 2]}
    assert call_errors(case.call, case.tools) == []


@pytest.mark.parametrize(
    ("response", "read"),
    [
        ("\"{'text': 'x'}\"", "{'text': 'x'}"),
        ("{'text': 'x'}", "{'text': 'x'}"),
        ("\"{'text': 'say \\\"hi\\\", friend's'}\"", "{'text': 'say \"hi\", friend's'}"),
        ('"line\nline"', "line\nline"),
        ('"', '"'),
    ],
)
def test_a_response_loses_its_outer_quotes_alone(response: str, read: str, tmp_path: Path) -> None:
    case = loaded(tmp_path, **{"Tool Response": response})
    assert isinstance(case, AgentCase)
    assert case.response == read


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Tool Parameters": "__import__('os').system('touch owned')"}, "no Python literal"),
        ({"Tool Parameters": "{'note': "}, "no Python literal"),
        ({"Tool Parameters": "(" * 300}, "no Python literal"),
        ({"Tool Parameters": "[1]"}, "list and no dict"),
        ({"Attacker Tools": []}, "no names"),
        ({"Attacker Tools": "MailSend"}, "no Python literal"),
        ({"User Instruction": None}, "User Instruction is no text"),
        ({"User Tool": ""}, "User Tool is no text"),
    ],
)
def test_a_row_that_is_no_case_is_reported_and_the_rest_goes_on(
    changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    cases, bad = load_injecagent(write(tmp_path, **changes))
    assert len(cases) == 8
    assert [one.id for one in bad] == [f"{name.removesuffix('.json')}.0" for name in FILES]
    assert reason in bad[0].reason
    assert not Path("owned").exists()


def test_names_may_stand_in_a_literal_and_hold_blanks(tmp_path: Path) -> None:
    case = loaded(tmp_path, **{"Attacker Tools": "['Lamp Set']"})
    assert isinstance(case, AgentCase)
    assert case.attack == ("Lamp_Set",)


@pytest.mark.parametrize("limit", [1, 3, 5, 8, 100])
def test_a_limit_takes_as_many_of_each_file(limit: int, tmp_path: Path) -> None:
    write(tmp_path, count=5)
    (tmp_path / FILES[3]).write_text(json.dumps([row("ds")]))
    cases = load_injecagent(tmp_path, limit)[0]
    assert len(cases) == min(limit, 16)
    assert cases == load_injecagent(tmp_path, limit)[0]
    counts = Counter(case.file for case in cases)
    assert counts[FILES[3]] <= 1
    assert max(counts.values()) - min(counts[name] for name in FILES[:3]) <= 1


def test_items_are_spread_from_the_first_on() -> None:
    assert (spread("abcdef", 3), spread("ab", 5), spread("ab", 0)) == (list("ace"), list("ab"), [])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "it holds nothing"),
        ({"other.json": "[]"}, "it holds other.json"),
        ({FILES[0]: "[]"}, f"it holds {FILES[0]}"),
        ({FILES[0]: "[]", "tools.json": "[]"}, "their lists are empty"),
        ({FILES[0]: '[{"prompt": "x"}]', "tools.json": "[]"}, "an object with prompt"),
        ({FILES[0]: '{"rows": []}', "tools.json": "[]"}, "an object with rows and no list"),
        ({FILES[0]: "[", "tools.json": "[]"}, "cannot be read"),
        ({FILES[0]: "[]", "tools.json": '[{"name": "x"}]'}, "tools.json holds an object with name"),
    ],
)
def test_an_unknown_layout_says_what_was_seen_and_what_was_expected(
    files: dict[str, str], said: str, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(WorkbookError, match="Expected InjecAgent") as error:
        load_injecagent(tmp_path)
    assert said in str(error.value)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="no such folder"):
        load_injecagent(tmp_path / "absent")
