"""The general half of the data: small talk, facts, sums, and reading, writing and copying JSON.

It is what ``base`` is trained on, and what fine-tuning for tools may forget.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from workbook.core.chat import assistant, user
from workbook.finetune import facts
from workbook.finetune.phrasing import CLAUSES, clause
from workbook.finetune.toolmaker import Parameter, make_parameter, thing
from workbook.finetune.values import Value
from workbook.finetune.words import Split, choose, draw, fresh_word

if TYPE_CHECKING:
    from workbook.finetune.conversations import Example

# topic: (questions, answers, word that any right answer holds)
TALK: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "greet": (
        ("hello", "hi", "hey there", "good day", "hello there", "hi friend", "greetings", "hey"),
        ("Hello! How can I help?",),
        "hello",
    ),
    "thanks": (
        ("thanks", "thank you", "thanks a lot", "many thanks", "thank you so much", "great, thanks", "cheers"),
        ("You are welcome.",),
        "welcome",
    ),
    "bye": (
        ("bye", "goodbye", "see you", "see you later", "good night", "farewell", "have a nice day"),
        ("Goodbye! See you soon.",),
        "goodbye",
    ),
    "name": (
        (
            "who are you",
            "what is your name",
            "what are you called",
            "tell me your name",
            "introduce yourself",
            "your name please",
        ),
        ("I am Pocket, a small language model.",),
        "pocket",
    ),
    "mood": (
        ("how are you", "how do you do", "are you well", "how is it going", "how do you feel", "are you ok"),
        ("I am fine, thank you.",),
        "fine",
    ),
    "age": (
        ("how old are you", "what is your age", "when were you born", "are you old", "tell me your age"),
        ("I am a program, so I have no age.",),
        "program",
    ),
    "human": (
        ("are you human", "are you a person", "are you a robot", "are you real", "are you alive"),
        ("No, I am a small language model.",),
        "model",
    ),
    "skills": (
        ("what can you do", "how can you help", "what are your skills", "what do you know", "help"),
        ("I can chat, do small sums, read JSON and call tools.",),
        "tools",
    ),
    "joke": (
        ("tell me a joke", "make me laugh", "say something funny", "do you know a joke", "be funny"),
        ("Why did the tool call fail? It had too many arguments.",),
        "arguments",
    ),
    "weather_talk": (
        ("nice day today", "I like the sun", "it is cold here", "what a lovely day", "I love rain"),
        ("I have no window, but I hope you enjoy the weather.",),
        "weather",
    ),
    "sad": (
        ("I am sad", "I feel bad", "I am tired", "I had a bad day", "I am not well", "I feel low"),
        ("I am sorry to hear that. I hope it gets better.",),
        "sorry",
    ),
    "happy": (
        (
            "I am happy",
            "I feel great",
            "I had a good day",
            "what a good day",
            "I am in a good mood",
            "I passed my exam",
        ),
        ("That is good to hear!",),
        "good to hear",
    ),
    "sorry": (
        ("sorry", "my mistake", "I apologize", "excuse me", "forgive me", "that was my fault"),
        ("No problem at all.",),
        "no problem",
    ),
    "like": (
        ("do you like music", "do you like books", "do you like food", "do you like me", "do you like games"),
        ("I have no taste, but I like to help.",),
        "help",
    ),
    "sleep": (
        ("do you sleep", "are you tired", "do you dream", "do you ever rest", "when do you sleep"),
        ("I never sleep; I only wait for the next message.",),
        "never sleep",
    ),
    "maker": (
        ("who made you", "who built you", "who trained you", "where do you come from", "who created you"),
        ("I was trained from nothing for the function-calling workbook.",),
        "workbook",
    ),
}
LEADS = tuple(
    """{q}|{q}?|oh, {q}|well, {q}|so {q}|hm, {q}|please, {q}|ok, {q}|by the way, {q}|just asking, {q}|now {q}|and {q}|
    one thing: {q}|may I ask, {q}|tell me, {q}|say, {q}|again: {q}|dear Pocket, {q}|Pocket, {q}|look, {q}""".replace(
        "\n    ", ""
    ).split("|")
)


def _example(kind: str, question: str, answer: str, *accept: str) -> Example:
    from workbook.finetune.conversations import Example

    return Example(kind, (user(question), assistant(answer)), (), accept)


def talk(rng: Random, split: Split) -> Example:
    """Small talk; evaluation joins leads and questions that training never joined."""
    topic = rng.choice(list(TALK))
    questions, answers, accept = TALK[topic]
    text = draw(lambda: rng.choice(LEADS).format(q=rng.choice(questions)), split)
    text = text[0].upper() + text[1:] if rng.random() < 0.6 else text
    return _example("talk", text, rng.choice(answers), accept)


def fact(rng: Random, split: Split) -> Example:
    """A question about a drawn fact, in a wording of the ``split``; the accepted answer is the entity itself."""
    picked = rng.choice(facts.all_facts())
    return fact_example(picked, facts.question(picked, rng, split))


def fact_example(known: facts.Fact, question: str) -> Example:
    """The question in the words given, answered by the entity and a full stop."""
    return _example("fact", question, f"{known.entity}.", known.entity)


SUMS: tuple[tuple[str, str, Callable[[int, int], int]], ...] = (
    ("+", "plus", lambda a, b: a + b),
    ("-", "minus", lambda a, b: a - b),
    ("*", "times", lambda a, b: a * b),
)


def arithmetic(rng: Random, split: Split) -> Example:
    """Sums of numbers up to 99, products up to 9 x 9; the pairs are split."""
    symbol, word, apply = rng.choice(SUMS)
    top = 9 if symbol == "*" else rng.choice([9, 99])
    a, b = (int(n) for n in draw(lambda: f"{rng.randint(0, top)} {rng.randint(0, top)}", split).split())
    if symbol == "-":
        a, b = max(a, b), min(a, b)
    form = rng.choice(
        ["What is {a} {o} {b}?", "{a} {o} {b}", "Compute {a} {o} {b}.", "{a} {o} {b} =", "How much is {a} {o} {b}?"]
    )
    result = str(apply(a, b))
    return _example("arithmetic", form.format(a=a, b=b, o=rng.choice([symbol, word])), result, result)


def _record(rng: Random, split: Split, low: int = 1, high: int = 5) -> list[tuple[Parameter, Value]]:
    fields: dict[str, Parameter] = {}
    for _ in range(rng.randint(low, high)):
        p = make_parameter(rng, split, "record", required=True)
        fields[p.noun] = p
    return [(p, p.sample(rng, split)) for p in {p.name: p for p in fields.values()}.values()]


def _json(fields: list[tuple[Parameter, Value]]) -> str:
    return json.dumps({p.name: v.json for p, v in fields}, ensure_ascii=False)


def write_json(rng: Random, split: Split) -> Example:
    """Values in words, keys named: write the object. The closest thing to a call that is no call."""
    fields = _record(rng, split)
    keys = ", ".join(p.name for p, _ in fields)
    said = rng.sample(fields, len(fields))
    parts = rng.choice([", ", " and ", "; "]).join(clause(rng, split, p, v) for p, v in said)
    lead = rng.choice(
        [
            "Write JSON with the keys {k}: ",
            "As JSON ({k}): ",
            "Fill the keys {k} from this: ",
            "JSON please, keys {k}. ",
        ]
    )
    return _example("json", lead.format(k=keys) + parts, _json(fields))


def read_json(rng: Random, split: Split) -> Example:
    """An object and a key: give the value."""
    fields = _record(rng, split, 1, 6)
    picked, value = rng.choice(fields)
    text = value.json if isinstance(value.json, str) else json.dumps(value.json, ensure_ascii=False)
    form = rng.choice(
        ["{j} What is the {n}?", "What is the {n} in {j}", "{j} Give me {n}.", "Read {n} from {j}", "{n} of {j}?"]
    )
    noun = picked.name if rng.random() < 0.5 else picked.name.replace("_", " ")
    return _example("json", form.format(j=_json(fields), n=noun), text, text)


def copy(rng: Random, split: Split) -> Example:
    """Say something again: words, or the value of one key among several in plain text."""
    if rng.random() < 0.4:
        words = " ".join(draw(lambda: fresh_word(rng), split) for _ in range(rng.randint(1, 8)))
        return _example(
            "copy", rng.choice(["Repeat: {w}", "Say {w}", "Copy this: {w}", "Echo {w}"]).format(w=words), words
        )
    fields = _record(rng, split, 1, 4)
    picked, value = rng.choice(fields)
    said = ", ".join(choose(rng, CLAUSES, split).format(n=p.noun, v=v.words) for p, v in fields)
    question = rng.choice([" What is the {n}?", " Which {n}?", " Tell me the {n}."]).format(n=picked.noun)
    return _example("copy", said + "." + question, value.words, value.words)


def describe(rng: Random, split: Split) -> Example:
    """Turn a snake_case name into words or back."""
    name = f"{thing(rng, split)}_{draw(lambda: fresh_word(rng), split)}"
    words = name.replace("_", " ")
    if rng.random() < 0.5:
        return _example("copy", f"Write {name} in plain words.", words, words)
    return _example("copy", f"Write {words} in snake case.", name, name)


MAKERS: Mapping[str, tuple[float, Callable[[Random, Split], Any]]] = {
    "write_json": (0.34, write_json),
    "read_json": (0.14, read_json),
    "copy": (0.12, copy),
    "describe": (0.05, describe),
    "fact": (0.19, fact),
    "talk": (0.06, talk),
    "arithmetic": (0.10, arithmetic),
}


def make(rng: Random, split: Split) -> Example:
    """One general example of a random kind."""
    weights, makers = zip(*MAKERS.values(), strict=True)
    maker = rng.choices(makers, weights)[0]
    example: Example = maker(rng, split)
    return example
