"""Several clips written and read in step: what a sample is made of, one frame of each in memory."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.worlds.formats.clips import Samples, clip_writer

Arrays = Mapping[str, NDArray[Any]]
"""One frame of each track, by name."""


def write_tracks(
    paths: Mapping[str, Path], samples: Mapping[str, Samples], frames: Iterable[Arrays], rate: Fraction
) -> int:
    """Write every track of `frames` to its path; the first frame says which tracks there are, and their sizes.

    Returns:
        the number of frames.
    Raises:
        ValueError: no frames, or a frame with other tracks than the first.
    """
    count, tracks = 0, frozenset[str]()
    with ExitStack() as stack:
        for frame in frames:
            if not count:
                tracks = frozenset(frame)
                writers = {
                    name: stack.enter_context(
                        clip_writer(paths[name], samples[name], array.shape[0], array.shape[1], rate)
                    )
                    for name, array in frame.items()
                }
            if frame.keys() != tracks:
                raise ValueError(f"frame {count} has {sorted(frame)}, frame 0 has {sorted(tracks)}")
            for name, array in frame.items():
                writers[name].write(array)
            count += 1
    if not count:
        raise ValueError("a sample without frames")
    return count


def in_step(
    readers: Mapping[str, Generator[NDArray[Any], None, None]], where: Path
) -> Generator[dict[str, NDArray[Any]], None, None]:
    """One frame of each reader at a time, all closed at the end.

    Raises:
        InputError: one of them ends before the others, or has frames of another size.
    """
    with ExitStack() as stack:
        for reader in readers.values():
            stack.callback(reader.close)
        index = 0
        while True:
            found = {name: array for name, reader in readers.items() if (array := next(reader, None)) is not None}
            if len(found) < len(readers):
                _require_all_ended(found, readers, index, where)
                return
            _require_one_size(found, index, where)
            yield found
            index += 1


def _require_all_ended(found: Arrays, readers: Mapping[str, object], index: int, where: Path) -> None:
    if found:
        short = ", ".join(sorted(readers.keys() - found.keys()))
        raise InputError(f"{short} ends after {index} frames, {', '.join(sorted(found))} goes on", where=str(where))


def _require_one_size(found: Arrays, index: int, where: Path) -> None:
    sizes = {name: array.shape[:2] for name, array in found.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} {width}x{height}" for name, (height, width) in sorted(sizes.items()))
        raise InputError(f"frame {index} has several sizes: {told}", where=str(where))
