"""What an edit will cost, told before the work, and refused where the machine cannot bear it."""

from __future__ import annotations

from dataclasses import dataclass

from cleanplate.errors import RefusalError, ResourceError
from cleanplate.media.probe import ClipInfo
from cleanplate.pipeline.machine import Machine
from cleanplate.pipeline.protocols import Plan, Refusal

_FFV1_SHARE = 0.6
"""Of the raw samples' size, what FFV1 needs for camera footage with grain."""
_MASTER_PIXELS_PER_SECOND = 60e6
"""Plate pixels that decode, composite, FFV1 and proof get through in a second on one thread."""


@dataclass(frozen=True)
class Preflight:
    """Time, memory and disk of the whole edit; the engine's own share is in its plan."""

    plan: Plan
    frames: int
    seconds: float
    memory_bytes: int
    disk_bytes: int


def preflight(plan: Plan | Refusal, info: ClipInfo, machine: Machine) -> Preflight:
    """The estimate.

    Raises:
        RefusalError: the engine refuses; carries its remedy.
        ResourceError: more disk or memory than there is.
    """
    if isinstance(plan, Refusal):
        raise RefusalError(plan.why, where=plan.engine, remedy=plan.remedy)
    raw, pixels = raw_bytes(info), len(info) * info.height * info.width
    total = Preflight(
        plan=plan,
        frames=sum(len(window) for window in plan.windows),
        seconds=plan.seconds + pixels / _MASTER_PIXELS_PER_SECOND / min(machine.threads, 4),
        memory_bytes=plan.memory_bytes,
        disk_bytes=plan.disk_bytes + int(raw * (_FFV1_SHARE if not info.format.is_float else 1)),
    )
    if total.disk_bytes > machine.disk_bytes:
        raise ResourceError(
            f"this edit needs about {_gigabytes(total.disk_bytes)} of disk; {_gigabytes(machine.disk_bytes)} are free",
            remedy="Free some space, choose another --out, or cut the clip shorter.",
        )
    if total.memory_bytes > machine.memory_bytes:
        raise ResourceError(
            f"this edit needs about {_gigabytes(total.memory_bytes)} of memory; "
            f"{_gigabytes(machine.memory_bytes)} are free",
            remedy="Close other programs, or use a smaller plate.",
        )
    return total


def raw_bytes(info: ClipInfo) -> int:
    """Size of all samples of the clip, uncompressed."""
    fmt = info.format
    shapes = [fmt.plane_shape(c, info.height, info.width) for c in range(fmt.components)]
    return len(info) * fmt.dtype.itemsize * sum(rows * columns for rows, columns in shapes)


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
