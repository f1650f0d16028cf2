"""Slides from the executed notebooks, for whoever teaches: what to look at and talk about, and not every cell.

A deck is one file that needs no server and no network. Which cells become slides follows from the anatomy that all
notebooks share, by their headings and outputs: the question, the predictions, the mechanism's picture, the plots with
what they did to the guesses, where it breaks, the verdicts, the thirty seconds and the whiteboard. Exercises stay in
the notebook. Leaves out how a notebook is taken apart (``slide_pieces``) and how a slide looks (``slide_page``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from workbook.core.errors import WorkbookError
from workbook.core.files import write_whole
from workbook.runner.slide_page import Slide, as_code, as_text, deck, index
from workbook.runner.slide_pieces import Piece, opening, paragraphs, pieces

EXERCISE = "Exercise"
APART = ("Predict", "Mechanism", "Where it breaks", EXERCISE, "Your interview", "In the interview")
"""Parts of a notebook that have rules of their own; all others are experiments."""
SHOWN = ("plot", "drawing")
RESULTS = (*SHOWN, "guess", "said", "table", "printed")
"""What shows a result, the best first."""


def make_slides(paths: Iterable[Path], folder: Path) -> Path:
    """Write a deck for each notebook into ``folder``, and a list of them; returns the list."""
    folder.mkdir(parents=True, exist_ok=True)
    decks = {path.stem: _slides(path) for path in paths}
    for name, slides in decks.items():
        write_whole(folder / f"{name}.html", deck(name, slides))
    write_whole(folder / "index.html", index({name: (slides[0].title, len(slides)) for name, slides in decks.items()}))
    return folder / "index.html"


def slides_of(notebook: Any) -> list[Slide]:
    """The slides of an executed notebook, in the order in which they are shown.

    Raises ``WorkbookError`` when it does not begin with a title and a question, or was never run.
    """
    found = list(pieces(notebook))
    if not found or found[0].kind != "text" or not found[0].part:
        raise WorkbookError("a notebook for slides begins with its title and its question", "See notebook 01.")
    if all(piece.kind in ("text", "code") for piece in found):
        raise WorkbookError("a notebook without outputs has no slides", "Run it first: workbook run, or make outputs.")
    rules = (_question, _prediction, _mechanism, _experiments, _breaks, _verdicts, _interview)
    return [slide for rule in rules for slide in rule(found)]


def _question(found: Sequence[Piece]) -> Iterator[Slide]:
    """The question, and what will be measured; the answer between them waits for the end."""
    question, _, *rest = paragraphs(found[0].content)
    asked = question.strip("*").removeprefix("The question:").strip()
    yield Slide(found[0].part, asked[0].upper() + asked[1:], as_text("\n\n".join(rest[:-1])))


def _prediction(found: Sequence[Piece]) -> Iterator[Slide]:
    mine = _of(found, "Predict")
    asked = "\n".join(f"1. {piece.content}" for piece in mine if piece.kind == "asked")
    if asked:
        words = [piece.content for piece in mine if piece.kind == "text"]
        yield Slide("Predict", "What do you expect?", as_text("\n\n".join([*words, asked])))


def _mechanism(found: Sequence[Piece]) -> Iterator[Slide]:
    """Its first picture under its first words; where nothing is drawn, the idea in code."""
    mine = _of(found, "Mechanism")
    words = next((as_text(opening(piece.content)) for piece in mine if piece.kind == "text"), "")
    pictures = [piece.content for piece in mine if piece.kind in SHOWN]
    code = [as_code(piece.content) for piece in mine if piece.kind == "code"]
    if mine:
        _, _, title = mine[0].part.rpartition("Mechanism: ")
        yield Slide("Mechanism", title[0].upper() + title[1:], words + "".join((pictures or code)[:1]))


def _experiments(found: Sequence[Piece]) -> Iterator[Slide]:
    """Each plot, and what the measurement did to the guesses."""
    mine = [piece for piece in found[1:] if not piece.within(APART)]
    for (kind, heading), group in groupby(mine, lambda piece: (piece.kind, piece.heading)):
        together = list(group)
        if kind == "guess":
            yield Slide(together[0].part, "And what did you expect?", "".join(piece.content for piece in together))
        elif kind in SHOWN:
            yield from (Slide(piece.part, heading, piece.content) for piece in together)


def _breaks(found: Sequence[Piece]) -> Iterator[Slide]:
    """Each way to break it: the first words, and what shows best that it does."""
    for heading, group in groupby(_of(found, "Where it breaks"), lambda piece: piece.heading):
        kinds: dict[str, list[Piece]] = {}
        for piece in group:
            kinds.setdefault(piece.kind, []).append(piece)
        words = [as_text(opening(piece.content)) for piece in kinds.get("text", [])[:1]]
        shown = [kinds[kind][0] for kind in RESULTS if kind in kinds][:1]
        body = "".join([*words, *(as_text(one.content) if one.kind == "said" else one.content for one in shown)])
        if body:
            yield Slide("Where it breaks", heading, body)


def _verdicts(found: Sequence[Piece]) -> Iterator[Slide]:
    rows = "".join(piece.content for piece in found if piece.kind == "verdict")
    if rows:
        yield Slide("In the interview", "The verdicts", f'<table class="verdicts">{rows}</table>')


def _interview(found: Sequence[Piece]) -> Iterator[Slide]:
    for piece in _of(found, "In the interview"):
        if piece.heading == "In 30 seconds" and piece.kind in ("text", "said"):
            yield Slide(piece.part, piece.heading, as_text(piece.content, large=True))
        elif piece.heading == "At the whiteboard" and piece.kind in SHOWN:
            yield Slide(piece.part, piece.heading, piece.content)


def _of(found: Sequence[Piece], part: str) -> list[Piece]:
    return [piece for piece in found if piece.within((part,)) and not piece.within((EXERCISE,))]


def _slides(path: Path) -> list[Slide]:
    """The slides of the notebook at ``path``, which an error names."""
    import nbformat

    try:
        return slides_of(nbformat.read(path, as_version=4))
    except WorkbookError as error:
        raise WorkbookError(f"{path.name}: {error.message}", error.remedy) from error
