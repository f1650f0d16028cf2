"""What makes a question of the bank a good one, as rules that run over all of it.

Covers what a program can see: that claims, sources, links and follow-ups lead somewhere, that figures have a source
beside them, that lengths are right, that options give nothing away, that nothing stands twice. Leaves out whether an
answer is true.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbook.core.settings import repo_root
from workbook.lab.claims import load_claims
from workbook.study.figures import KEY, claims_in
from workbook.study.question import RECKONED, Choice, Number, Question, Steps

SHORT, LONG = (60, 90), (250, 420)
"""Words of the answers of 30 seconds and of 3 minutes."""
POINTS, RED_FLAGS = 10, 3
"""What a rubric gives at most, and the red flags at least."""
MENTIONS = re.compile(r"\[([A-Za-z][\w .+-]*)\](?!\()")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
UNSAID = re.compile(r'"[^"]*"|`[^`]*`|\[[^\]]*\]|\{claim:[^}]*\}')
"""Not our own statements: what is quoted, code, keys of sources and measurements."""
FIGURE = re.compile(r"(?<![\w./@-])\d+(?:[.,]\d+)*(?:[ ]?(?:%|×|per cent))?(?![\w-]|\.\d)")
NAMED = re.compile(r"(?:RFC|arXiv|HTTP|notebook|status|version|BFCL V|port|SHA|UTF)[ -]?\d[\d.]*", re.IGNORECASE)
OURS = re.compile(r"\b(?:notebooks?|trials?|tried|shipped model)\b")
"""Our own work, whose figures are taken from the ledger."""
WRAPPED = re.compile(r"\n\s*(?!\s*(?:- |\n))")
YEAR = re.compile(r"(?:19|20)\d\d")
RESERVED = {"call", "class", "click", "default", "end", "graph", "href", "style", "subgraph"}  # by Mermaid
BOX = re.compile(r'\w+\["[^"\n]+"\]|\w+\{"[^"\n]+"\}')
ARROW = re.compile(r"(\w+) -->(?:\|[^|\n]+\|)? (\w+)")


@dataclass(frozen=True)
class Problem:
    """Something to mend, and the id of the question where it is."""

    id: str
    what: str

    def __str__(self) -> str:
        return f"{self.id}: {self.what}"


def lint(bank: Mapping[str, Question], root: Path | None = None) -> list[Problem]:
    """All problems of the bank; ``root`` is the checkout in which links lead somewhere."""
    found = [problem for question in bank.values() for problem in lint_question(question, bank, root)]
    return [*found, *(Problem("bank", what) for rule in BANK_RULES for what in rule(list(bank.values())))]


def lint_question(question: Question, bank: Mapping[str, Question], root: Path | None = None) -> list[Problem]:
    """The problems of one question, whose follow-ups may lead to others of ``bank``."""
    root = root or repo_root()
    return [Problem(question.id, what) for rule in RULES for what in rule(question, bank, root)]


def figures(text: str) -> list[str]:
    """The figures in ``text`` that need a source: percentages, decimals, and whole numbers from 10 on; no years."""
    bare = NAMED.sub(" ", UNSAID.sub(" ", text))
    found = [match[0] for match in FIGURE.finditer(bare)]
    return [figure for figure in found if not (YEAR.fullmatch(figure) or re.fullmatch(r"\d", figure))]


def texts(question: Question) -> Iterator[tuple[str, str]]:
    """Every text that makes statements, with the words that say where it stands."""
    yield "30 seconds", question.short
    yield "3 minutes", question.long
    for one in (node for tree in question.follow_ups for node in tree.walk()):
        yield f"follow-up {one.ask!r}", one.answer
    for number, option in enumerate(question.choice.options if question.choice else (), 1):
        yield f"option {number}", option.why
    yield from (("red flag", flag) for flag in question.red_flags)
    yield from (("rubric", point.what) for point in question.rubric)
    drills: tuple[Number | Steps | None, ...] = (question.number, question.steps)
    yield from (("drill", drill.why) for drill in drills if drill)


Found = Iterator[str]
Rule = Callable[[Question, Mapping[str, Question], Path], Found]


def _claims(question: Question, bank: Mapping[str, Question], root: Path) -> Found:
    known = load_claims()
    shown = [id for _, text in texts(question) for id in claims_in(text)]
    numbers = [question.number.claim] if question.number and question.number.claim else []
    for id in (*question.claims, *shown, *numbers):
        if id not in known:
            yield f"no claim {id!r} in claims.yaml"
        elif id not in question.claims:
            yield f"the claim {id!r} is shown and not listed under claims"
    for _, text in texts(question):
        if "{" in KEY.sub("", re.sub(r"`[^`]*`", "", text)):
            yield f"a brace that is no {{claim:ID}}: {text[:60]!r}"


def _sources(question: Question, bank: Mapping[str, Question], root: Path) -> Found:
    if not (question.claims or question.sources):
        yield "neither a claim nor a source: how does the answer know?"
    cited = {key for _, text in texts(question) for key in MENTIONS.findall(text)}
    number = question.number
    cited |= {number.source} if number and number.source else set()
    for key in sorted(cited - set(question.sources) - {RECKONED}):
        yield f"[{key}] is cited and not among the sources"
    for key in sorted(set(question.sources) - cited):
        yield f"the source {key!r} is never cited"
    if number and bool(number.claim) == (number.value is not None and bool(number.source)):
        yield "a number to predict has a claim, or a value with its source"


def _links(question: Question, bank: Mapping[str, Question], root: Path) -> Found:
    topics = (root / "course" / "topics.yaml").read_text(encoding="utf-8")
    if f"notebook: {question.notebook}," not in topics:
        yield f"no notebook {question.notebook!r} in topics.yaml"
    for where, text in texts(question):
        for link in LINK.findall(text):
            if "://" in link or not (root / "course" / "questions" / link).resolve().is_file():
                yield f"{where}: the link {link!r} leads to no file of the repository"


def _figures(question: Question, bank: Mapping[str, Question], root: Path) -> Found:
    given = set(figures(question.question))
    for where, text in texts(question):
        for sentence in re.split(r"(?<=[.!?*])\s+", WRAPPED.sub(" ", text)):
            bare = [figure for figure in figures(sentence) if figure not in given]
            if not bare or KEY.search(sentence):
                continue
            cited = MENTIONS.findall(sentence)
            if not cited:
                yield f"{where}: {bare[0]!r} has no source beside it: {sentence[:60]!r}"
            elif all(OURS.search(question.sources.get(key, "")) for key in cited):
                yield f"{where}: {bare[0]!r} is a result of ours: take it from the ledger, {{claim:ID}}"


def _lengths(question: Question, bank: Mapping[str, Question], root: Path) -> Found:
    for name, text, (least, most) in (("30 seconds", question.short, SHORT), ("3 minutes", question.long, LONG)):
        count = len(MENTIONS.sub("", text).split())
        if not least <= count <= most:
            yield f"{name}: {count} words instead of {least} to {most}"
    if question.most != POINTS:
        yield f"the rubric gives {question.most} points instead of {POINTS}"
    if len(question.red_flags) < RED_FLAGS:
        yield f"only {len(question.red_flags)} red flags"
    if question.asked_in and not question.choice:
        yield "an item of the usual notes needs a multiple choice"


def _whiteboard(question: Question, bank: Mapping[str, Question], root: Path) -> Found:
    if not question.whiteboard:
        yield "no whiteboard"
        return
    head, *lines = [line.strip() for line in question.whiteboard.splitlines() if line.strip()]
    if head not in ("flowchart LR", "flowchart TD"):
        yield "the whiteboard begins with flowchart LR or flowchart TD"
    boxes = {line.split("[")[0].split("{")[0] for line in lines if BOX.fullmatch(line)}
    arrows = [match for line in lines if (match := ARROW.fullmatch(line))]
    for line in lines:
        if not (BOX.fullmatch(line) or ARROW.fullmatch(line)):
            yield f'the whiteboard has neither NAME["text"] nor NAME --> NAME: {line!r}'
    drawn = {end for match in arrows for end in match.groups()}
    for name in sorted(drawn ^ boxes):
        yield f"the whiteboard: {name!r} is {'not described' if name in drawn else 'on its own'}"
    for name in sorted(boxes & RESERVED):
        yield f"the whiteboard: {name!r} is a word of Mermaid's own"


def _follow_ups(question: Question, bank: Mapping[str, Question], root: Path) -> Found:
    if not question.follow_ups:
        yield "nothing is asked next"
    if not any(tree.then for tree in question.follow_ups):
        yield "the follow-ups are no tree: none goes deeper"
    for one in (node for tree in question.follow_ups for node in tree.walk()):
        if bool(one.answer) == bool(one.see):
            yield f"follow-up {one.ask!r}: a dangling end, it needs an answer, or a question to see"
        if one.see and (one.see not in bank or one.see == question.id):
            yield f"follow-up {one.ask!r}: no other question {one.see!r}"
        if not one.ask.endswith("?"):
            yield f"follow-up {one.ask!r} is no question"


def _options(question: Question, bank: Mapping[str, Question], root: Path) -> Found:
    if not (choice := question.choice):
        return
    lengths = {letter: len(option.text) for letter, option in zip(choice.letters, choice.options, strict=True)}
    if len(lengths) < 3 or choice.right not in lengths:
        yield f"multiple choice: {len(lengths)} options, of which {choice.right!r} is right"
        return
    if lengths[choice.right] > max(size for letter, size in lengths.items() if letter != choice.right):
        yield "multiple choice: the right option is the longest, which gives it away"
    if max(lengths.values()) > 2 * min(lengths.values()):
        yield "multiple choice: an option is more than twice as long as another"
    if any(not option.why for option in choice.options):
        yield "multiple choice: an option without an explanation"


def _steps(question: Question, bank: Mapping[str, Question], root: Path) -> Found:
    if question.steps and not 4 <= len(set(question.steps.order)) == len(question.steps.order) <= 7:
        yield "steps to order: four to seven different ones"
    if (n := question.number) and not (n.low < n.high and (n.value is None or n.low <= n.value <= n.high)):
        yield "a number to predict lies between low and high"


def _twice(bank: Sequence[Question]) -> Found:
    words = {question.id: _content(question.question) for question in bank}
    answers = {question.id: _content(question.short) for question in bank}
    ids = list(words)
    for i, one in enumerate(ids):
        for other in ids[i + 1 :]:
            if _alike(words[one], words[other]) > 0.75 or _alike(answers[one], answers[other]) > 0.6:
                yield f"{one} and {other} are the same question"


def _places(bank: Sequence[Question]) -> Found:
    """The place of the right option, and whether it is the shortest, within two standard errors of chance."""
    choices = [question.choice for question in bank if question.choice]
    at = Counter(choice.right for choice in choices)
    for letter in sorted({letter for choice in choices for letter in choice.letters}):
        shares = [1 / len(choice.options) for choice in choices if letter in choice.letters]
        if not _by_chance(at[letter], shares):
            yield f"the right option is {letter!r} {at[letter]} times; by chance {sum(shares):.1f}"
    shares = [1 / (len(choice.options) - 1) for choice in choices]
    short = sum(map(_right_is_shortest, choices))
    if short > sum(shares) and not _by_chance(short, shares):
        yield f"the right option is the shortest {short} times; by chance {sum(shares):.1f}"


def _by_chance(count: int, shares: Sequence[float]) -> bool:
    return abs(count - sum(shares)) <= 2 * sum(share * (1 - share) for share in shares) ** 0.5


def _right_is_shortest(choice: Choice) -> bool:
    lengths = [len(option.text) for option in choice.options]
    return lengths[choice.letters.find(choice.right)] == min(lengths)


def _content(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 3}


def _alike(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, len(one | other))


RULES: tuple[Rule, ...] = (
    _claims, _sources, _links, _figures, _lengths, _whiteboard, _follow_ups, _options, _steps,
)  # fmt: skip
BANK_RULES: tuple[Callable[[Sequence[Question]], Found], ...] = (_twice, _places)
