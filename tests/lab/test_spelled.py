"""Calls in two spellings, judged alike: what is right in one is right in the other, and what is wrong in neither."""

from __future__ import annotations

import pytest

from workbook.core.errors import UsageError
from workbook.finetune.spelled import as_python, spoken
from workbook.grammar.checking import violations
from workbook.lab.spelled import grammar, judged, read, run
from workbook.models.hermes import parse, render_call
from workbook.models.nested_calls import NestedCall
from workbook.models.referenced_calls import flattened

ASKED = spoken(60, "held_out")


class Hermes:
    """A model of which only its chat format is asked for."""

    parse = staticmethod(parse)


def said(spelling: str, calls) -> str:
    return as_python(calls) if spelling == "python" else "\n".join(map(render_call, flattened(calls)))


@pytest.mark.parametrize("spelling", ["json", "python"])
def test_the_right_calls_are_right_in_any_order_and_fit_the_grammar(spelling):
    for one in ASKED:
        for calls in (one.calls, one.calls[::-1]):
            text = said(spelling, calls)
            assert judged(read(spelling, Hermes(), text), one) == {"exact": 1.0, "readable": 1.0}
            assert not violations(text, grammar(spelling, one.tools), parse)


@pytest.mark.parametrize("spelling", ["json", "python"])
def test_other_calls_are_wrong(spelling):
    inner = NestedCall("home_of", {"person": "Ada"})
    one = next(one for one in ASKED if one.kind == "nested")
    wrong = [(), (*one.calls, inner), (inner,), (NestedCall(one.calls[0].name, {}),), (*one.calls, *one.calls)]
    for calls in wrong:
        assert judged(read(spelling, Hermes(), said(spelling, calls)), one)["exact"] == 0.0


@pytest.mark.parametrize(
    ("spelling", "text"),
    [
        ("json", ""),
        ("json", "I will."),
        ("json", 'Sure.\n<tool_call>\n{"name": "home_of", "arguments": {"person": "Ada"}}\n</tool_call>'),
        ("json", '<tool_call>\n{"name": "home_of", "arguments": {"person": "$1"}}\n</tool_call>'),
        ("python", ""),
        ("python", 'home_of("Ada")'),
        ("python", 'home_of(person="Ada'),
    ],
)
def test_what_cannot_be_read_whole_is_not_readable(spelling, text):
    assert judged(read(spelling, Hermes(), text), ASKED[0]) == {"exact": 0.0, "readable": 0.0}


def test_an_unknown_spelling_names_the_known():
    asks = (
        lambda: grammar("yaml", ASKED[0].tools),
        lambda: read("yaml", Hermes(), ""),
        lambda: run({"yaml": Hermes()}, ASKED[:1]),
    )
    for ask in asks:
        with pytest.raises(UsageError, match="json"):
            ask()
