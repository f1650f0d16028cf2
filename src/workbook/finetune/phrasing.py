"""How people ask, and how the model answers: templates, split like everything else.

``{w}`` is what is wanted, ``{n}`` a parameter's noun, ``{v}`` its value.
"""

from __future__ import annotations

from random import Random

from workbook.finetune.toolmaker import Parameter, Spec
from workbook.finetune.values import Value
from workbook.finetune.words import Split, choose, draw, fresh_word


def _alternatives(text: str) -> tuple[str, ...]:
    return tuple(template.strip() for template in text.split("|"))


OPENERS = _alternatives(
    """{w} | please {w} | {w} please | can you {w} | could you {w} | would you {w} | I need you to {w} |
    I want you to {w} | I'd like you to {w} | help me {w} | I have to {w} | I would like to {w} |
    let's {w} | hi, {w} | hello, please {w} | hey, can you {w} | now {w} | next, {w} | go ahead and {w} |
    it is time to {w} | I need to {w} | I want to {w} | my task today: {w} |
    would you mind if I ask you to {w} | be so kind and {w} | quickly {w} | kindly {w} | we should {w} |
    we need to {w} | we have to {w} | could you please {w} | can you please {w} | one more thing, {w} |
    as a next step {w} | the boss wants us to {w} | my colleague asked me to {w} | I was told to {w} |
    do me a favor and {w} | is it possible to {w} | are you able to {w} | I am trying to {w} |
    you must {w} | please try to {w} | today I need to {w} | for work I have to {w} |
    it would be great if you could {w} | I wonder if you can {w} | good morning, {w} |
    good evening, please {w} | first of all, {w} | ok, {w} | alright, {w} | right, {w} | so, {w} |
    here is a job: {w} | todo: {w} | request: {w} | a customer wants to {w} | a friend wants to {w} |
    urgent: {w} | when you can, {w} | as soon as possible {w} | don't forget to {w} | make sure to {w} |
    remember to {w} | I'm going to need to {w} | the plan is to {w} | my goal is to {w} |
    what I need is to {w} | tell the system to {w} | use the tools to {w} | somebody has to {w} |
    let me {w} | time to {w} | could someone {w} | please help me {w} | I forgot to {w} |
    it is my job to {w} | this week I must {w} | your task: {w} | job: {w} | kind request: {w} |
    hello there, {w} | good day, can you {w} | well, {w} | you should {w} | we ought to {w} |
    I ought to {w} | be a dear and {w} | if possible, {w} | before lunch, {w} | tonight I want to {w} |
    tomorrow I have to {w} | just {w} | simply {w} | I would love to {w} | I am supposed to {w} |
    they want me to {w} | the team has to {w} | our client needs to {w} | for the report, {w} |
    to begin with, {w} | finally, {w} | then {w} | after that {w} | I must {w} | ask the service to {w} |
    start now: {w} | here we go: {w}"""
)
# An argument said within the request's own sentence, or in a sentence after it.
CLAUSES = _alternatives(
    """with {n} {v} | with the {n} {v} | with the {n} set to {v} | with {v} as the {n} | with {v} as {n} |
    using {v} as the {n} | using {n} {v} | using the {n} {v} | where the {n} is {v} | where {n} is {v} |
    whose {n} is {v} | for {n} {v} | for the {n} {v} | having {n} {v} | having {v} as its {n} |
    given the {n} {v} | given {n} {v} | at {n} {v} | by {n} {v} | under the {n} {v} | ({n} {v}) | ({n}: {v}) |
    ({n} = {v}) | [{n}: {v}] | taking {v} as the {n} | taking {v} for {n} | setting {n} to {v} |
    setting the {n} to {v} | and set {n} to {v} | and use {v} as {n} | based on {n} {v} | with a {n} of {v} |
    with {n} = {v} | with {n} equal to {v} | passing {v} as {n} | passing {n} {v} | along with {n} {v} |
    together with the {n} {v} | according to {n} {v} | in view of {n} {v} | choosing {v} as the {n} |
    choosing {n} {v} | and make the {n} {v} | and take {v} as {n} | on the basis of {n} {v} |
    with {n} being {v} | the {n} being {v} | with its {n} at {v} | and let the {n} be {v} | as {n} {v}"""
)
SENTENCES = _alternatives(
    """the {n} is {v} | {n}: {v} | {n} = {v} | {n} is {v} | set the {n} to {v} | set {n} to {v} |
    use {v} as the {n} | use {v} for {n} | the {n} should be {v} | {v} is the {n} | its {n} is {v} |
    my {n} is {v} | take {v} as the {n} | make the {n} {v} | {n} must be {v} | choose {v} as the {n} |
    put {v} as the {n} | let the {n} be {v} | I want {n} {v} | the {n} will be {v} | enter {v} as {n} |
    for the {n}, use {v} | for the {n} take {v} | as {n} I want {v} | {n} -> {v} | fill in {v} for {n} |
    the {n} has to be {v} | note the {n}: {v} | mind the {n}: {v} | write {v} for the {n} |
    pick {v} for the {n} | I chose {v} as the {n} | as to the {n}: {v} | the {n}? {v} | I prefer {v} as {n} |
    we agreed on {v} for the {n} | keep the {n} at {v} | {v} should be the {n} | please put {v} for {n} |
    the {n} equals {v} | {n} equals {v} | give {v} as the {n} | it needs the {n} {v} | go with {v} for {n} |
    {v} will do as {n} | {v} goes into {n} | I have {v} as the {n} | you need the {n}, it is {v}"""
)
NATURAL = {
    "city": ("in {v}", "for {v}", "near {v}", "around {v}"),
    "country": ("in {v}", "for {v}", "within {v}"),
    "person": ("for {v}", "of {v}", "belonging to {v}"),
    "date": ("on {v}", "for {v}", "dated {v}"),
    "time": ("at {v}", "for {v}"),
    "company": ("from {v}", "by {v}", "of {v}"),
    "email": ("to {v}", "for {v}"),
    "code": ("{v}", "number {v}", "for {v}"),
    "phrase": ("saying {v}", "that says {v}", "about {v}"),
}
SWITCH_ON = _alternatives(
    """with {n} | with {n} on | with {n} enabled | with {n} turned on | with {n} switched on | including {n} |
    turning {n} on | with {n} set to true | with {n} = true | and use {n} | and switch {n} on | and turn {n} on"""
)
SWITCH_OFF = _alternatives(
    """without {n} | with {n} off | with {n} disabled | with {n} turned off | with {n} switched off |
    leaving out {n} | turning {n} off | with {n} set to false | with {n} = false | but skip {n} |
    and switch {n} off | and turn {n} off | with no {n}"""
)
SAID_ON = _alternatives(
    """turn {n} on | {n}: yes | include {n} | {n} is true | I want {n} | switch {n} on | {n} on |
    {n} should be on | use {n} | set {n} to true | {n} = true | enable {n} | keep {n} on | I need {n} |
    {n} is wanted | {n}: on | {n}: true | {n} must be on | leave {n} on"""
)
SAID_OFF = _alternatives(
    """turn {n} off | {n}: no | no {n} | {n} is false | leave out {n} | switch {n} off | {n} off |
    {n} should be off | skip {n} | set {n} to false | {n} = false | disable {n} | keep {n} off |
    I don't need {n} | {n} is not wanted | {n}: off | {n}: false | {n} must be off | leave {n} off |
    I don't want {n} | do without {n}"""
)
# Pieces of templates for training: a phrasing that is held out is understood only by those who do not lean on the small
# words between a name and its value.
LOOSE_SHARE = 0.45
SMALL_WORDS = tuple(
    """with by under at for as per via in on from of over using having given where whose taking setting choosing
    through about against plus minding keeping regarding concerning and also but selecting picking naming""".split()
)
LINKS = tuple("is as = : at to being for of -> equals means reads says stays becomes , - called like".split())
ON_WORDS = tuple("on enabled true yes active wanted included with adding enabling including allowing needed".split())
OFF_WORDS = tuple(
    "off disabled false no inactive unwanted excluded without skipping omitting disabling dropping".split()
)
LOOSE_CLAUSES = (
    "SMALL A {n} {v}",
    "SMALL A {n} STATE {v}",
    "SMALL {v} STATE A {n}",
    "A {n} {v}",
    "(SMALL A {n} {v})",
    "[{n} {v}]",
    "({n} STATE {v})",
    "SMALL {n}: {v}",
    "SMALL {n} STATE {v} SMALL",
    "{n} {v}",
)
LOOSE_SENTENCES = (
    "A {n} STATE {v}",
    "SMALL A {n} STATE {v}",
    "SMALL A {n}, {v}",
    "{v} SMALL A {n}",
    "{n} {v}",
    "SMALL {v} STATE A {n}",
    "SMALL A {n} SMALL {v}",
    "{n}, {v}",
    "SMALL: {n} {v}",
)
SWITCH_SHAPES = ("STATE A {n}", "SMALL STATE A {n}", "(STATE {n})", "STATE {n} SMALL")
STATE_SHAPES = (
    "A {n} STATE",
    "SMALL A {n} STATE",
    "({n}: STATE)",
    "{n} STATE",
    "{n} = STATE",
    "SMALL {n}: STATE",
    "SMALL A {n} SMALL STATE",
)
CLOSERS = _alternatives(
    """ | . | . | . Thanks | . Thank you | . Thanks! | ! | . It is urgent | . No hurry | . That is all |
    . I count on you | . Cheers"""
)
JOINERS = (", ", " ", " and ", ", and ")
QUESTION = "What {n} should I use?"  # one wording: what is learned is when to ask, and for what
DECLINES = (
    "Sorry, I have no tool for that.",
    "I can't do that with the tools I have.",
    "None of my tools can do that.",
    "Sorry, none of the tools fits this request.",
)
ACCEPTED = ("Done.", "That is done.", "It worked.", "All done.")


