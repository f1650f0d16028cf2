"""How people ask, and how the model answers: templates, split like everything else.

``{w}`` is what is wanted, ``{n}`` a parameter's noun, ``{v}`` its value.
"""

from __future__ import annotations

from random import Random

from workbook.finetune.toolmaker import Parameter, Spec
from workbook.finetune.values import Value
from workbook.finetune.words import Split, choose


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
CLAUSES = _alternatives(
    """with {n} {v} | with the {n} {v} | the {n} is {v} | {n}: {v} | {n} = {v} | {n} {v} |
    using {v} as the {n} | where the {n} is {v} | for {n} {v} | set the {n} to {v} | {v} is the {n} |
    use {v} for the {n} | the {n} should be {v} | with {v} as {n} | {n} is {v} | its {n} is {v} |
    and {n} {v} | take {v} as the {n} | make the {n} {v} | given the {n} {v} | ({n} {v}) | having {n} {v} |
    {n} must be {v} | whose {n} is {v} | the {n} being {v} | choose {v} as the {n} | put {v} as the {n} |
    let the {n} be {v} | {n} equal to {v} | by {n} {v} | I want {n} {v} | my {n} is {v} |
    the {n} will be {v} | enter {v} as {n} | {n}, namely {v} | the {n} of {v} | with {n} equal to {v} |
    {n} -> {v} | fill in {v} for {n} | the {n} has to be {v} | {n} shall be {v} | note the {n} {v} |
    mind the {n}: {v} | write {v} for the {n} | and the {n} is {v} | as {n} take {v} | as the {n} use {v} |
    {n} to be {v} | pick {v} for the {n} | {n} set to {v} | with a {n} of {v} | at a {n} of {v} |
    for a {n} of {v} | assume {v} for the {n}"""
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
    """with {n} | with {n} on | {n} enabled | turn {n} on | {n}: yes | include {n} | {n} is true |
    and I want {n} | switch {n} on | {n} on | {n} should be on | use {n} | set {n} to true | {n} = true |
    enable {n} | keep {n} on | I need {n} | {n} is wanted"""
)
SWITCH_OFF = _alternatives(
    """without {n} | with {n} off | {n} disabled | turn {n} off | {n}: no | no {n} | {n} is false |
    leave out {n} | switch {n} off | {n} off | {n} should be off | skip {n} | set {n} to false |
    {n} = false | disable {n} | keep {n} off | I don't need {n} | {n} is not wanted"""
)
CLOSERS = _alternatives(
    """ | . | . | . Thanks | . Thank you | , thanks | ! | . It is urgent | . No hurry | . That is all |
    . I count on you | . Cheers"""
)
JOINERS = (", ", " ", " and ", "; ", ". ")
ASKS = (
    "What is the {n}?",
    "Which {n} should I use?",
    "What {n} should I use?",
    "Could you tell me the {n}?",
    "Please tell me the {n}. What is it?",
    "I need the {n}. What should it be?",
)
DECLINES = (
    "Sorry, I have no tool for that.",
    "I can't do that with the tools I have.",
    "None of my tools can do that.",
    "Sorry, none of the tools fits this request.",
    "I have no tool that can {w}.",
)
ACCEPTED = ("Done.", "That is done.", "It worked.", "All done.")


def clause(rng: Random, split: Split, parameter: Parameter, value: Value, natural: bool) -> str:
    """The words that give one argument."""
    if parameter.kind_name == "boolean":
        options = SWITCH_ON if value.json else SWITCH_OFF
        return choose(rng, options, split).format(n=parameter.noun)
    noun = parameter.noun if rng.random() < 0.6 else parameter.name.replace("_", " ")
    if natural and parameter.kind_name in NATURAL and rng.random() < 0.5:
        return rng.choice(NATURAL[parameter.kind_name]).format(v=value.words)
    return choose(rng, CLAUSES, split).format(n=noun, v=value.words)


def request(rng: Random, split: Split, spec: Spec, given: list[tuple[Parameter, Value]]) -> str:
    """A request for ``spec`` that states each given argument once, in any order."""
    kinds = [parameter.kind_name for parameter in spec.parameters]
    order = rng.sample(given, len(given))
    # A preposition alone ("in Paris") is clear only when a single parameter could be meant.
    parts = [clause(rng, split, p, v, natural=kinds.count(p.kind_name) == 1) for p, v in order]
    wanted = rng.choice(spec.verb.ways).format(n=spec.noun)
    joiner = rng.choice(JOINERS)
    body = wanted + (rng.choice([" ", ", ", ": "]) + joiner.join(parts) if parts else "")
    text = choose(rng, OPENERS, split).format(w=body) + rng.choice(CLOSERS)
    return text[0].upper() + text[1:] if rng.random() < 0.7 else text
