"""Multiple choice as an exercise: the answer is a letter, and every option that is not right says why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbook.study.exercise import Exercise, WrongAnswer, expect

Options = Mapping[str, tuple[str, str]]
"""By letter: what stands there to choose, and what is said to those who choose it."""


def choice(
    id: str, title: str, minutes: int, question: str, options: Options, right: str, hints: tuple[str, ...]
) -> Exercise:
    """The exercise of one ``question``; the right option's explanation is shown with the solution.

    Raises ``ValueError`` where the right option is missing, or the longest, which gives it away.
    """
    longest = max(options, key=lambda letter: len(options[letter][0]))
    if right not in options or right == longest:
        raise ValueError(f"{id}: {right!r} is no option, or the longest one, which gives it away")

    def check(letter: Any) -> None:
        expect(isinstance(letter, str) and letter in options, f"Answer with one of the letters {', '.join(options)}.")
        expect(letter == right, options[letter][1])

    listed = "\n".join(f"- `{letter}`: {text}" for letter, (text, _) in options.items())
    return Exercise(
        id=id,
        title=title,
        difficulty=1,
        minutes=minutes,
        prompt=f"{question}\n\n{listed}",
        variable="letter",
        stub="\nletter = ...\n",
        check=check,
        hints=hints,
        answer=f'\nletter = "{right}"\n',
        why=options[right][1],
        wrong=tuple(WrongAnswer(f'letter = "{k}"\n', said) for k, (_, said) in options.items() if k != right),
    )
