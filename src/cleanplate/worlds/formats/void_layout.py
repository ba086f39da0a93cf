"""VOID's training layout: a folder for each sample, and one JSON list of all of them.

    data/
      void_train_data.json          [{file_path, text, type: "video_mask_tuple", warped_noise_path}]
      blocked_roller-000007/
        rgb_full.mkv                 as it was
        rgb_removed.mkv              the same world without the removed things
        mask.mkv                     quadmask: 0 remove, 63 overlap, 127 affected, 255 keep
        rgb_removed_objects_invisible.mkv, depth.mkv, flow.mkv     where they were asked for
        metadata.json

A folder under its final name is whole. The reader also takes what was published or made by others: MP4, other names of
the same clips, lossy masks, no metadata but the published `prompt.json`.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue, TypeAdapter, ValidationError

from cleanplate import files
from cleanplate.errors import InputError
from cleanplate.masks.labels import Labels, snap
from cleanplate.media.probe import ClipInfo
from cleanplate.worlds.formats.clips import (
    LOSSLESS,
    LOSSY,
    Picture,
    Samples,
    find_clip,
    probe,
    read_codes,
    read_levels,
    read_pictures,
)
from cleanplate.worlds.formats.metadata import METADATA, VoidMetadata, read_metadata, read_prompt
from cleanplate.worlds.formats.names import require_name
from cleanplate.worlds.formats.numbers import depth_codes, depth_of, flow_codes, flow_of
from cleanplate.worlds.formats.tracks import Arrays, in_step, write_tracks

LIST = "void_train_data.json"
KIND = "video_mask_tuple"
FULL, REMOVED, MASK, INVISIBLE = "rgb_full", "rgb_removed", "mask", "rgb_removed_objects_invisible"
DEPTH, FLOW = "depth", "flow"
NEEDED = (FULL, REMOVED, MASK)
SAMPLES: Mapping[str, Samples] = {
    FULL: Samples.RGB,
    REMOVED: Samples.RGB,
    MASK: Samples.GRAY,
    INVISIBLE: Samples.RGB,
    DEPTH: Samples.GRAY16,
    FLOW: Samples.RGB16,
}
STEMS: Mapping[str, tuple[str, ...]] = {
    FULL: (FULL, "input_video"),
    REMOVED: (REMOVED, "rgb_altered_physics"),
    MASK: (MASK, "quadmask", "quadmask_0", "mask_grid", "trimask_quadmask"),
    INVISIBLE: (INVISIBLE,),
    DEPTH: (DEPTH,),
    FLOW: (FLOW,),
}
"""What each clip is called, our own name first, then those of the reference's generators and samples."""


