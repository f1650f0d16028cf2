"""What is said about a machine: its kind, never which one it is."""

import platform

import pytest

from workbook.core.environment import hardware, plain_cpu_name, versions


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Intel(R) Xeon(R) Processor @ 2.60GHz", "Intel Xeon"),
        ("AMD EPYC 9554 64-Core Processor", "AMD EPYC 9554"),
        ("Intel(R) Core(TM) i7-1185G7 CPU @ 3.00GHz", "Intel Core i7-1185G7"),
        ("", platform.machine()),
    ],
)
def test_processors(name, plain):
    assert plain_cpu_name(name) == plain


def test_hardware_counts_cores_and_names_no_host():
    assert " cores" in hardware()
    assert platform.node() not in hardware() or not platform.node()


def test_versions_hold_what_is_installed():
    found = versions()
    assert found["python"] == platform.python_version()
    assert "numpy" in found
