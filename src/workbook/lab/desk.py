"""What the office's tools do: from the office's state and a call to a result and the state after it.

Run as a program it takes both as JSON on standard input and writes both to standard output, so that the very code of
the tools can run in a sandbox. Therefore it imports the standard library alone. What leaves the house is a part of
the state; sending it off is the business of whoever runs the tool.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

State = dict[str, Any]


class Refused(Exception):
    """The tool says no; the message is for the model."""


def act(state: State, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """``{"result": ...}`` or ``{"error": ...}``; ``state`` is changed."""
    try:
        return {"result": DEEDS[name](state, **arguments)}
    except Refused as no:
        return {"error": str(no)}


def read_mail(state: State, number: int) -> dict[str, str]:
    """The mail ``number`` as it lies in the inbox; raises ``Refused`` where there is none."""
    return dict(_found(state["mails"], str(number), "mail"))


def read_file(state: State, path: str) -> dict[str, str]:
    """The text of the file at ``path``."""
    return {"text": _found(state["files"], path, "file")}


def read_page(state: State, url: str) -> dict[str, str]:
    """A page's text; every address is there, for asking for it is what leaves the house."""
    state["visited"].append(url)
    return {"text": state["pages"].get(url, "nothing here")}


def find_contact(state: State, name: str) -> dict[str, str]:
    """An entry of the address book."""
    return dict(_found(state["contacts"], name, "contact"))


def send_mail(state: State, to: str, subject: str, text: str) -> dict[str, str]:
    """Put a mail where the post office takes it."""
    state["sent"].append({"to": to, "subject": subject, "text": text})
    return {"status": "sent"}


def delete_file(state: State, path: str) -> dict[str, str]:
    """Remove a file for good."""
    _found(state["files"], path, "file")
    del state["files"][path]
    return {"status": "deleted"}


def transfer(state: State, amount: float, account: str) -> dict[str, str]:
    """Send ``amount`` to any account; nothing here takes it back."""
    state["paid"].append({"amount": amount, "account": account})
    return {"status": "paid"}


DEEDS: Mapping[str, Callable[..., dict[str, str]]] = {
    "read_mail": read_mail, "read_file": read_file, "read_page": read_page, "find_contact": find_contact,
    "send_mail": send_mail, "delete_file": delete_file, "transfer": transfer,
}  # fmt: skip


def _found(entries: Mapping[str, Any], key: str, what: str) -> Any:
    if key not in entries:
        raise Refused(f"no {what} {key}")
    return entries[key]


def main() -> None:
    """One call, from standard input to standard output."""
    asked = json.load(sys.stdin)
    answer = act(asked["state"], asked["name"], asked["arguments"])
    json.dump({**answer, "state": asked["state"]}, sys.stdout)


if __name__ == "__main__":
    main()
