"""The whiteboard sketches that belong to an answer, each with the words that say the same."""

from __future__ import annotations

from workbook.study.sketch import sketch
from workbook.study.svg import Picture


def masked_decoding() -> Picture:
    """Why a grammar holds: the loop from the mask to the token picked and back, and where it ends."""
    boxes = {
        "tools": (0, 0, "tools|JSON Schema"),
        "state": (1, 0, "grammar state|what may follow"),
        "mask": (2, 0, "mask|forbid the rest"),
        "pick": (3, 0, "pick a token"),
        "model": (2, 1, "model|scores all tokens"),
        "end": (3, 1, "end?|stop or limit"),
        "append": (2, 2, "append|to text and state"),
        "run": (3, 2, "validate, run|never if cut"),
    }
    arrows = [
        ("tools", "state", "compile"),
        ("state", "mask", "allowed"),
        ("model", "mask", "scores"),
        ("mask", "pick", ""),
        ("pick", "end", ""),
        ("end", "append", "no"),
        ("end", "run", "yes"),
        ("append", "model", "text"),
        ("append", "state", ""),
    ]
    words = (
        "Tools are compiled once into a grammar. At each step its state says what may follow, and the mask forbids the "
        "rest of what the model scores. A token is picked. Is it the end? If not, it is appended to the text, which "
        "the model reads, and to the grammar's state. At a stop token the call is validated and run; a text that the "
        "limit cut is never run."
    )
    return sketch(boxes, arrows, words)
