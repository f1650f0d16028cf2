"""Values of look-ups: titles, towns, years, seasons, quoted sentences and lists, each with the words that say it."""

from __future__ import annotations

from random import Random

from workbook.finetune.lexicon import ADJECTIVES, NOUNS, WORDS
from workbook.finetune.values import KINDS, Value
from workbook.finetune.words import Split, draw, fresh_word

STATES = "AK AL AZ CA CO FL GA IL KY LA MA MD MI MN NC NJ NM NV NY OH OR PA SC TN TX UT VA WA WI".split()


def title(rng: Random, split: Split) -> Value:
    """A name of two to four words, such as a treaty's, a work's or a team's; said with capitals, or without."""
    words = [rng.choice([rng.choice(WORDS), fresh_word(rng)]) for _ in range(rng.choice([1, 2, 2, 3]))]
    if rng.random() < 0.5:
        text = " ".join(word.capitalize() for word in words)
        if rng.random() < 0.3:
            text = f"{rng.choice(WORDS).capitalize()} of {text}"
    else:
        text = " ".join(words)
    return Value(text, f"the {text}" if rng.random() < 0.2 else text)


def town(rng: Random, split: Split) -> Value:
    """A city, some with the state behind it."""
    value = KINDS["city"].sample(rng, split)
    if rng.random() < 0.35:
        text = f"{value.words}, {rng.choice([rng.choice(STATES), draw(lambda: fresh_word(rng), split).capitalize()])}"
        return Value(text, text)
    return value


def year(rng: Random, _: Split) -> Value:
    """A year of four digits."""
    number = rng.choice([rng.randint(1000, 2035), rng.randint(1850, 2030)])
    return Value(number, str(number))


def season(rng: Random, _: Split) -> Value:
    """Two years in a row, as sport has them."""
    first = rng.randint(1950, 2030)
    text = rng.choice([f"{first}-{first + 1}", f"{first}/{first + 1}"])
    return Value(text, text)


def small(rng: Random, _: Split) -> Value:
    """A number of things."""
    number = rng.randint(1, rng.choice([10, 30, 500]))
    return Value(number, str(number))


def sentence(rng: Random, split: Split) -> Value:
    """Words in quotes, with marks among them, to be copied as they stand."""
    words = [rng.choice([rng.choice(WORDS), rng.choice(WORDS), fresh_word(rng)]) for _ in range(rng.randint(2, 9))]
    for mark in ("!", ",", "'s"):
        if rng.random() < 0.3:
            place = rng.randrange(len(words))
            words[place] += mark
    text = " ".join(words)
    text = (text[0].upper() + text[1:] if rng.random() < 0.7 else text) + rng.choice(["", "", ".", "!", "?"])
    return Value(text, rng.choice(["'{}'", '"{}"', "'{}'"]).format(text))


def several(rng: Random, split: Split) -> Value:
    """Two to four short texts as a list."""
    items = [rng.choice([rng.choice(WORDS), fresh_word(rng), _two(rng)]) for _ in range(rng.randint(2, 4))]
    items = list(dict.fromkeys(items))
    said = ", ".join(items[:-1]) + f" and {items[-1]}" if len(items) > 1 else items[0]
    return Value(items, said)


def style(rng: Random, split: Split) -> Value:
    """One word that stands before the thing."""
    text = draw(lambda: rng.choice([rng.choice(ADJECTIVES), rng.choice(WORDS), fresh_word(rng)]), split)
    return Value(text, text)


def _two(rng: Random) -> str:
    return f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS).replace('_', ' ')}"
