"""The sandboxes of this machine, for every test that wants one."""

from __future__ import annotations

import pytest

from workbook.tools.sandbox import Sandbox, sandboxes


@pytest.fixture(params=["bubblewrap", "podman"])
def sandbox(request: pytest.FixtureRequest, require) -> Sandbox:
    """Each sandbox that works here; the others skip with their reason, or fail where they are required."""
    found = next(sandbox for sandbox in sandboxes() if sandbox.name == request.param)
    reason = found.available()
    require(request.param, not reason, f"{request.param} does not work here: {reason} (make system-deps)")
    return found
