"""What a pass has drawn of a span, on disk until the layer has been made of it: in 16 bits, whole or not there.

Not compressed: FFV1 took a tenth of a second of the processor for each picture, both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.footage import Real
from cleanplate.errors import InputError
from cleanplate.files import atomic, disk_errors

_PEAK = np.float32(65535)
_CODES = np.dtype("<u2")


class Pictures:
    """Pictures of one size in a file, one in memory at a time. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._codes: NDArray[np.uint16] | None = None
        self._held: tuple[int, Real] | None = None

    @staticmethod
    def write(path: Path, pictures: Iterable[Real]) -> None:
        """Keep pictures, rows x columns x 3 float32 R'G'B' in 0..1, in 16 bits; the file is whole or absent.

        Raises:
            ResourceError: the disk is full.
            ValueError: there are none, or one is of another size than the first.
        """
        count, shape = 0, tuple[int, ...]()
        with disk_errors(path), atomic(path) as partial, partial.open("wb") as stream:
            for picture in pictures:
                shape = shape or picture.shape
                if picture.shape != shape:
                    raise ValueError(f"a picture of {picture.shape} after ones of {shape}")
                if not count:
                    _head(stream, (0, *shape))
                stream.write(np.rint(picture * _PEAK).astype(_CODES).tobytes())
                count += 1
            if not count:
                raise ValueError("there are no pictures")
            stream.seek(0)
            _head(stream, (count, *shape))  # as long as before: NumPy leaves room for the first number to grow

    def __len__(self) -> int:
        return len(self._mapped)

    def at(self, place: int) -> Real:
        """One picture, rows x columns x 3 float32 R'G'B' in 0..1."""
        if self._held is None or self._held[0] != place:
            self._held = place, self._mapped[place].astype(np.float32) / _PEAK
        return self._held[1]

    def __iter__(self) -> Iterator[Real]:
        return (self.at(place) for place in range(len(self)))

    def __enter__(self) -> Self:
        """Raises InputError for a file that is not whole."""
        try:
            self._codes = np.load(self._path, mmap_mode="r")
        except (ValueError, EOFError) as error:
            raise InputError(
                "these drawn pictures are damaged", where=str(self._path), remedy="Delete the file and run again."
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._codes = self._held = None

    @property
    def _mapped(self) -> NDArray[np.uint16]:
        if self._codes is None:
            raise ValueError("the pictures are not open")
        return self._codes


def _head(stream: IO[bytes], shape: tuple[int, ...]) -> None:
    described = {"descr": _CODES.str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, described)
