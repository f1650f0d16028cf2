"""The decimal spellings of a range of integers, as a GBNF expression.

Digit by digit: two numbers of the same length share a prefix, then part; between the parting
digits everything goes. No leading zeros, no plus sign, no ``-0``.
"""

from __future__ import annotations

ANY = "[0-9]"


def integers(low: int | None, high: int | None) -> str:
    """Exactly the integers from ``low`` to ``high``, both included; None is unbounded.

    Raises ``ValueError`` when there are none.
    """
    if low is not None and high is not None and low > high:
        raise ValueError(f"no integer lies between {low} and {high}")
    parts: list[str] = []
    if low is None or low < 0:
        nearest = 1 if high is None or high >= 0 else -high
        parts += [f'"-" {part}' for part in _naturals(nearest, None if low is None else -low)]
    if high is None or high >= 0:
        parts += _naturals(max(0, low or 0), high)
    return "(" + " | ".join(parts) + ")"


def _naturals(low: int, high: int | None) -> list[str]:
    """Alternatives for the naturals from ``low`` to ``high``, one length at a time."""
    digits = len(str(low))
    longest = digits if high is None else len(str(high))
    parts = [_of_length(length, low, high) for length in range(digits, longest + 1)]
    if high is None:
        parts.append(f"[1-9] {_any(digits, open_ended=True)}")
    return parts


def _of_length(length: int, low: int, high: int | None) -> str:
    first = 0 if length == 1 else 10 ** (length - 1)
    last = 10**length - 1
    return _between(str(max(low, first)), str(last if high is None else min(high, last)))


def _between(low: str, high: str) -> str:
    """Spellings of one length, from ``low`` to ``high``."""
    if len(low) <= 1:
        return _digits(int(low), int(high)) if low else ""
    if low[0] == high[0]:
        return f'"{low[0]}" {_between(low[1:], high[1:])}'.strip()
    parts = [f'"{low[0]}" {_at_least(low[1:])}']
    if int(high[0]) - int(low[0]) > 1:
        parts.append(f"{_digits(int(low[0]) + 1, int(high[0]) - 1)} {_any(len(low) - 1)}")
    return _either([*parts, f'"{high[0]}" {_at_most(high[1:])}'])


def _at_least(low: str) -> str:
    if not low.strip("0"):
        return _any(len(low))
    if len(low) == 1:
        return _digits(int(low), 9)
    larger = [f"{_digits(int(low[0]) + 1, 9)} {_any(len(low) - 1)}"] if low[0] != "9" else []
    return _either([f'"{low[0]}" {_at_least(low[1:])}', *larger])


def _at_most(high: str) -> str:
    if not high.strip("9"):
        return _any(len(high))
    if len(high) == 1:
        return _digits(0, int(high))
    smaller = [f"{_digits(0, int(high[0]) - 1)} {_any(len(high) - 1)}"] if high[0] != "0" else []
    return _either([*smaller, f'"{high[0]}" {_at_most(high[1:])}'])


def _either(parts: list[str]) -> str:
    stripped = [part.strip() for part in parts]
    return stripped[0] if len(stripped) == 1 else "(" + " | ".join(stripped) + ")"


def _digits(first: int, last: int) -> str:
    return f'"{first}"' if first == last else f"[{first}-{last}]"


def _any(count: int, *, open_ended: bool = False) -> str:
    if open_ended:
        return f"{ANY}{{{count},}}"
    return ANY if count == 1 else f"{ANY}{{{count}}}" if count else ""
