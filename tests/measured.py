"""What work takes."""

from __future__ import annotations

from collections.abc import Callable

from torch.profiler import ProfilerActivity, profile


def peak_of(work: Callable[[], object]) -> int:
    """Bytes of tensors that live at once at most, of those that are made meanwhile, by torch's own record."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        made = work()
    del made
    events = [event for event in recorded.profiler.kineto_results.events() if event.name() == "[memory]"]
    now = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        peak = max(peak, now)
    return peak
