"""The judges of words, on replies that they must take and near misses that they must refuse."""

import pytest

from workbook.core.judging import asks_for, has_question, mentions, mentions_number, refuses

ASKS = [
    ("What is your user ID?", ["user_id"]),
    ("Which user_id should I use?", ["user_id"]),
    ("Could you tell me the userId?", ["user_id"]),
    ("Please tell me the city.", ["city"]),
    ("Please provide the departure date.", ["departure_date"]),
    ("I can do that. Which City?", ["city"]),
    ("I need the order number. It is on the receipt.", ["order_id", "order number"]),
    ("Tell me the currency, and I will look it up.", ["currency"]),
    ("I would need to know the amount first.", ["amount"]),
    ("For which room?\nI cannot guess it.", ["room"]),
    ("Please let me know the e-mail address.", ["email", "e-mail address"]),
    ("What's the max_price, in euros?", ["max_price"]),
]
ASKS_NOT = [
    ("The user ID is 7.", ["user_id"]),  # a statement
    ("I booked the city tour. Anything else?", ["city"]),  # the question is about something else
    ("What is your name?", ["user_id"]),
    ("What is the capacity?", ["city"]),  # part of a word
    ("Which user?", ["user_id"]),  # half of the name
    ("Which id of the user?", ["user_id"]),  # the words, not the name
    ("Which cities?", ["city"]),
    ("?", ["city"]),
    ("", ["city"]),
    ("City.", ["city"]),
    ("You pleased the city council.", ["city"]),
    ("What is the date?", []),
    ("What is the date?", [""]),
    ("There is no need for the city.", ["city"]),
]


@pytest.mark.parametrize(("reply", "accept"), ASKS)
def test_asks(reply, accept):
    assert asks_for(reply, accept)


@pytest.mark.parametrize(("reply", "accept"), ASKS_NOT)
def test_does_not_ask(reply, accept):
    assert not asks_for(reply, accept)


@pytest.mark.parametrize(
    "reply",
    [
        "Sorry, none of my tools can book a flight.",
        "I can't do that.",
        "No tool of mine reads version 2.5 of that file.",
        "",
        "There is no need to worry, but I cannot help with this.",
        "I am unable to please everyone.",
    ],
)
def test_no_question(reply):
    assert not has_question(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "Sorry, I can't. Shall I look up the weather instead?",
        "Which city?",
        "I can't do that. Please provide a city.",
        "I can’t; I’d need your address.",
        "I need to know the date",
        "Let me know which one.",
        "Really？ No.",
    ],
)
def test_question(reply):
    assert has_question(reply)


@pytest.mark.parametrize(
    ("reply", "accept"),
    [
        ("The capital of France is Paris.", ["Paris"]),
        ("Paris", ["Paris"]),
        ("It is “Paris”, I think.", ["Lyon", "Paris"]),
        ("Paris's river", ["Paris"]),
        ("São Tomé and\n Príncipe, of course", ["São Tomé and Príncipe"]),
        ("Its code is C++.", ["C++"]),
        ("Guinea-Bissau.", ["Guinea-Bissau"]),
        ("Cafe\u0301", ["Café"]),
    ],
)
def test_mentions(reply, accept):
    assert mentions(reply, accept)


@pytest.mark.parametrize(
    ("reply", "accept"),
    [
        ("The Parisian capital", ["Paris"]),
        ("Guinea-Bissau", ["Guinea"]),
        ("Timor-Leste", ["Leste"]),
        ("paris", ["Paris"]),
        ("Sao Tome", ["São Tomé"]),
        ("Pa ris", ["Paris"]),
        ("", ["Paris"]),
        ("Paris", [""]),
        ("Paris", []),
        ("USD_old", ["USD"]),
    ],
)
def test_mentions_not(reply, accept):
    assert not mentions(reply, accept)


def test_case_can_be_ignored():
    assert mentions("hello there", ["Hello"], exact_case=False)
    assert not mentions("hellos there", ["Hello"], exact_case=False)


@pytest.mark.parametrize(
    ("reply", "accept", "question"),
    [
        ("12", ["12"], ""),
        ("7 + 5 = 12.", ["12"], "What is 7 + 5?"),
        ("It makes 1,200.", ["1200"], ""),
        ("That is 12.0", ["12"], ""),
        ("-3", ["-3"], ""),
        ("7 - 0 is 7", ["7"], "What is 7 - 0?"),
        ("−3 it is", ["-3"], ""),
    ],
)
def test_number(reply, accept, question):
    assert mentions_number(reply, accept, question)


@pytest.mark.parametrize(
    ("reply", "accept", "question"),
    [
        ("112", ["12"], ""),
        ("12.5", ["12"], ""),
        ("-12", ["12"], ""),
        ("12a", ["12"], ""),
        ("twelve", ["12"], ""),
        ("", ["12"], ""),
        ("7 - 0 is 5", ["7"], "What is 7 - 0?"),  # the operand, not the answer
    ],
)
def test_number_not(reply, accept, question):
    assert not mentions_number(reply, accept, question)


@pytest.mark.parametrize(
    ("reply", "refused"),
    [
        ("Sorry, I have no tool for that.", True), ("I can\u2019t do that.", True), ("That is not possible.", True),
        ("None of my tools fits.", True), ("", False), ("Done! It is booked.", False), ("The answer is 404.", False),
        ("I cannon ball.", False),
    ],
)  # fmt: skip
def test_what_refuses(reply: str, refused: bool) -> None:
    assert refuses(reply) == refused
