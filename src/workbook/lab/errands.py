"""Errands in small worlds whose every state is known: which answer is right, and how few calls it takes.

Five kinds, each the seed of a loop: bills to add up (what was read must be remembered), a job to poll (the same call
again is right, for a while), pages to turn (the same tool with other arguments is right), a flaky service (an error
is worth a second try), and a search that never finds (no further try is worth anything). Leaves out who runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from workbook.core.errors import UsageError
from workbook.core.settings import unknown
from workbook.tools import BoundTool, Toolbox, ToolError
from workbook.tools.functions import from_function

NAMES = ("amber", "birch", "cedar", "dahlia", "elder", "fern", "ginkgo", "hazel", "iris", "juniper")
LATER = "the service is busy; try again later"


@dataclass(frozen=True)
class Errand:
    """One task in a world of its own; it can be run once, for its world moves on with each call."""

    kind: str
    request: str
    answer: str
    """What the final reply must hold."""
    fewest: int
    """Calls of somebody who makes no mistake."""
    toolbox: Toolbox
    calls: list[tuple[str, Mapping[str, Any]]]
    """What was run, in order; the world writes it down."""

    def solved(self, reply: str) -> bool:
        """Whether a final reply holds the answer."""
        return self.answer.lower() in reply.lower()

    @property
    def wasted(self) -> int:
        """Calls beyond the fewest."""
        return max(0, len(self.calls) - self.fewest)


def errand(kind: str, seed: int) -> Errand:
    """A new errand of that kind. Raises ``UsageError`` for an unknown kind."""
    if kind not in KINDS:
        raise unknown("kind of errand", kind, tuple(KINDS))
    return KINDS[kind](Random(f"{kind} {seed}"))


def errands(count: int, seed: int = 0, kinds: tuple[str, ...] = ()) -> list[Errand]:
    """``count`` errands of every kind, or of these; ``UsageError`` for none, an unknown kind names the nearest."""
    if count < 1:
        raise UsageError(f"{count} errands are none", "Ask for at least one.")
    return [errand(kind, seed + number) for kind in kinds or tuple(KINDS) for number in range(count)]


def bills(rng: Random) -> Errand:
    """Add up the bills in a folder: the sum needs every one of them."""
    totals = {name: rng.randint(10, 99) for name in rng.sample(NAMES, rng.randint(4, 6))}

    def list_bills() -> dict[str, Any]:
        """List the names of the bills in the folder."""
        return {"bills": list(totals)}

    def read_bill(name: str) -> dict[str, Any]:
        """Read one bill.

        Args:
            name: The bill's name.
        """
        if name not in totals:
            raise ToolError(f"no bill {name}", "Ask for the list.")
        return {"name": name, "total": totals[name]}

    request = "What do the bills in the folder come to?"
    return _errand("bills", request, str(sum(totals.values())), 1 + len(totals), list_bills, read_bill)


def job(rng: Random) -> Errand:
    """Start a job, and ask how it is doing until it is done."""
    result, left = f"R-{rng.randint(1000, 9999)}", rng.randint(2, 5)
    started: list[int] = []  # of each job: how often it is still running when asked

    def start_job() -> dict[str, Any]:
        """Start the nightly job."""
        started.append(left)
        return {"job": f"job-{len(started)}"}

    def job_status(job: str) -> dict[str, Any]:
        """Tell how a job is doing.

        Args:
            job: The job's name.
        """
        number = int(job.removeprefix("job-")) if job.removeprefix("job-").isdecimal() else 0
        if not 1 <= number <= len(started):
            raise ToolError(f"no job {job}", "Start one.")
        started[number - 1] -= 1
        done = started[number - 1] < 0
        return {"status": "done", "result": result} if done else {"status": "running"}

    return _errand("job", "Start the nightly job and tell me its result.", result, 2 + left, start_job, job_status)


def pages(rng: Random) -> Errand:
    """Turn pages until a name comes up."""
    names, at = rng.sample(NAMES, len(NAMES)), rng.randint(2, 4)  # the page that holds it
    wanted, last = names[2 * at - 1], len(names) // 2
    desks = {name: f"D-{number}" for name, number in zip(names, rng.sample(range(100, 1000), len(names)), strict=True)}

    def list_desks(page: int) -> dict[str, Any]:
        """List who has which desk, two a page.

        Args:
            page: The page's number, from 1.
        """
        if not 1 <= page <= last:
            raise ToolError(f"no page {page}", f"There are {last}.")
        shown = {name: desks[name] for name in names[2 * page - 2 : 2 * page]}
        return {"desks": shown} | ({"next": page + 1} if page < last else {})

    return _errand("pages", f"Which desk does {wanted} have?", desks[wanted], at, list_desks)


def flaky(rng: Random) -> Errand:
    """Ask a service that is busy at first."""
    code, tries = f"C-{rng.randint(1000, 9999)}", rng.randint(2, 4)
    left = [tries]

    def get_report() -> dict[str, Any]:
        """Get the weekly report."""
        left[0] -= 1
        if left[0] > 0:
            raise ToolError(LATER)
        return {"code": code}

    return _errand("flaky", "What is the code in the weekly report?", code, tries, get_report)


def search(rng: Random) -> Errand:
    """Look for what is not there; the right answer says so."""
    wanted = f"{rng.choice(NAMES)} {rng.choice(NAMES)}"

    def find_file(words: str) -> dict[str, Any]:
        """Find files by the words in them.

        Args:
            words: What to look for.
        """
        return {"hits": []}

    return _errand("search", f"Where is the file about {wanted}?", "not found", 1, find_file)


KINDS: Mapping[str, Callable[[Random], Errand]] = {
    "bills": bills, "job": job, "pages": pages, "flaky": flaky, "search": search,
}  # fmt: skip


def _errand(kind: str, request: str, answer: str, fewest: int, *functions: Callable[..., Any]) -> Errand:
    calls: list[tuple[str, Mapping[str, Any]]] = []
    return Errand(kind, request, answer, fewest, Toolbox(_noted(one, calls) for one in functions), calls)


def _noted(function: Callable[..., Any], calls: list[tuple[str, Mapping[str, Any]]]) -> BoundTool:
    """The function as a tool that writes down what it is called with."""
    bound = from_function(function)

    async def run(arguments: Mapping[str, Any]) -> str:
        calls.append((bound.name, dict(arguments)))
        return await bound.run(arguments)

    return replace(bound, run=run)
