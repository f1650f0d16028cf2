"""Values of plain tools: numbers as people write them, points, ranges, formulas, dates with the month first."""

from __future__ import annotations

from random import Random

from workbook.finetune.values import KINDS, MONTHS, Kind, Value
from workbook.finetune.words import Split


def whole(rng: Random) -> Kind:
    """Whole numbers up to a top that is drawn once; a quarter of such kinds has negative ones too."""
    top = rng.choice([10, 20, 100, 100, 1000, 1_000_000])
    low = -top if rng.random() < 0.25 else 0
    return Kind(
        {"type": rng.choice(["integer", "integer", "integer", "number"])}, lambda r, _: _said(r, r.randint(low, top))
    )


def decimal(rng: Random) -> Kind:
    """Numbers with one to three decimals."""
    top = rng.choice([1, 10, 500])
    return Kind({"type": "number"}, lambda r, _: _said(r, round(r.uniform(0, top), r.choice([1, 2, 2, 3]))))


def _said(rng: Random, number: float) -> Value:
    """Of the long numbers half come with commas."""
    text = str(number)
    if number >= 1000 and rng.random() < 0.5:
        text = f"{number:,}"
    return Value(number, text)


def numbers(rng: Random) -> Kind:
    """Two to six numbers, in brackets or as a list in words."""
    inner = rng.choice(["integer", "number"])

    def sample(rng: Random, _: Split) -> Value:
        items = [
            rng.randint(0, 100) if inner == "integer" else round(rng.uniform(0, 100), 1)
            for _ in range(rng.randint(2, 6))
        ]
        plain = ", ".join(map(str, items))
        ended = ", ".join(map(str, items[:-1])) + f" and {items[-1]}"
        return Value(items, rng.choice([plain, ended, f"[{plain}]", f"({plain})"]))

    return Kind({"type": "array", "items": {"type": inner}}, sample)


def point(inner: str) -> Kind:
    """Two coordinates of the JSON type ``inner``, in brackets."""

    def sample(rng: Random, _: Split) -> Value:
        x, y = (rng.randint(-20, 20) if inner == "integer" else round(rng.uniform(-90, 90), 2) for _ in range(2))
        return Value([x, y], rng.choice([f"({x}, {y})", f"({x},{y})", f"[{x}, {y}]"]))

    return Kind({"type": "array", "items": {"type": inner}}, sample)


def expression(rng: Random, _: Split) -> Value:
    """A polynomial: signs and powers are to be copied as they stand."""
    letter, power = rng.choice("xyzt"), rng.choice(["^", "**"])
    terms = [f"{rng.choice(['', *map(str, range(2, 30))])}{letter}{power}{rng.randint(2, 5)}"]
    terms += [f"{rng.randint(2, 40)}{letter}"] * (rng.random() < 0.5) + [str(rng.randint(1, 99))] * (rng.random() < 0.5)
    text = terms[0] + "".join(rng.choice([" + ", " - "]) + term for term in terms[1:])
    return Value(text, text)


def day(rng: Random, split: Split) -> Value:
    """A date as ``values`` says it, or with the month first."""
    value = KINDS["date"].sample(rng, split)
    year, month, date = value.json.split("-")
    return Value(value.json, rng.choice([value.words, f"{MONTHS[int(month) - 1]} {int(date)}, {year}"]))
