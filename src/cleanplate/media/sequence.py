"""Image sequences by name: which files a folder, a pattern or one image stands for, and in which order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cleanplate.errors import InputError

IMAGE_SUFFIXES = (".exr", ".png", ".tif", ".tiff", ".jpg", ".jpeg", ".dpx")
_PLACE = re.compile(r"%0?(\d*)d|#+")
_NUMBER = re.compile(r"(\d+)(?!.*\d)")


@dataclass(frozen=True)
class Sequence:
    """Files of one image sequence in order, with the number that each carries in its name."""

    files: tuple[Path, ...]
    numbers: tuple[int, ...]

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers between the first and the last that no file carries (at most the first hundred)."""
        present = set(self.numbers)
        span = range(self.numbers[0], self.numbers[-1] + 1)
        found: list[int] = []
        for number in span:
            if number not in present:
                found.append(number)
                if len(found) == 100:
                    break
        return tuple(found)


def is_sequence_path(path: Path) -> bool:
    """True for a folder, an image, or a pattern of images that is not itself the name of a file."""
    return path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES


def find_sequence(path: Path) -> Sequence:
    """The files that `path` stands for: a folder, a pattern (``%04d`` or ``####`` in its last part), or one image.

    Raises:
        InputError: nothing there, no images, or a folder with several sequences.
    """
    if path.is_dir():
        return _from_folder(path)
    if path.exists():
        return Sequence((path,), (0,))
    if not _PLACE.search(path.name):
        raise InputError("no such file", where=str(path), remedy="Check the path.")
    return _from_pattern(path)


def _from_pattern(path: Path) -> Sequence:
    if len(_PLACE.findall(path.name)) > 1:
        raise InputError("the pattern has more than one place for the number", where=str(path))
    place = _PLACE.search(path.name)
    assert place is not None  # noqa: S101 - the caller looked
    before, after = path.name[: place.start()], path.name[place.end() :]
    digits = len(place[0]) if place[0].startswith("#") else int(place[1] or 0)
    shape = re.compile(rf"{re.escape(before)}(\d{{{max(digits, 1)},}}){re.escape(after)}")
    folder = path.parent
    if not folder.is_dir():
        raise InputError("no such folder", where=str(folder), remedy="Check the path.")
    found = {int(match[1]): file for file in folder.iterdir() if (match := shape.fullmatch(file.name))}
    if not found:
        raise InputError("no file matches the pattern", where=str(path), remedy="Check the name and the digits.")
    return _ordered(found)


def _from_folder(folder: Path) -> Sequence:
    groups: dict[tuple[str, str], dict[int, Path]] = defaultdict(dict)
    for file in _images(folder.iterdir()):
        match = _NUMBER.search(file.stem)
        number = int(match[1]) if match else 0
        before, after = (file.stem[: match.start()], file.stem[match.end() :]) if match else (file.stem, "")
        groups[before, after + file.suffix][number] = file
    if not groups:
        raise InputError(
            "this is a folder without images",
            where=str(folder),
            remedy=f"Give a video file, or a folder of {', '.join(IMAGE_SUFFIXES)}.",
        )
    if len(groups) > 1:
        names = ", ".join(f"{before}####{after}" for before, after in sorted(groups)[:4])
        raise InputError(
            f"the folder holds {len(groups)} image sequences",
            where=str(folder),
            remedy=f"Give one of them as a pattern: {names}.",
        )
    return _ordered(next(iter(groups.values())))


def _images(files: Iterable[Path]) -> list[Path]:
    return [f for f in files if f.suffix.lower() in IMAGE_SUFFIXES and not f.name.startswith(".") and f.is_file()]


def _ordered(found: dict[int, Path]) -> Sequence:
    numbers = sorted(found)
    return Sequence(tuple(found[number] for number in numbers), tuple(numbers))
