"""Texts that tell tokenizers apart: scripts, marks, digits, spaces, quotes before s, JSON, tags and near-tags."""

from __future__ import annotations

import json
import random

WORDS = (
    "salad get_weather getWeather parseHTTPResponse François Guérin Forêt café cafe\u0301 naïve Straße "
    "Москва 東京 こんにちは العربية हिन्दी 한국어 שלום ½ Ⅷ x² ﬁ ① Ⓐ ªº ‿ a‿b \u200d \u00ad \ufeff 👩‍👩‍👧 🇫🇷 "
    "e\u0301\u0302 İ ǅ × ÷ a×b"
).split(" ")
QUOTED = "don't 'salad' 'really' we'll L'été 's 't O'Reilly a.b.c _a_b_ \"it's\" 'RE 'Ll".split(" ")
TAGS = (
    "<|im_start|> <|im_end|> <tool_call> </tool_call> <tools> </tools> <|pad|> <|bos|> "  # the real ones
    "<|im_ im_end|> <tool_call tool_call> <<tool_call>> </ tool_call> <|IM_END|> <|im_end|><|im_end|>"
).split(" ")
MARKS = list("'\"`.,;:!?()[]{}<>|/\\@#$%^&*-_=+~…。，、।۔،“”‘’«»—–·°€£\u00a0\u2003\u3000\u2028\u0085")
BLANKS = ["\n", "\r\n", "\t", "\n\n\n", " \n ", "\x0b", "\x1c"]


def varied_texts(count: int, seed: int = 0) -> list[str]:
    """``count`` texts, each a chain of a few pieces of different kinds."""
    rng = random.Random(seed)
    return ["".join(_piece(rng) for _ in range(rng.randrange(1, 14))) for _ in range(count)]


def _piece(rng: random.Random) -> str:
    kinds = (
        lambda: rng.choice(WORDS),
        lambda: rng.choice(QUOTED),
        lambda: rng.choice(TAGS),
        lambda: rng.choice(MARKS) * rng.choice([1, 1, 1, 2, 7]),
        lambda: " " * rng.randrange(1, 9),
        lambda: rng.choice(BLANKS),
        lambda: str(rng.randrange(10 ** rng.randrange(1, 12))),
        lambda: _character(rng) * rng.choice([1, 2]),
        lambda: _json(rng),
    )
    return rng.choice(kinds)()


def _character(rng: random.Random) -> str:
    """Any code point but the surrogates, the low planes more often."""
    low, high = rng.choice([(0, 0x20), (0x20, 0x250), (0x250, 0x3000), (0x3000, 0xD800), (0xE000, 0x110000)])
    return chr(rng.randrange(low, high))


def _json(rng: random.Random) -> str:
    value = rng.choice([1, -2.5e10, None, True, "it's 'fine'", [1, 2], {}, {"a": ["b", "ü"]}])
    return json.dumps({rng.choice(WORDS): value}, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, None, 2]))
