"""What happened in a run, step by step: a value that can be saved, read back, drawn and compared.

Prompt sizes are in tokens, times in seconds. Leaves out the file (``trace_file``) and the picture (``trace_drawing``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbook.core.chat import Message, ToolCall, ToolResult, assistant, tool_message, user
from workbook.tools.causes import Cause

Status = Literal["unfinished", "ran", "failed", "broken", "timed out", "invalid", "guarded", "denied", "skipped"]
"""``failed``: the tool said no; ``broken``: it raised what nobody expected; ``skipped``: the run ended before it."""
Decision = Literal["allow", "ask", "stop", "answer_now", "replace_result"]
"""``ask``: a person decides whether the call may run."""
Answer = Literal["yes", "no", "timed out"]
Ending = Literal["running", "answered", "forced", "stopped", "failed", "cancelled"]
"""``forced``: answered without tools, at the end of a budget or by a guard; ``failed``: the policy raised."""


@dataclass(frozen=True)
class Look:
    """What one guard decided about one call or result, and what that cost."""

    guard: str
    decision: Decision
    reason: str
    seconds: float


@dataclass(frozen=True)
class Asked:
    """What a person answered, and why they were asked."""

    answer: Answer
    reason: str
    seconds: float


@dataclass(frozen=True)
class CallRecord:
    """A call and what became of it; ``cause`` says why it failed, None where it did not or was never tried.

    ``result`` is what the model saw. ``raw`` is what the tool itself wrote, None when it wrote nothing. ``detail`` is
    for people only: the message of an exception that nobody expected.
    """

    call: ToolCall
    status: Status = "unfinished"
    cause: Cause | None = None
    result: ToolResult | None = None
    raw: str | None = None
    detail: str = ""
    looks: tuple[Look, ...] = ()
    asked: Asked | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Step:
    """One turn of the policy with all that followed; ``feedback`` is what it was told about a text nobody could read.

    ``forced``: no tools were offered, so that it had to answer. ``cut``: the token limit ended the text.
    """

    prompt_tokens: int
    tokens: int
    seconds: float
    text: str
    content: str
    calls: tuple[CallRecord, ...] = ()
    problems: tuple[str, ...] = ()
    feedback: str = ""
    forced: bool = False
    cut: bool = False

    @property
    def messages(self) -> tuple[Message, ...]:
        """The assistant's turn and what answered it: results, or the feedback to what could not be read."""
        if self.feedback:
            return assistant(self.text), user(self.feedback)
        results = [tool_message(record.result) for record in self.calls if record.result is not None]
        return assistant(self.content, *(record.call for record in self.calls)), *results


@dataclass(frozen=True)
class Parting:
    """Where two runs part: the first difference, in the order in which things happened. Step 0 is the question."""

    step: int
    what: str
    left: str
    right: str

    def __str__(self) -> str:
        return f"step {self.step}: {self.what} differs\n  left:  {self.left}\n  right: {self.right}"


@dataclass(frozen=True, repr=False)
class Trace:
    """A run: what it was given, its steps, and how it ended. A cell that returns one shows it as a picture."""

    policy: str
    scripted: bool
    given: tuple[Message, ...]
    tools: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    ending: Ending = "running"
    reason: str = ""
    answer: str = ""
    seconds: float = 0.0

    def __repr__(self) -> str:
        made = ", ".join(f"{record.call.name} ({record.status})" for record in self.calls) or "none"
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.policy}: {self.ending}{why} after {len(self.steps)} steps; calls: {made}; answer: {self.answer}"

    @property
    def calls(self) -> tuple[CallRecord, ...]:
        """The records of all calls in the order of the steps, those that were refused included."""
        return tuple(record for step in self.steps for record in step.calls)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the run was given, and after it what every step added."""
        return (*self.given, *(message for step in self.steps for message in step.messages))

    @property
    def tokens(self) -> int:
        """Tokens read and written, over all steps."""
        return sum(step.prompt_tokens + step.tokens for step in self.steps)

    def guard_rows(self) -> list[dict[str, Any]]:
        """One row a guard: how often it looked, how often it did not just allow, and the seconds it took."""
        looks = [look for record in self.calls for look in record.looks]
        rows = []
        for name in self.guards:
            mine = [look for look in looks if look.guard == name]
            acted = sum(look.decision != "allow" for look in mine)
            rows.append(
                {"guard": name, "looks": len(mine), "acted": acted, "seconds": sum(look.seconds for look in mine)}
            )
        return rows

    def diff(self, other: Trace) -> Parting | None:
        """Where ``other`` leaves this run; None when the two did the same. Times, tokens and guards do not count."""
        # Both end with their ending, so the shorter one differs before it is over.
        for left, right in zip(_moments(self), _moments(other), strict=False):
            if left != right:
                what = left[1] if left[1] == right[1] else "what happens next"
                return Parting(right[0], what, _shown(left, what), _shown(right, what))
        return None

    def redacted(self, secrets: Collection[str]) -> Trace:
        """The same with each of ``secrets`` blotted out, wherever it stands."""
        from workbook.agent.trace_file import redacted

        return redacted(self, secrets)

    def save(self, path: str | Path) -> None:
        """Write JSON lines: the run first, then a step a line. The file is replaced in one go."""
        from workbook.agent.trace_file import save

        save(self, Path(path))

    @staticmethod
    def load(path: str | Path) -> Trace:
        """Read what :meth:`save` wrote; raises :class:`WorkbookError` for anything else."""
        from workbook.agent.trace_file import load

        return load(Path(path))

    def _repr_svg_(self) -> str:
        from workbook.agent.trace_drawing import draw

        return draw(self).svg


def _moments(trace: Trace) -> Iterator[tuple[int, str, str]]:
    """All that a person would compare, in the order in which it happened."""
    yield 0, "the conversation", " | ".join(f"{message.role}: {message.content}" for message in trace.given)
    for number, step in enumerate(trace.steps, 1):
        yield number, "the tools at hand", "none: an answer was forced" if step.forced else "all"
        yield number, "the text", step.content or "(none)"
        yield number, "what could not be read", "; ".join(step.problems) or "nothing"
        yield number, "the calls", ", ".join(shown_call(record.call) for record in step.calls) or "none"
        for record in step.calls:
            yield number, f"what became of {record.call.name}", record.status
            yield number, f"the result of {record.call.name}", record.result.content if record.result else "(none)"
    yield len(trace.steps), "the ending", f"{trace.ending}: {trace.answer or trace.reason}"


def _shown(moment: tuple[int, str, str], what: str) -> str:
    return moment[2] if moment[1] == what else f"{moment[1]}: {moment[2]}"


def shown_call(call: ToolCall) -> str:
    """A call on one line, as a person writes it: ``add(a=1, b=2)``."""
    # A model may choose names too, where a schema is open: what is no plain name is quoted.
    named = (f"{key if key.isidentifier() else repr(key)}={value!r}" for key, value in call.arguments.items())
    return f"{call.name}({', '.join(named)})"
