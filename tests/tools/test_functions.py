"""Tools from Python functions: what the signature says to the model, and what the function gets."""

from __future__ import annotations

import asyncio
import enum
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from workbook.core.errors import UsageError, WorkbookError
from workbook.core.validation import schema_errors
from workbook.tools import ToolError, from_function


class Unit(enum.Enum):
    CELSIUS = "celsius"
    KELVIN = "kelvin"


@dataclass
class Place:
    city: str
    tags: list[str] = field(default_factory=list)


class Stay(TypedDict, total=False):
    nights: int
    place: Place


class Node(BaseModel):
    name: str
    children: list[Node] = []


def call(function: Callable[..., Any], /, **arguments: Any) -> str:
    """What the agent does: schema, the tool's own check, then the call."""
    bound = from_function(function)
    assert schema_errors(arguments, bound.tool.parameters) == []
    assert bound.check(arguments) == []
    return asyncio.run(bound.run(arguments))


def weather(city: str, days: int = 3, unit: Unit = Unit.CELSIUS, *, mode: Literal["short", "long"] = "short") -> dict:
    """Tell the weather.

    For a few days, as far as it is known.

    Args:
        city: the city,
            as people call it
        days (int): how many

    Returns:
        Words.
    """
    return {"city": city, "days": days, "unit": unit.value, "mode": mode}


def test_the_signature_and_the_docstring_make_the_tool():
    bound = from_function(weather, risk="write")
    assert (bound.name, bound.risk) == ("weather", "write")
    assert bound.tool.description == "Tell the weather.\n\nFor a few days, as far as it is known."
    assert bound.origin.endswith("test_functions.weather")
    assert bound.tool.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "the city, as people call it"},
            "days": {"type": "integer", "description": "how many", "default": 3},
            "unit": {"$ref": "#/$defs/Unit", "default": "celsius"},
            "mode": {"type": "string", "enum": ["short", "long"], "default": "short"},
        },
        "required": ["city"],
        "additionalProperties": False,
        "$defs": {"Unit": {"type": "string", "enum": ["celsius", "kelvin"]}},
    }


def test_arguments_become_values_of_the_types_and_defaults_stay():
    assert json.loads(call(weather, city="Oslo", unit="kelvin")) == {
        "city": "Oslo", "days": 3, "unit": "kelvin", "mode": "short",
    }  # fmt: skip


def test_nested_types_arrive_as_themselves():
    def book(place: Place, stay: Stay, tree: Node, when: date, at: Place | None = None) -> list:
        assert isinstance(place, Place)
        assert isinstance(tree.children[0], Node)
        assert isinstance(stay["place"], Place)
        return [place, stay, tree, when, at]

    place = {"city": "Rome", "tags": ["old"]}
    tree = {"name": "a", "children": [{"name": "b", "children": []}]}
    made = json.loads(call(book, place=place, stay={"nights": 2, "place": place}, tree=tree, when="2026-01-31"))
    assert made == [place, {"nights": 2, "place": place}, tree, "2026-01-31", None]


@pytest.mark.parametrize(
    "arguments",
    [
        {"place": {"city": "Rome", "surprise": 1}},
        {"place": {"city": "Rome"}, "extra": 1},
        {"place": {"tags": []}},
        {"place": {"city": 3}},
        {},
    ],
)
def test_the_schema_is_closed_all_the_way_down(arguments):
    def book(place: Place) -> str:
        return place.city

    assert schema_errors(arguments, from_function(book).tool.parameters)


def test_a_title_that_is_a_name_or_a_value_survives():
    class Book(TypedDict):
        title: str

    def store(book: Book, like: dict[str, str] = {"title": "x"}) -> str:  # noqa: B006
        return book["title"]

    store.__annotations__ = {"book": Book, "like": dict[str, str]}
    schema = from_function(store).tool.parameters
    assert schema["$defs"]["Book"]["properties"] == {"title": {"type": "string"}}
    assert schema["properties"]["like"]["default"] == {"title": "x"}


