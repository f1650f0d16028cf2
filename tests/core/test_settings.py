"""Profiles, folders and "did you mean"."""

import pytest

from workbook.core import settings
from workbook.core.errors import WorkbookError


def test_the_default_profile_is_study(monkeypatch):
    monkeypatch.delenv("WORKBOOK_PROFILE", raising=False)
    assert settings.profile().name == "study"


def test_the_environment_chooses_unless_an_argument_does(monkeypatch):
    monkeypatch.setenv("WORKBOOK_PROFILE", "ci")
    assert settings.profile().name == "ci"
    assert settings.profile("full").name == "full"


def test_an_unknown_profile_names_the_nearest():
    with pytest.raises(WorkbookError, match="Did you mean 'study'"):
        settings.profile("studdy")


def test_larger_profiles_are_larger():
    sizes = [(p.trials, p.draws, p.steps) for p in settings.PROFILES.values()]
    assert sizes == sorted(sizes)
    assert [p.pick(ci=1, study=2, full=3) for p in settings.PROFILES.values()] == [1, 2, 3]


def test_nearest():
    assert settings.nearest("Grammers", ["grammars", "agents"]) == "grammars"
    assert settings.nearest("zzzz", ["grammars"]) is None
    assert settings.nearest("x", []) is None


def test_the_error_for_an_unknown_name_lists_a_short_list_only():
    assert "There are: a, b." in str(settings.unknown("model", "c", ["a", "b"]))
    assert "There are" not in str(settings.unknown("model", "c", map(str, range(50))))


def test_the_checkout_is_found_from_the_package():
    assert (settings.repo_root() / "src" / "workbook").is_dir()


def test_home_that_is_no_checkout_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBOOK_ROOT", str(tmp_path))
    with pytest.raises(WorkbookError, match="WORKBOOK_ROOT"):
        settings.repo_root()


def test_home_and_data_can_be_chosen(monkeypatch, tmp_path):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "course").mkdir()
    monkeypatch.setenv("WORKBOOK_ROOT", str(tmp_path / "course"))
    assert settings.repo_root() == tmp_path
    assert settings.data_dir() == tmp_path / "data"
    monkeypatch.setenv("WORKBOOK_DATA", "/elsewhere")
    assert str(settings.data_dir()) == "/elsewhere"


def test_errors_say_the_way_out():
    error = WorkbookError("no model 'x'", "Try pocket.")
    assert str(error) == "no model 'x'. Try pocket."
    assert str(WorkbookError("only this")) == "only this"
