"""A command that is killed, and given again."""

from __future__ import annotations

import signal
from pathlib import Path

from resume import Interrupted

from cleanplate.edit.package import ShotPackage
from cleanplate.edit.verify import verify


def require_same(made: Interrupted, whole: Interrupted) -> None:
    """It has come to the bytes of a run that nobody disturbed, nothing was made twice, and its proof holds."""
    assert made.digests() == whole.digests()
    assert made.redone == 0
    assert not made.workshop.exists()
    assert verify(ShotPackage.open(made.out)).passed


def require_survived(whole: Interrupted, out: Path, moment: str) -> None:
    """Killed when a file of its workshop appears it goes on as if it had not been."""
    made = Interrupted(whole.arguments, out, whole.segment_seconds, whole.results)
    assert made.run_until((made.workshop / moment).exists) == -signal.SIGKILL
    assert made.run() == 0
    require_same(made, whole)
