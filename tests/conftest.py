"""What tests of several rooms share: one browser for each worker, since Playwright bears no second beside it.

Hypothesis sets no time limit: how long an example takes says nothing where other tests run beside it. Processes that
tests interrupt must hear of it, also where the tests were started by one that ignores it, as `nohup` and `&` do.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("cleanplate", deadline=None)
settings.load_profile("cleanplate")
pytest_plugins = ("shown_page",)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as engine:
        running = engine.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield running
        running.close()