@dataclass(frozen=True)
class VoidFrame:
    """One frame of a sample.

    Attributes:
        rgb_full, rgb_removed: H x W x 3 uint8, sRGB.
        mask: H x W uint8 labels.
        invisible: the original physics with the removed things not drawn; H x W x 3 uint8.
        depth: of the full scene, H x W float32 metres; infinity where there is nothing. Stored in millimetres.
        flow: of the full scene, H x W x 2 float32 (dx, dy) to the next frame; stored to 1/64 pixel, NaN if unknown.
    """

    rgb_full: Picture
    rgb_removed: Picture
    mask: Labels
    invisible: Picture | None = None
    depth: NDArray[np.float32] | None = None
    flow: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class VoidWriter:
    """Writes samples into `folder`; several processes may, as long as each sample has one of them.

    Args:
        lossy: pictures as H.264 in MP4, under the published names; masks stay exact, depth and flow lossless.
    """

    folder: Path
    lossy: bool = False

    def has(self, name: str) -> bool:
        """True when the sample is there, and so is whole. Raises InputError for a name that is no file's."""
        return (self.folder / require_name(name) / METADATA).is_file()

    def write(self, name: str, frames: Iterable[VoidFrame], metadata: VoidMetadata) -> Path:
        """Write a whole sample, or nothing; one that is there already is kept, and `frames` is not touched.

        Returns:
            its folder.
        Raises:
            InputError: something that is no whole sample bears its name.
            ResourceError: the disk is full, or may not be written to.
        """
        folder = self.folder / require_name(name)
        if self.has(name):
            return folder
        with files.disk_errors(folder), files.whole_folder(folder) as partial:
            paths = {track: partial / (track + self._suffix(track)) for track in SAMPLES}
            rate = Fraction(metadata.rate).limit_denominator(100_000)
            count = write_tracks(paths, SAMPLES, map(_stored, frames), rate)
            text = metadata.model_copy(update={"frames": count}).model_dump_json(indent=1)
            (partial / METADATA).write_text(text + "\n", encoding="utf-8")
        return folder

    def write_list(self) -> Path:
        """Write the JSON list of all samples that are there, in the order of their names."""
        rows = [_row(sample) for sample in scan(self.folder)]
        path = self.folder / LIST
        files.write_text(path, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
        return path

    def _suffix(self, track: str) -> str:
        return LOSSY if self.lossy and track not in (DEPTH, FLOW) else LOSSLESS


@dataclass(frozen=True)
class VoidSample:
    """A sample on disk. Nothing is opened before it is asked for.

    Attributes:
        listed_text: what the JSON list says of it; `text` looks into the metadata too.
        warped_noise: VOID's second pass starts from it; made later, so it may not be there.
    """

    name: str
    folder: Path
    listed_text: str = ""
    warped_noise: Path | None = None

    @property
    def text(self) -> str:
        """The scene after the removal, in words: of the list, the metadata, or the published `prompt.json`.

        Empty where nobody wrote it. Raises InputError for a broken file.
        """
        known = None if self.listed_text else self.metadata()
        return self.listed_text or (known.caption if known else "") or read_prompt(self.folder)

    def path(self, track: str) -> Path | None:
        """Where a clip lies (`SAMPLES` names them), or None."""
        return find_clip(self.folder, *STEMS[track])

    def metadata(self) -> VoidMetadata | None:
        """What is known of its making; None for data from elsewhere. Raises InputError for a broken file."""
        return read_metadata(self.folder)

    def rate(self) -> Fraction:
        """Frames a second. Raises InputError without clips."""
        known = self.metadata()
        return Fraction(known.rate).limit_denominator(100_000) if known else probe(self._needed(FULL)).rate

    def info(self) -> ClipInfo:
        """Of the clip as it was. Raises InputError where it is missing or cannot be read."""
        return probe(self._needed(FULL))

    def labels(self) -> Generator[Labels, None, None]:
        """The masks alone, as `frames` has them. Raises InputError where they are missing or damaged."""
        with closing(read_levels(self._needed(MASK))) as levels:
            for level in levels:
                yield snap(level)[0]

    def require(self) -> None:
        """Raises InputError where one of the three clips that every sample has is missing."""
        for needed in NEEDED:
            self._needed(needed)

    def frames(self, *, extras: bool = True) -> Generator[VoidFrame, None, None]:
        """Frames in order; masks snapped to labels at their stored size.

        Args:
            extras: decode also what not every sample has.

        Raises:
            InputError: a clip is missing, damaged, shorter or of another size than the others.
        """
        self.require()
        tracks = SAMPLES if extras else NEEDED
        readers = {track: _reader(track, path) for track in tracks if (path := self.path(track)) is not None}
        for found in in_step(readers, self.folder):
            depth, flow = found.get(DEPTH), found.get(FLOW)
            yield VoidFrame(
                rgb_full=found[FULL],
                rgb_removed=found[REMOVED],
                mask=snap(found[MASK])[0],
                invisible=found.get(INVISIBLE),
                depth=None if depth is None else depth_of(depth),
                flow=None if flow is None else flow_of(flow),
            )

    def _needed(self, track: str) -> Path:
        path = self.path(track)
        if path is None:
            raise InputError(f"{track} is missing", where=str(self.folder), remedy="Make the sample again.")
        return path


def scan(folder: Path) -> list[VoidSample]:
    """Every sub-folder that holds at least one of a sample's clips, by name; half-written ones are passed over."""
    inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [VoidSample(path.name, path) for path in inside if any(find_clip(path, *STEMS[t]) for t in STEMS)]


def read_list(path: Path) -> list[VoidSample]:
    """The samples that a JSON list names; places are relative to it, and may name the folder or a clip in it.

    Raises:
        InputError: not such a list.
    """
    rows = TypeAdapter(list[dict[str, JsonValue]])
    try:
        found = rows.validate_json(path.read_bytes())
        return [_listed(row, path.parent) for row in found]
    except FileNotFoundError as error:
        raise InputError("there is no such list", where=str(path)) from error
    except (ValidationError, KeyError) as error:
        reason = "a row has no file_path" if isinstance(error, KeyError) else "this is no JSON list of samples"
        raise InputError(reason, where=str(path), remedy="Write it again from the folder.") from error


def _listed(row: Mapping[str, JsonValue], base: Path) -> VoidSample:
    place, noise = base / str(row["file_path"]), row.get("warped_noise_path")
    folder = place.parent if place.suffix else place
    return VoidSample(folder.name, folder, str(row.get("text") or ""), base / str(noise) if noise else None)


def _row(sample: VoidSample) -> dict[str, JsonValue]:
    clip = sample.path(FULL) or sample.folder
    noise = f"{sample.name}/warped_noise.npy"
    return {
        "file_path": f"{sample.name}/{clip.name}",
        "text": sample.text,
        "type": KIND,
        "warped_noise_path": noise if (sample.folder.parent / noise).is_file() else "",
    }


def _stored(frame: VoidFrame) -> Arrays:
    tracks: dict[str, NDArray[Any] | None] = {
        FULL: frame.rgb_full,
        REMOVED: frame.rgb_removed,
        MASK: frame.mask,
        INVISIBLE: frame.invisible,
        DEPTH: None if frame.depth is None else depth_codes(frame.depth),
        FLOW: None if frame.flow is None else flow_codes(frame.flow),
    }
    return {name: array for name, array in tracks.items() if array is not None}


def _reader(track: str, path: Path) -> Generator[NDArray[Any], None, None]:
    if track == MASK:
        return read_levels(path)
    return read_codes(path) if track in (DEPTH, FLOW) else read_pictures(path)
