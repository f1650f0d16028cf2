"""The checklist: every check passes on the sound system, and fails on each copy that it is there for."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from workbook.lab.broken_parts import Unfiltered
from workbook.lab.production import CHECKS, error_rate, evaluation, red_team, retrieval, sandbox
from workbook.lab.sabotage import SABOTAGES, inspected, sound
from workbook.lab.system import System
from workbook.lab.watching import calm_causes
from workbook.models import load_model


@pytest.fixture(scope="module")
def system():
    from workbook.core.settings import data_dir

    if not (data_dir() / "models" / "pocket" / "model.safetensors").is_file():
        pytest.skip("no weights under data/models/pocket: git checkout -- data/models")
    with sound(load_model("pocket"), calm_causes(400)) as made:
        yield made


def test_every_check_passes_on_the_system_and_fails_on_its_broken_copies(system, require):
    require("bubblewrap", system.run_code is not None, "no sandbox works here (make system-deps)")
    rows = inspected(system)
    assert {row.check: row.said for row in rows[rows.system == "sound"].itertuples() if not row.passes} == {}
    assert [row.system for row in rows[rows.system != "sound"].itertuples() if row.passes] == []


def test_every_check_has_a_copy_that_fails_it():
    assert {one.check for one in SABOTAGES} == set(CHECKS)
    assert list(CHECKS)[:5] == ["synthetic data", "grammars", "retrieval", "sandbox", "error rate"]
    assert len({one.what for one in SABOTAGES}) == len(SABOTAGES)


@pytest.mark.parametrize("one", SABOTAGES, ids=lambda one: one.what)
def test_a_sabotage_changes_one_part(one, system):
    broken = one.do(system)
    changed = [f.name for f in fields(System) if getattr(broken, f.name) is not getattr(system, f.name)]
    assert len(changed) == 1


def test_without_a_sandbox_the_check_fails_and_says_how_to_get_one(system):
    found = sandbox(replace(system, run_code=None))
    assert not found.ok
    assert "make system-deps" in found.said


def test_a_monitor_that_always_rings_fails_too(system):
    found = error_rate(replace(system, observe=lambda cause: "server"))
    assert not found.ok


def test_attacks_that_never_hurt_show_nothing(system):
    assert not red_team(replace(system, attacks=system.attacks[:1], defence=system.defence)).said.startswith("1")
    assert not evaluation(replace(system, evaluation=system.evaluation[:90])).ok


def test_a_tool_beyond_the_speaker_s_scopes_fails_the_check_of_retrieval(system):
    assert retrieval(system).ok
    assert not retrieval(replace(system, retriever=Unfiltered(system.retriever))).ok
