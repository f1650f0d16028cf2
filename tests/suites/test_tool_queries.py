"""Public sets of requests: rows in each form, irregularities included, and folders that are something else."""

from __future__ import annotations

import json

import pytest

from workbook.core.errors import UsageError, WorkbookError
from workbook.suites.tool_queries import load_queries

PLUGINS = {"RainRadar": "Says where it rains.", " Coins&Notes ": "Converts money.", "mute": None}
CSV = (
    "\ufeffQuery,Tool\n"
    '"Will it rain in Rome, or snow?",RainRadar\n'
    '"How many francs\nare ten euros?",Coins&Notes\n'
    "What is up?,GoneTool\n"
    ",RainRadar\n"
)
GOLDEN = [
    {"query": '"Rain tomorrow? And ten euros in francs?"', "tool": ["WeatherTool", "MoneyTool"]},
    {"query": "Rain?", "tool": ["WeatherTool", "Unheard"]},
]
SEAL_TOOLS = [
    {"api_name": "getRain", "api_description": "Rain.", "field": "Weather",
     "parameters": {"city": {"type": "str", "description": "Which city."}}, "required": ["city"], "responses": {}},
    {"api_name": "convert", "api_description": "Money.", "parameters": {}, "required": [], "responses": {}},
    {"api_name": "convert", "api_description": "The same name again.", "parameters": None},
]  # fmt: skip
SEAL_ROWS = [
    {"id": "in-1", "query": "Rain in Rome?", "calling": [{"api": "getRain", "parameters": {"city": "Rome"}}]},
    {"id": "in-2", "query": "Convert the rain", "calling": [
        {"api": "getRain", "parameters": {}, "responses": ["API_call_0"]},
        {"api": "convert", "parameters": {"x": "API_call_0"}}, {"api": "convert", "parameters": {}},
    ]},
    {"id": "in-3", "query": "No tool", "calling": []},
]  # fmt: skip


def function(name, said="Does it."):
    parameters = {"type": "dict", "properties": {"city": {"type": "string", "description": "Which."}}, "required": []}
    return {"name": name, "description": said, "parameters": parameters}


def said(text):
    return {"role": "user", "content": text}


BFCL_ROWS = {
    "multiple": [
        {"id": "multiple_0", "question": [[{"role": "system", "content": "Be brief."}, said("Rain?")]],
         "function": [function("sky.rain"), function("money.convert")]},
        {"id": "multiple_1", "question": [[said("First")], [said("then")]],
         "function": [function("money.convert", "Another of that name."), function("sun")]},
        {"id": "multiple_2", "question": [[said("No answer")]], "function": [function("sun")]},
    ],
    "irrelevance": [{"id": "irrelevance_0", "question": [[said("Hi")]], "function": [function("far")]}],
}  # fmt: skip
BFCL_ANSWERS = [
    {"id": "multiple_0", "ground_truth": [{"sky.rain": {"city": ["Rome"]}}]},
    {"id": "multiple_1", "ground_truth": [{"sun": {}}, {"money.convert": {}}, {"sun": {}}]},
]


def lines(rows):
    return "\n".join(json.dumps(row) for row in rows)


