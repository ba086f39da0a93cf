"""Who made which region of a quadmask: per frame, the mask of every part by name, in one file beside the quadmask.

The file is a zip: `parts.json` (the parts, and per frame each one's box and member) and the members, the bits inside a
box. A part that does not change keeps its member, so a still shadow is stored once; any frame is read at once.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from cleanplate.errors import InputError
from cleanplate.masks.reasoning import Reasoning
from cleanplate.masks.track import Mask, MaskBox, mask_box

REMOVED, BELONGING = "removed", "removed with"
_VERSION = 1
_INDEX = "parts.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Part:
    """One of the things that a quadmask is made of.

    Attributes:
        id: unique among the parts.
        name: for people.
        kind: `REMOVED`, `BELONGING`, or a `reasoning.Kind`.
        caused_by: id of the part that makes it differ; empty for a removed object.
        root: the removed object at which the chain of causes ends; its own id for a removed object.
    """

    id: str
    name: str
    kind: str
    caused_by: str
    root: str


def parts_of(document: Reasoning) -> tuple[Part, ...]:
    """The parts that a document names, removed objects first."""
    return (
        *(Part(name, name, REMOVED, "", name) for name in document.removed),
        *(Part(r.name, r.name, BELONGING, r.removed_with, r.removed_with) for r in document.removed_with),
        *(Part(t.id, t.name, t.kind.value, t.caused_by, document.root_of(t.id)) for t in document.affected),
    )


def parts_path(quadmask: Path) -> Path:
    """Where the parts of a quadmask lie."""
    return quadmask.with_name(quadmask.name + ".parts")


class PartsWriter:
    """Writes the parts frame by frame; the file appears only when the writer closes without an error."""

    def __init__(self, path: Path, parts: Sequence[Part], *, height: int, width: int) -> None:
        self._path, self._partial = path, path.with_name(path.name + ".partial")
        self._zip = zipfile.ZipFile(self._partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._parts, self._size = {part.id: n for n, part in enumerate(parts)}, (height, width)
        self._document = {"version": _VERSION, "size": [height, width], "parts": [asdict(part) for part in parts]}
        self._frames: list[dict[int, tuple[int, MaskBox]]] = []
        self._held: dict[int, tuple[int, MaskBox, bytes]] = {}
        self._members = 0

    def write(self, masks: Mapping[str, Mask]) -> None:
        """Append one frame: the H x W mask of each part by id; parts that do not show may be left out."""
        frame = {}
        for ident, mask in masks.items():
            if mask.shape != self._size:
                raise ValueError(f"mask is {mask.shape}, the quadmask is {self._size}")
            box = mask_box(mask)
            if box is not None:
                frame[self._parts[ident]] = self._stored(self._parts[ident], mask, box), box
        self._frames.append(frame)

    def _stored(self, part: int, mask: Mask, box: MaskBox) -> int:
        """The member that holds a part's bits: its last one where they are the same."""
        y0, x0, y1, x1 = box
        bits = np.packbits(mask[y0:y1, x0:x1]).tobytes()
        held = self._held.get(part)
        if held is not None and held[1:] == (box, bits):
            return held[0]
        member = zipfile.ZipInfo(_member(self._members), date_time=_EPOCH)
        member.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(member, bits)
        self._held[part] = self._members, box, bits
        self._members += 1
        return self._members - 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if kind is None:
            frames = [[[part, member, *box] for part, (member, box) in sorted(f.items())] for f in self._frames]
            self._zip.writestr(
                zipfile.ZipInfo(_INDEX, date_time=_EPOCH), json.dumps(self._document | {"frames": frames})
            )
        self._zip.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)


class Parts:
    """Reads the parts of a quadmask.

    Attributes:
        parts: all of them, removed objects first.
        height, width: the coded size.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`. Raises InputError when it is no such file."""
        try:
            self._zip = zipfile.ZipFile(path)
            index = json.loads(self._zip.read(_INDEX))
            if index["version"] != _VERSION:
                raise InputError(f"parts of version {index['version']}, not {_VERSION}", where=str(path))
            self.height, self.width = (int(side) for side in index["size"])
            self.parts = tuple(Part(**part) for part in index["parts"])
            self._frames: list[list[list[int]]] = index["frames"]
        except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
            raise InputError("not the parts of a quadmask", where=str(path), remedy="Make the mask again.") from error

    def __len__(self) -> int:
        return len(self._frames)

    def at(self, frame: int) -> dict[str, Mask]:
        """The H x W mask of every part that shows on a frame, by id."""
        return {self.parts[part].id: self._mask(member, (y0, x0, y1, x1)) for part, member, y0, x0, y1, x1 in
                self._frames[frame]}  # fmt: skip

    def who(self, frame: int, y: int, x: int) -> tuple[Part, ...]:
        """The parts that claim a pixel on a frame."""
        claims = self.at(frame)
        return tuple(part for part in self.parts if part.id in claims and claims[part.id][y, x])

    def close(self) -> None:
        self._zip.close()

    def _mask(self, member: int, box: MaskBox) -> Mask:
        y0, x0, y1, x1 = box
        bits = np.frombuffer(self._zip.read(_member(member)), dtype=np.uint8)
        mask = np.zeros((self.height, self.width), dtype=np.bool_)
        shape = (y1 - y0, x1 - x0)
        mask[y0:y1, x0:x1] = np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(np.bool_)
        return mask


def _member(number: int) -> str:
    return f"{number:08d}.bits"
