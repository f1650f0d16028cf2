"""A question box over several retrievers: type a request, and see what each would show the model, and at what price.

Shown in a cell it is a text field and a table; an unattended run, or a front end without widgets, keeps the table of
the last question. Leaves out the retrievers themselves (``workbook.tools.retrieval``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbook.core.chat import Tool
from workbook.core.errors import UsageError
from workbook.study import progress
from workbook.study.card import Card
from workbook.tools.retrieval import Hit, Retriever

DIGITS = 3


class Shelf:
    """Tools behind several retrievers; ``price`` gives the tokens of listing some of them."""

    def __init__(
        self, tools: Sequence[Tool], retrievers: Sequence[Retriever], price: Callable[[Sequence[Tool]], int], k: int = 5
    ) -> None:
        if k < 1:
            raise UsageError(f"k is {k}", "Show at least one tool.")
        self._tools = {tool.name: tool for tool in tools}
        self._retrievers, self._price, self._k = retrievers, price, k
        self._asked = ""

    def ask(self, question: str) -> Shelf:
        """The shelf with this question put to it; show the value to see the answer."""
        self._asked = question
        return self

    def found(self, question: str) -> Mapping[str, Sequence[Hit]]:
        """What each retriever finds, best first."""
        return {one.name: one.search([question], self._k)[0] for one in self._retrievers}

    def table(self, question: str) -> Card:
        """Ranks, scores and tokens, a column a retriever. Scores compare within a column only."""
        if not question.strip():
            return Card("What do you want done?", "*Nothing asked yet.*")
        found = self.found(question)
        lines = [_row(["", *found]), _row(["---"] * (len(found) + 1))]
        lines += [_row([str(n + 1), *(_cell(hits, n) for hits in found.values())]) for n in range(self._k)]
        tokens = [f"{self._price([self._tools[hit.name] for hit in hits]):,}" for hits in found.values()]
        every = f"All {len(self._tools)} tools: {self._price(list(self._tools.values())):,} tokens."
        return Card(question, "\n".join([*lines, _row(["tokens", *tokens]), "", every]))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        still = self.table(self._asked)._repr_mimebundle_()
        if not progress.attended():
            return still
        return {**still, **_box(self, self._asked)._repr_mimebundle_(), "text/plain": still["text/plain"]}


def _box(shelf: Shelf, question: str) -> Any:
    """The text field, and the table that follows it."""
    import ipywidgets as widgets
    from IPython.display import Markdown

    field = widgets.Text(value=question, description="Request", continuous_update=False, layout={"width": "44em"})
    out = widgets.Output()

    def answer(_: Any = None) -> None:
        out.outputs = ()
        out.append_display_data(Markdown(shelf.table(field.value).markdown()))

    field.observe(answer, names="value")
    answer()
    return widgets.VBox([field, out])


def _cell(hits: Sequence[Hit], place: int) -> str:
    if place >= len(hits):
        return ""
    return f"`{hits[place].name}` {hits[place].score:.{DIGITS}f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
