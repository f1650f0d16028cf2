"""Why a call of a tool failed, in seven words: few enough for a label of a metric, and each with another remedy.

``wrong tool``: nothing of that name (mend retrieval, or the prompt); ``bad arguments``: refused by a schema, or naming
what nobody has (the model, or a schema that has drifted); ``permission``: a scope, a guard or a person said no;
``rate``: too many at once; ``time-out`` and ``server``: the service; ``semantic``: understood and impossible, such as a
record that is not there, or in another state. What was taken and is wrong all the same has no cause: only the data can
tell.
"""

from __future__ import annotations

from typing import Literal, get_args

Cause = Literal["wrong tool", "bad arguments", "permission", "rate", "time-out", "server", "semantic"]
CAUSES: tuple[Cause, ...] = get_args(Cause)

OF_STATUS: dict[int, Cause] = {
    401: "permission",
    403: "permission",
    404: "semantic",
    405: "wrong tool",
    408: "time-out",
    409: "semantic",
    410: "semantic",
    429: "rate",
    501: "wrong tool",
    504: "time-out",
}


def cause_of_status(status: int) -> Cause | None:
    """The cause that an HTTP status stands for; None where it is no failure."""
    if status < 400:
        return None
    return OF_STATUS.get(status, "server" if status >= 500 else "bad arguments")
