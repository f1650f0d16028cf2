"""The exercise of notebook 00: write a tool call by hand."""

from __future__ import annotations

from typing import Any

from workbook.study.exercise import Exercise, WrongAnswer, expect

CITY, UNIT = "Lima", "fahrenheit"


def check_call(call: Any) -> None:
    """A call of ``get_weather`` for Lima in fahrenheit, as plain Python values."""
    expect(isinstance(call, dict), f"A call is a dict with a name and arguments; this is a `{type(call).__name__}`.")
    expect(call.get("name") == "get_weather", 'Which tool is it? Give its exact name under `"name"`.')
    arguments = call.get("arguments")
    if isinstance(arguments, str):
        expect(False, "The arguments are a *string* of JSON. Some APIs send them so; the call holds an object.")
    expect(isinstance(arguments, dict), 'The values belong in a dict under `"arguments"`, by parameter name.')
    extra = set(arguments) - {"city", "unit"}
    expect(not extra, f"The schema has no parameter `{', '.join(sorted(extra))}`: a model that adds one invented it.")
    expect(arguments.get("city") == CITY, "The city is copied from the question, letter by letter.")
    expect("unit" in arguments, "The user named a unit: an optional argument that was asked for must not be left out.")
    expect(arguments["unit"] == UNIT, "Look at the enum in the schema: the unit is one of those words, exactly.")


STUB = """
# The user says: "How warm is it in Lima, in fahrenheit?"
my_call = ...
"""

ANSWER = """
my_call = {"name": "get_weather", "arguments": {"city": "Lima", "unit": "fahrenheit"}}
"""

EXERCISES = (
    Exercise(
        id="00.write_a_call",
        title="be the model",
        difficulty=1,
        minutes=2,
        prompt=(
            "The model has the tool `get_weather` of the experiment above. The user says: "
            "*How warm is it in Lima, in fahrenheit?* Write the call that should come out, as a Python dict "
            'with `"name"` and `"arguments"`.'
        ),
        variable="my_call",
        stub=STUB,
        check=check_call,
        hints=(
            "Two keys on the outside: the tool's name, and an object of arguments.",
            "The schema lists two parameters. Both were mentioned by the user.",
            "`unit` has an `enum`. A value that is not in it is refused, however sensible it looks.",
        ),
        answer=ANSWER,
        why="Name and arguments, nothing else. Each value is either copied from the question or taken from the schema.",
        wrong=(
            WrongAnswer('my_call = {"name": "get_weather", "arguments": {"city": "Lima", "unit": "F"}}', "enum"),
            WrongAnswer(
                'my_call = {"name": "get_weather", "arguments": \'{"city": "Lima", "unit": "fahrenheit"}\'}',
                "*string* of JSON",
            ),
            WrongAnswer('my_call = {"name": "get_weather", "city": "Lima", "unit": "fahrenheit"}', '`"arguments"`'),
            WrongAnswer('my_call = {"name": "get_weather", "arguments": {"city": "Lima"}}', "optional argument"),
        ),
    ),
)