@pytest.fixture
def toole(tmp_path):
    (tmp_path / "dataset" / "data").mkdir(parents=True)
    files = {"plugin_des.json": json.dumps(PLUGINS), "data/all_clean_data.csv": CSV,
             "data/multi_tool_query_golden.json": json.dumps(GOLDEN),
             "big_tool_des.json": json.dumps({"WeatherTool": "Rain.", "MoneyTool": "Money."})}  # fmt: skip
    for name, text in files.items():
        (tmp_path / "dataset" / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def sealtools(tmp_path):
    (tmp_path / "tool.jsonl").write_text(lines(SEAL_TOOLS) + "\n\n")
    (tmp_path / "test_in_domain.jsonl").write_text(lines(SEAL_ROWS))
    old = tmp_path / "dataset_in_old_format"
    old.mkdir()
    (old / "test_in_domain.jsonl").write_text(lines([{"strange": 1}]))
    return tmp_path


@pytest.fixture
def bfcl(tmp_path):
    (tmp_path / "possible_answer").mkdir()
    for category, rows in BFCL_ROWS.items():
        (tmp_path / f"BFCL_v4_{category}.json").write_text(lines(rows))
    (tmp_path / "possible_answer" / "BFCL_v4_multiple.json").write_text(lines(BFCL_ANSWERS))
    (tmp_path / "BFCL_v4_multi_turn_base.json").write_text('{"id": "multi_turn_base_0", "question": []}')
    return tmp_path


def test_toole(toole):
    single, multi = load_queries(toole, "toole")
    assert [tool.name for tool in single.tools] == ["RainRadar", "Coins&Notes", "mute"]
    assert [(query.text, query.needed) for query in single.queries] == [
        ("Will it rain in Rome, or snow?", ("RainRadar",)),
        ("How many francs\nare ten euros?", ("Coins&Notes",)),
    ]
    assert [reason.split(": ")[1] for reason in single.left_out] == [
        "needs GoneTool, not in the pool",
        "names no tool or has no text",
    ]
    assert [query.needed for query in multi.queries] == [("WeatherTool", "MoneyTool")]
    assert len(multi.left_out) == 1


def test_toole_without_its_second_part(toole):
    (toole / "dataset" / "big_tool_des.json").unlink()
    assert [one.name for one in load_queries(toole / "dataset", "toole")] == ["single"]


def test_sealtools(sealtools):
    (found,) = load_queries(sealtools, "sealtools")
    assert [(tool.name, tool.description) for tool in found.tools] == [("getRain", "Rain."), ("convert", "Money.")]
    assert found.tools[0].properties["city"]["description"] == "Which city."
    assert [query.needed for query in found.queries] == [("getRain",), ("getRain", "convert")]
    assert found.left_out == ("in-3: names no tool or has no text",)


def test_bfcl(bfcl):
    (found,) = load_queries(bfcl, "bfcl")
    assert {tool.name: tool.description for tool in found.tools} == {
        "sky.rain": "Does it.", "money.convert": "Does it.", "sun": "Does it.", "far": "Does it.",
    }  # fmt: skip
    assert [(query.text, query.needed) for query in found.queries] == [
        ("Rain?", ("sky.rain",)),
        ("First\nthen", ("sun", "money.convert")),
    ]
    assert len(found.left_out) == 1


def test_a_list_is_read_as_lines_are(sealtools):
    (sealtools / "tool.jsonl").write_text(json.dumps(SEAL_TOOLS))
    assert len(load_queries(sealtools, "sealtools")[0].tools) == 2


@pytest.mark.parametrize(("limit", "ids"), [
    (1, ["single-0"]), (2, ["single-0", "single-1"]), (3, ["single-0", "single-1", "multi-0"]), (99, None),
])  # fmt: skip
def test_a_limit_is_spread_and_pools_stay_whole(toole, limit, ids):
    sets = load_queries(toole, "toole", limit)
    found = [query.id for one in sets for query in one.queries]
    assert found == (ids or ["single-0", "single-1", "multi-0"])
    assert len(sets[0].tools) == 3


@pytest.mark.parametrize("format", ["toole", "sealtools", "bfcl"])
def test_another_layout_says_what_was_seen_and_expected(tmp_path, format):
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(WorkbookError, match=r"(?s)holds notes.txt.*Expected") as caught:
        load_queries(tmp_path, format)
    assert caught.value.exit_status


@pytest.mark.parametrize(("name", "text", "said"), [
    ("dataset/data/all_clean_data.csv", "question,label\na,b\n", "has the columns question, label"),
    ("dataset/data/all_clean_data.csv", "Query,Tool\na,Gone\n", "not one row of it can be scored: single-0: needs"),
    ("dataset/plugin_des.json", "[1]", "no object of names"),
    ("dataset/plugin_des.json", "{", "is not JSON"),
])  # fmt: skip
def test_strange_content_is_an_error_and_never_zero_rows(toole, name, text, said):
    (toole / "dataset" / "data" / "multi_tool_query_golden.json").unlink()
    (toole / name).write_text(text)
    with pytest.raises(WorkbookError, match=said):
        load_queries(toole, "toole")


def test_questions_without_answers_are_an_error(bfcl):
    (bfcl / "possible_answer" / "BFCL_v4_multiple.json").unlink()
    with pytest.raises(WorkbookError, match="no possible_answer"):
        load_queries(bfcl, "bfcl")


def test_tools_without_queries_are_an_error(sealtools):
    (sealtools / "test_in_domain.jsonl").unlink()
    with pytest.raises(WorkbookError, match="no test_"):
        load_queries(sealtools, "sealtools")


def test_a_wrong_format_or_folder(tmp_path):
    with pytest.raises(UsageError, match="Did you mean 'toole'"):
        load_queries(tmp_path, "tool-e")
    with pytest.raises(WorkbookError, match="no folder"):
        load_queries(tmp_path / "absent", "bfcl")