def test_check_says_what_no_schema_can():
    def on(day: date, share: Annotated[float, Field(gt=0)] = 1.0) -> str:
        return str(day)

    bound = from_function(on)
    assert schema_errors({"day": "2026-02-31"}, bound.tool.parameters) == []
    [message] = bound.check({"day": "2026-02-31"})
    assert message.startswith("day: Input should be a valid date")
    assert schema_errors({"day": "2026-02-01", "share": 0}, bound.tool.parameters)
    with pytest.raises(ToolError, match="day"):
        asyncio.run(bound.run({"day": "2026-02-31"}))


def test_run_refuses_what_the_function_does_not_take():
    with pytest.raises(ToolError, match="until: no such parameter"):
        asyncio.run(from_function(weather).run({"city": "Oslo", "until": 3}))


def test_async_functions_run_in_the_loop_and_others_in_threads_side_by_side():
    barrier = threading.Barrier(2, timeout=5)

    def wait() -> str:
        barrier.wait()
        return threading.current_thread().name

    async def here() -> str:
        return threading.current_thread().name

    async def both() -> list[str]:
        waiting = from_function(wait)
        return await asyncio.gather(waiting.run({}), waiting.run({}), from_function(here).run({}))

    first, second, third = asyncio.run(both())
    main = threading.current_thread().name
    assert third == main
    assert main not in (first, second)


class Doubler:
    """An object that can be called."""

    def __call__(self, n: int) -> int:
        """Double a number."""
        return 2 * n

    def triple(self, n: int) -> int:
        """Triple a number."""
        return 3 * n


def test_methods_and_callable_objects_are_functions_too():
    assert call(Doubler().triple, n=2) == "6"
    assert call(Doubler(), n=2) == "4"
    assert from_function(Doubler()).name == "Doubler"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        ("", ""),
        (None, "null"),
        (1.5, "1.5"),
        (float("nan"), "null"),
        ({"ö": [1, 2]}, '{"ö": [1, 2]}'),
        (Place("Oslo"), '{"city": "Oslo", "tags": []}'),
        (date(2026, 1, 2), '"2026-01-02"'),
    ],
)
def test_results_become_text(value, text):
    def give() -> Any:
        return value

    assert call(give) == text


def test_a_result_without_a_json_form_is_the_authors_mistake():
    def give() -> object:
        return object()

    with pytest.raises(WorkbookError, match="give gave a object") as caught:
        call(give)
    assert not isinstance(caught.value, ToolError)


def test_what_a_function_raises_passes_through():
    def refuse() -> str:
        raise ToolError("out of stock")

    def break_() -> str:
        raise ZeroDivisionError

    with pytest.raises(ToolError, match="out of stock"):
        call(refuse)
    with pytest.raises(ZeroDivisionError):
        call(break_)


def many(*things: int) -> str:
    return ""


def keywords(**things: int) -> str:
    return ""


def untyped(fine: int, bare) -> str:
    return ""


def placed(first: int, /) -> str:
    return ""


def opaque(good: int, thing: threading.Lock) -> str:
    return ""


def unknown(name: NotThere) -> str:  # type: ignore[name-defined] # noqa: F821
    return ""


@pytest.mark.parametrize(
    ("function", "parameter"),
    [
        (many, "things"),
        (keywords, "things"),
        (untyped, "bare"),
        (placed, "first"),
        (opaque, "thing"),
        (unknown, "NotThere"),
    ],
)
def test_what_cannot_be_described_is_an_error_that_names_it(function, parameter):
    with pytest.raises(UsageError, match=parameter) as caught:
        from_function(function)
    assert function.__name__ in str(caught.value)
    assert caught.value.remedy


def test_every_schema_is_one():
    for function in (weather, Doubler(), Doubler().triple, lambda: None):
        parameters = from_function(function).tool.parameters
        Draft202012Validator.check_schema(parameters)
        assert parameters["type"] == "object"
