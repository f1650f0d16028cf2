"""Held-out rows: a share of them, none learned in part, and what is refused."""

from __future__ import annotations

import pytest

from workbook.core.errors import UsageError, WorkbookError
from workbook.finetune.holding import check_apart, heard, hold_out


def row(said):
    return {"messages": [{"role": "user", "content": said}, {"role": "assistant", "content": "yes"}]}


def rows(count):
    return [row(f"please order item{number} for client{number} on day{number}") for number in range(count)]


def test_a_share_is_held_out_and_the_rest_keeps_its_order():
    every = rows(40)
    rest, held = hold_out(every, 0.25, seed=1)
    assert len(held) == 10
    assert rest == [one for one in every if one not in held]
    assert (rest, held) == hold_out(every, 0.25, seed=1) != hold_out(every, 0.25, seed=2)


def test_near_copies_of_a_held_out_row_are_not_learned():
    long = "send the parcel to the old harbour office before noon and tell the driver to ring twice"
    every = [*rows(20), row(long), row(f"{long} now")]
    for seed in range(40):
        rest, held = hold_out(every, 0.1, seed)
        kept = {heard(one) for one in (*rest, *held)}
        if {heard(one) for one in held} & {long, f"{long} now"}:
            assert len({long, f"{long} now"} & kept) in (1, 2)
            assert not any(heard(one).startswith(long) for one in rest)
            break
    else:
        raise AssertionError("no seed held one of the two out")


def test_rows_that_all_say_the_same_cannot_be_split():
    with pytest.raises(WorkbookError, match="29 of 30 rows are near copies of the 1 held-out"):
        hold_out([row("turn on the light in the kitchen")] * 30, 0.04)


def test_a_file_of_held_out_rows_must_share_nothing_with_the_rows():
    every = rows(10)
    check_apart(every[:7], every[7:])
    with pytest.raises(WorkbookError, match="1 of 8 rows are near copies of held-out ones, row 8"):
        check_apart(every[:8], every[7:])


def test_of_a_pair_the_prompt_is_compared():
    pair = {"prompt": [{"role": "system", "content": "x"}, {"role": "user", "content": "hello there"}]}
    assert heard(pair) == "hello there"
    with pytest.raises(WorkbookError):
        check_apart([pair], [row("hello there")])


@pytest.mark.parametrize("share", [0.0, -0.1, 0.6])
def test_a_share_that_cannot_be_held_out_is_refused(share):
    with pytest.raises(UsageError, match="cannot be held out"):
        hold_out(rows(10), share)