def _templates(parameter: Parameter, value: Value, sentence: bool) -> tuple[str, ...]:
    """The ways to say this argument, within the request's sentence or in one of its own."""
    if parameter.kind_name != "boolean":
        return SENTENCES if sentence else CLAUSES
    if sentence:
        return SAID_ON if value.json else SAID_OFF
    return SWITCH_ON if value.json else SWITCH_OFF


def clause(rng: Random, split: Split, parameter: Parameter, value: Value, sentence: bool = False) -> str:
    """The words that give one argument."""
    by_noun = rng.random() < 0.6 or parameter.kind_name == "boolean"
    noun = parameter.noun if by_noun else parameter.name.replace("_", " ")
    if split == "train" and rng.random() < LOOSE_SHARE:
        template = draw(lambda: _loose(rng, parameter, value, sentence), split)
    else:
        template = choose(rng, _templates(parameter, value, sentence), split)
    return template.format(n=noun, v=value.words)


def _loose(rng: Random, parameter: Parameter, value: Value, sentence: bool) -> str:
    """A template put together at random, with a word that nobody knows among its small words."""
    small = fresh_word(rng) if rng.random() < 0.3 else rng.choice(SMALL_WORDS)
    article = rng.choice(("", "", "the ", "its ", "a "))
    if parameter.kind_name == "boolean":
        state = rng.choice(ON_WORDS if value.json else OFF_WORDS)
        shape = rng.choice(SWITCH_SHAPES if state.endswith("ing") or state in ("with", "without") else STATE_SHAPES)
    else:
        state, shape = rng.choice(LINKS), rng.choice(LOOSE_SENTENCES if sentence else LOOSE_CLAUSES)
    return shape.replace("SMALL", small).replace("A ", article).replace("STATE", state)


