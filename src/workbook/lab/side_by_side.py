"""Many runs of agents at once, their turns completed together: one batch a round instead of one prompt at a time.

For experiments whose runs do not touch each other. Decoding is greedy, so a prompt that comes again, in another arm,
is answered from memory. Leaves out the agent itself (``workbook.agent``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from workbook.agent.policy import Turn, read_turn
from workbook.core.chat import Message, Tool
from workbook.core.constraints import ToolCalls
from workbook.core.coroutines import finished
from workbook.models.base import Completion, LanguageModel

T = TypeVar("T")
Decoding = Literal["free", "grammar", "forced call"]
"""``forced call``: under the grammar, and the first turn has to be a call."""
Narrow = Callable[[Sequence[Tool], Sequence[Message]], Sequence[Tool]]


class _Waiting(NamedTuple):
    prompt: str
    decoding: Decoding
    bound: tuple[Tool, ...]
    done: asyncio.Future[Completion]


class SideBySide:
    """A model as the policy of runs that :meth:`run` takes through their turns together.

    ``narrow`` changes the tools for the grammar alone, at each turn anew and with what was said until then, so nothing
    is answered from memory then; the model is shown what the agent offers.
    """

    scripted = False

    def __init__(
        self, model: LanguageModel, decoding: Decoding = "free", narrow: Narrow | None = None, max_new_tokens: int = 64
    ) -> None:
        self.model, self.decoding, self.narrow, self.max_new_tokens = model, decoding, narrow, max_new_tokens
        self._memory: dict[tuple[str, Decoding], Completion] = {}
        self._waiting: list[_Waiting] = []
        self._running = 0

    @property
    def name(self) -> str:
        """The name of the model that all runs share."""
        return self.model.name

    def run(self, runs: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
        """All of them to their ends, in their order; each must get its turns from this policy and no other."""
        return finished(self._together(runs))

    async def propose(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Turn:
        """The next turn, as soon as all other runs have come to theirs."""
        prompt, done = self.model.render(messages, tools), asyncio.get_running_loop().create_future()
        bound = self.narrow(tools, messages) if self.narrow else tools
        self._waiting.append(_Waiting(prompt, self._decoding(messages, tools), tuple(bound), done))
        self._complete_if_all_wait()
        completion = await done
        return read_turn(self.model, completion, completion.seconds)

    def _decoding(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Decoding:
        if not tools:
            return "free"
        begun = any(message.role == "assistant" for message in messages)
        return "grammar" if begun and self.decoding == "forced call" else self.decoding

    async def _together(self, runs: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
        self._running = len(runs)

        async def one(run: Coroutine[Any, Any, T]) -> T:
            try:
                return await run
            finally:
                self._running -= 1
                self._complete_if_all_wait()

        return list(await asyncio.gather(*(one(run) for run in runs)))

    def _complete_if_all_wait(self) -> None:
        """A round, when every run that is left waits for its turn: nobody needs the event loop meanwhile."""
        if len(self._waiting) < self._running:
            return
        waiting, self._waiting = self._waiting, []
        try:
            for decoding in dict.fromkeys(one.decoding for one in waiting):
                self._complete([one for one in waiting if one.decoding == decoding], decoding)
        except Exception as error:  # all of them wait for it
            for one in waiting:
                if not one.done.done():
                    one.done.set_exception(error)

    def _complete(self, waiting: Sequence[_Waiting], decoding: Decoding) -> None:
        from workbook.grammar import generate

        known = self._memory if self.narrow is None else {}
        new = {one.prompt: one.bound for one in waiting if (one.prompt, decoding) not in known}
        prompts = sorted(new)  # the order of arrival is chance, and a batch's numbers depend on who is in it
        if prompts:
            made = generate(
                self.model,
                prompts,
                None
                if decoding == "free"
                else [ToolCalls(new[prompt], required=decoding == "forced call") for prompt in prompts],
                max_new_tokens=self.max_new_tokens,
            )
            known |= {(prompt, decoding): one.completion for prompt, one in zip(prompts, made, strict=True)}
        for one in waiting:
            one.done.set_result(known[one.prompt, decoding])
