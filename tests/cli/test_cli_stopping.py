"""A stop by hand reaches the command wherever it falls."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import IO

import pytest

PROGRAM = """
import sys, time
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded

class Slow:
    def __del__(self):
        print("closing", flush=True)
        time.sleep(1)

def work():
    Slow()
    time.sleep(20)

def tidy():
    try:
        print("working", flush=True)
        time.sleep(20)
    finally:
        print("tidying", flush=True)
        time.sleep(1)
        print("tidied", flush=True)

with guarded(Screen()):
    {}()
"""
STOPS = [signal.SIGINT, signal.SIGTERM]


def started(body: str) -> subprocess.Popen[str]:
    """The program, with interruptions as at a terminal."""
    return subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)" + body],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


@pytest.mark.parametrize("sign", STOPS)
def test_an_interruption_that_a_destructor_swallows_comes_again(sign: signal.Signals) -> None:
    with started(PROGRAM.format("work")) as process:
        assert line(process.stdout) == "closing"
        process.send_signal(sign)
        _, said = process.communicate(timeout=15)
    assert "Exception ignored" in said
    assert "Interrupted" in said
    assert process.returncode == 1  # typer.Exit outside of typer


@pytest.mark.parametrize("sign", STOPS)
def test_tidying_up_is_left_in_peace(sign: signal.Signals) -> None:
    with started(PROGRAM.format("tidy")) as process:
        assert line(process.stdout) == "working"
        process.send_signal(sign)
        out, said = process.communicate(timeout=15)
    assert out.split() == ["tidying", "tidied"]
    assert "Interrupted" in said


def test_handlers_are_as_before_afterwards() -> None:
    code = """
import signal
from cleanplate.cli.stopping import stoppable
numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGALRM]
signal.signal(signal.SIGINT, signal.SIG_IGN)
before = [signal.getsignal(n) for n in numbers]
with stoppable():
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN, "what nohup ignores is ignored"
    assert signal.getsignal(signal.SIGTERM) not in before
assert [signal.getsignal(n) for n in numbers] == before
assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