def _only_words(spec: Spec, parameter: Parameter) -> bool:
    """Whether no other parameter of the tool takes words: only then is a bare "in Paris" clear."""
    plain = ("integer", "number", "boolean", "array", "object")
    return all(p is parameter or p.kind_name in plain for p in spec.parameters)


def request(
    rng: Random, split: Split, spec: Spec, given: list[tuple[Parameter, Value]], leave_out: Parameter | None = None
) -> str:
    """A request for ``spec`` that states each given argument once, in any order.

    With ``leave_out`` and a source in the same state, the same words come out without that argument.
    """
    if spec.ask is not None:
        return spec.ask(rng, split, given, leave_out)
    inside: list[str] = []
    after: list[str] = []
    for parameter, value in rng.sample(given, len(given)):
        bare = NATURAL.get(parameter.kind_name, ()) if _only_words(spec, parameter) else ()
        sentence = rng.random() < 0.4
        text = clause(rng, split, parameter, value, sentence)
        if bare and rng.random() < 0.5:
            sentence, text = False, rng.choice(bare).format(v=value.words)
        if parameter is not leave_out:
            (after if sentence else inside).append(text)
    wanted = rng.choice(spec.verb.ways).format(n=spec.noun)
    joiner = rng.choice(JOINERS)
    body = choose(rng, OPENERS, split).format(w=" ".join([wanted, joiner.join(inside)]).strip())
    text = ". ".join([body, *(part[0].upper() + part[1:] for part in after)]) + rng.choice(CLOSERS)
    return text[0].upper() + text[1:] if rng.random() < 0.7 else text
