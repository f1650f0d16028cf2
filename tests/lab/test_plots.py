"""Pictures: transparent, readable on white and on black, told apart without colour, described in words."""

import base64
import io

import matplotlib
import pandas as pd
import pytest
from PIL import Image

from workbook.core.stats import Interval, wilson
from workbook.lab import plots
from workbook.lab.canvas import COLOURS, GREY, HATCHES, MARKERS, Picture
from workbook.lab.plots import budget_plot, interval_plot, ladder_plot, waterfall_plot


def summary(temperatures=(0.0, 0.7)):
    rows = [
        {"arm": arm, "temperature": t, "metric": "parses", **wilson(k, 20).to_dict()}
        for arm, k in (("prompt", 11), ("schema grammar", 20))
        for t in temperatures
    ]
    return pd.DataFrame(rows)


RUNGS = {"0002M": 2.0, "pocket": 8.0}
EFFECTS = {"a": [Interval(0.2, 0.1, 0.3, 9), Interval(-0.1, -0.2, 0.1, 9)], "b": [Interval(0.1, 0, 0.2, 9)] * 2}
PICTURES = {
    "intervals": lambda: interval_plot(summary(), group="temperature", title="Parses", target=0.95),
    "two targets": lambda: interval_plot(summary(), target={"half": 0.5, "folklore": 0.95}),
    "one group": lambda: interval_plot(summary((0.0,)), title="Parses"),
    "costs": lambda: interval_plot(summary((0.0,)), unit="seconds"),
    "ladder": lambda: ladder_plot(RUNGS, EFFECTS, title="Effect"),
    "doublings": lambda: ladder_plot({"5": 5, "300": 300}, EFFECTS, along="tools", log=True),
    "waterfall": lambda: waterfall_plot([("search", 30.0), ("model", 200.0), ("search", 5.0)]),
    "budget": lambda: budget_plot({"prompt": {"right": 100, "wasted": 50}, "grammar": {"right": 120}}),
}


def pixels(picture: Picture):
    return Image.open(io.BytesIO(picture.png)).convert("RGBA")


@pytest.mark.parametrize("name", PICTURES)
def test_the_background_is_transparent_and_the_ink_is_there(name):
    alpha = pixels(PICTURES[name]()).getchannel("A")
    share = sum(alpha.histogram()[200:]) / (alpha.width * alpha.height)
    assert alpha.getpixel((0, 0)) == 0
    assert 0.003 < share < 0.5


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_small_and_the_same_each_time(name):
    first, second = PICTURES[name](), PICTURES[name]()
    assert first == second
    assert len(first.png) < 60_000


@pytest.mark.parametrize("name", ["intervals", "ladder", "budget"])
def test_groups_differ_without_colour(name, monkeypatch):
    monkeypatch.setattr("workbook.lab.canvas.COLOURS", (GREY,) * len(COLOURS))
    marked = PICTURES[name]().png
    monkeypatch.setattr("workbook.lab.canvas.MARKERS", ("o",) * len(MARKERS))
    monkeypatch.setattr("workbook.lab.canvas.LINES", ("-",) * 4)
    monkeypatch.setattr("workbook.lab.canvas.HATCHES", ("",) * len(HATCHES))
    assert PICTURES[name]().png != marked


def contrast(colour: str, background: float) -> float:
    """The ratio of WCAG 2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    own = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (max(own, background) + 0.05) / (min(own, background) + 0.05)


def test_text_has_the_contrast_that_wcag_asks_for_on_white_and_on_black():
    assert contrast(GREY, 1.0) >= 4.5
    assert contrast(GREY, 0.0) >= 4.5


def test_marks_have_the_contrast_that_wcag_asks_for():
    for colour in COLOURS:
        assert contrast(colour, 1.0) >= 3
        assert contrast(colour, 0.0) >= 3


def test_what_it_shows_is_said_in_words():
    words = PICTURES["intervals"]().text
    assert words.startswith("Parses")
    assert "schema grammar, 0.7: 1.00 [0.84, 1.00], n = 20" in words
    assert "prompt: right 100, wasted 50" in PICTURES["budget"]().text
    assert "a, pocket: -0.10 [-0.20, 0.10], n = 9" in PICTURES["ladder"]().text


def test_no_point_of_a_ladder_lies_left_of_zero(monkeypatch):
    drawn: list[float] = []
    line = plots._line

    def noted(axes, x, *rest):
        drawn.extend(x)
        return line(axes, x, *rest)

    monkeypatch.setattr(plots, "_line", noted)
    ladder_plot({"0000M": 0.0, "pocket": 20.0}, EFFECTS)
    assert min(drawn) == 0
    assert len(drawn) == 4


def test_a_notebook_shows_it_once_by_itself():
    picture = PICTURES["budget"]()
    bundle = picture._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]) == picture.png
    assert bundle["text/plain"] == picture.text


def test_the_users_settings_stay(monkeypatch):
    monkeypatch.setitem(matplotlib.rcParams, "text.color", "red")
    PICTURES["ladder"]()
    assert matplotlib.rcParams["text.color"] == "red"


@pytest.mark.filterwarnings("error")
def test_infinite_intervals_are_drawn_as_far_as_an_axis_goes():
    rows = [{"arm": "a", "metric": "m", "estimate": float("inf"), "low": 10.0, "high": float("inf"), "n": 3}]
    rows += [{"arm": "b", "metric": "m", "estimate": 5.0, "low": 4.0, "high": float("inf"), "n": 3}]
    assert "inf" in interval_plot(pd.DataFrame(rows), unit="tokens").text
