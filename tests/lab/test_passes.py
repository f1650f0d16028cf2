"""The stopwatch counts the passes of any loop, and leaves the network as it found it."""

from __future__ import annotations

import pytest
import torch
from toys import network

from workbook.lab.passes import PassClock


def test_every_pass_is_counted_and_timed() -> None:
    llama = network(40)
    with PassClock(llama) as clock:
        for length in (3, 1, 1):
            llama(torch.ones(1, length, dtype=torch.int64))
    assert clock.passes == len(clock.times) == 3
    assert clock.seconds == sum(clock.times) > 0


def test_hooks_are_gone_afterwards_even_after_an_error() -> None:
    llama = network(40)
    clock = PassClock(llama)
    with pytest.raises(KeyError), clock:
        raise KeyError
    llama(torch.ones(1, 2, dtype=torch.int64))
    assert clock.passes == 0
    assert not llama._forward_hooks
    assert not llama._forward_pre_hooks
