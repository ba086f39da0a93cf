"""The first stages of a removal: select, reason, quadmask. They end with a `Scene`, before anything is generated."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from cleanplate.edit.package import ANSWER, QUADMASK, REASONING, TRACKS
from cleanplate.errors import InputError, UsageError
from cleanplate.files import sha256, write_text
from cleanplate.masks.brush import dilate
from cleanplate.masks.build import VERSION as QUADMASK_VERSION
from cleanplate.masks.build import BuildRules, build_quadmask, open_things
from cleanplate.masks.codec import MaskKind, read_mask_file
from cleanplate.masks.labels import affected, combine, removed
from cleanplate.masks.parts import parts_path
from cleanplate.masks.quadmask import QuadMask, QuadMaskWriter, index_path
from cleanplate.masks.reasoning import Grid, Reasoning, read_reasoning
from cleanplate.masks.track import Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.pipeline import registry
from cleanplate.pipeline.edits import Add, Remove, ReplaceBackground
from cleanplate.pipeline.pointing import coded, slug
from cleanplate.pipeline.protocols import Scene
from cleanplate.pipeline.reasoning import Answered, answered, narrowed, reasoner_key, require_answerable
from cleanplate.pipeline.workshop import Workshop
from cleanplate.progress import Progress

_GIVEN = "given.mkv"
_OBJECT = "object"
SWEEPS = f"{TRACKS}/sweeps"
"""What the segmenter keeps, so that a click added later redoes only what it changes."""


def edit_frames(edit: Remove | Add | ReplaceBackground, clip: Clip) -> range:
    """The frames that may change. Raises InputError when the clip does not have them."""
    last = len(clip) - 1 if edit.last_frame is None else edit.last_frame
    if not edit.first_frame <= last < len(clip):
        raise InputError(
            f"frames {edit.first_frame} to {last} are asked for",
            where=str(clip.info.path),
            remedy=f"The clip has frames 0 to {len(clip) - 1}.",
        )
    return range(edit.first_frame, last + 1)


class Removal:
    """Runs the stages in a workshop, one method each, in the order in which they stand."""

    def __init__(
        self,
        shop: Workshop,
        clip: Clip,
        edit: Remove,
        progress: Progress,
        asking: Mapping[str, Any] | None = None,
    ) -> None:
        if bool(edit.selections) == (edit.mask is not None):
            raise UsageError(
                "say what goes by clicks, boxes or strokes, or by a mask file",
                remedy="Give --click X,Y[@FRAME], --box X0,Y0,X1,Y1[@FRAME], or --mask FILE.",
            )
        self._shop, self._clip, self._edit, self._progress = shop, clip, edit, progress
        self._asking = asking or {}
        require_answerable(edit, self._asking)
        self.frames = edit_frames(edit, clip)
        self.warnings: list[str] = []
        shop.folder.joinpath(TRACKS).mkdir(exist_ok=True)

    def scene(self) -> Scene:
        """Everything that an engine needs to know."""
        tracks = self._tracks()
        if tracks is None:
            return self._given_scene()
        reasoning = self._ground(tracks, self._reason(tracks))
        things = open_things(reasoning, self._path(TRACKS))
        quadmask = self._build(tracks, reasoning, things)
        return Scene(self._clip, quadmask, reasoning, tracks, things)

    def reasoned(self) -> Reasoning:
        """What else is affected, before any of it is drawn. Raises UsageError where a quadmask says it already."""
        tracks = self._tracks()
        if tracks is None:
            what = "the mask is a quadmask, which says what is affected: there is nothing to reason about"
            raise UsageError(what, where=str(self._edit.mask), remedy="Give clicks, boxes, strokes or a binary mask.")
        return self._ground(tracks, self._reason(tracks))

    def _tracks(self) -> list[Track] | None:
        """Of the removed objects; None where a quadmask was given."""
        if self._edit.mask is None:
            return self._select(self._edit.selections)
        given = self._read_mask(self._edit.mask)
        return None if given["kind"] == MaskKind.QUADMASK else self._track_of_mask()

    def _select(self, selections: Sequence[Any]) -> list[Track]:
        tracks = []
        for selection in coded(selections, self._clip.info, self.frames):
            name = f"{TRACKS}/{slug(selection.name)}.track"
            inputs = {
                "plate": self._clip.source_hash,
                "selection": selection.model_dump(mode="json"),
                "frames": [self.frames.start, self.frames.stop],
                "segmenter": self._edit.segmenter,
                "weights": self._edit.weights,
            }

            def work(selection: Any = selection, name: str = name) -> None:
                part = registry.segmenter(self._edit.segmenter, self._edit.weights, self._path(SWEEPS))
                part.segment(self._clip, selection, self.frames, self._path(name), self._progress).close()

            self._shop.stage(f"select {selection.name}", inputs, [name], work)
            track = Track(self._path(name))
            self._note_lost(track)
            tracks.append(track)
        return tracks

    def _note_lost(self, track: Track) -> None:
        if not track.frames:
            remedy = "Click nearer to its middle, or draw a box around it."
            raise InputError("nothing was found where you pointed", where=track.name, remedy=remedy)
        lost = [n for n in track.lost if n in self.frames]
        if lost:
            self.warnings.append(
                f"'{track.name}' may be lost on frames {runs(lost)}: add a click there and run again; "
                "what is known so far is kept."
            )

    def _read_mask(self, mask: Path) -> dict[str, Any]:
        with Clip.open(mask) as file:
            inputs = {
                "plate": self._clip.source_hash,
                "mask": file.source_hash,
                "name": mask.name,
                "kind": self._edit.mask_kind,
            }

        def work() -> dict[str, Any]:
            _, report = read_mask_file(
                mask, self._clip.info, self._path(_GIVEN), kind=self._edit.mask_kind, progress=self._progress
            )
            return {"kind": report.kind, "samples": report.samples, "far": report.far, "worst": report.worst_frame}

        found = self._shop.stage("mask", inputs, [_GIVEN, index_path(Path(_GIVEN)).name], work)
        if found["far"]:
            self.warnings.append(
                f"The mask holds {found['far']:,} of {found['samples']:,} samples far from every label "
                f"(most on frame {found['worst']}); they were snapped to the nearest."
            )
        return found

    def _given_scene(self) -> Scene:
        """A quadmask holds the answer already: nothing is left to reason."""
        edit = self._edit
        inputs = {"mask": self._shop.key("mask"), "grow": edit.grow, "frames": [self.frames.start, self.frames.stop]}

        def work() -> None:
            given = QuadMask.open(self._path(_GIVEN))
            info = self._clip.info
            parts_path(self._path(QUADMASK)).unlink(missing_ok=True)
            with (
                self._progress.task("Preparing the quadmask", len(given)) as tick,
                QuadMaskWriter(
                    self._path(QUADMASK),
                    height=info.height,
                    width=info.width,
                    rate=info.rate,
                    time_base=info.time_base,
                    pts=info.pts,
                ) as writer,
            ):
                for index, labels in enumerate(given):
                    allowed = (
                        labels if index in self.frames else combine(removed(labels) & False, removed(labels) & False)
                    )
                    writer.write(combine(dilate(removed(allowed), edit.grow), affected(allowed)))
                    tick()
            given.close()

        self._shop.stage("quadmask", inputs, [QUADMASK, index_path(Path(QUADMASK)).name], work)
        info = self._clip.info
        grid = Grid.of(info.height, info.width)
        document = Reasoning(
            frames=len(self._clip), height=info.height, width=info.width, grid=grid, removed=(_OBJECT,)
        )
        write_text(self._path(REASONING), document.to_json())
        return Scene(self._clip, QuadMask.open(self._path(QUADMASK)), document)

    def _track_of_mask(self) -> list[Track]:
        name = f"{TRACKS}/{_OBJECT}.track"
        inputs = {"mask": self._shop.key("mask"), "frames": [self.frames.start, self.frames.stop]}

        def work() -> None:
            given = QuadMask.open(self._path(_GIVEN))
            size = {"length": len(given), "height": given.height, "width": given.width}
            with TrackWriter(self._path(name), name=_OBJECT, **size) as writer:
                for index in self.frames:
                    if given.box_of_change(index) is not None:
                        writer.write(index, removed(given.at(index)))
            given.close()

        self._shop.stage(f"select {_OBJECT}", inputs, [name], work)
        track = Track(self._path(name))
        if not track.frames:
            raise InputError("the mask is empty on the frames of this edit", where=str(self._edit.mask))
        return [track]

    def _reason(self, tracks: Sequence[Track]) -> Reasoning:
        edit = self._edit
        inputs = {
            "tracks": [self._shop.key(f"select {track.name}") for track in tracks],
            "reasoner": reasoner_key(edit, self._asking)
            if edit.reasoning is None
            else sha256(_existing(edit.reasoning)),
        }

        def work() -> dict[str, Any]:
            answer = self._answer(tracks) if edit.reasoning is None else Answered(self._replayed(edit.reasoning))
            write_text(self._path(ANSWER), answer.document.to_json())
            return {"warnings": list(answer.warnings)}

        self.warnings += self._shop.stage("reason", inputs, [ANSWER], work)["warnings"]
        return read_reasoning(self._path(ANSWER))

    def _ground(self, tracks: Sequence[Track], answer: Reasoning) -> Reasoning:
        """What the user wants of the answer, laid on the clip: what it says in words and cells gets tracks and ways."""
        edit = self._edit
        wanted, told = narrowed(answer, edit)
        self.warnings += told
        ground, version = registry.grounding()
        inputs = {
            "answer": self._shop.key("reason"),
            "keep": sorted(edit.keep),
            "only": sorted(edit.only),
            "grounding": version,
            "segmenter": edit.segmenter,
            "weights": edit.weights,
            "frames": [self.frames.start, self.frames.stop],
        }

        def work() -> None:
            part = registry.segmenter(edit.segmenter, edit.weights, self._path(SWEEPS))
            folder, progress = self._path(TRACKS), self._progress
            document = ground(wanted, self._clip, tracks, self.frames, folder, segmenter=part, progress=progress)
            write_text(self._path(REASONING), document.to_json())

        self._shop.stage("ground", inputs, [REASONING], work)
        document = read_reasoning(self._path(REASONING))
        for belonging in document.removed_with:
            if belonging.track is None:
                self.warnings.append(
                    f"'{belonging.name}' goes with the {belonging.removed_with}, but nothing says where it is, so it "
                    "stays. Give it cells_by_time in reasoning.json, or select it, too."
                )
        return document

    def _answer(self, tracks: Sequence[Track]) -> Answered:
        return answered(
            self._edit,
            self._clip,
            tracks,
            asking=self._asking,
            frames=self.frames,
            folder=self._path(TRACKS),
            progress=self._progress,
        )

    def _replayed(self, file: Path) -> Reasoning:
        """A document given back by the user, with the tracks that lie beside it."""
        document = read_reasoning(file)
        info = self._clip.info
        document.require_fit(len(self._clip), info.height, info.width, str(file))
        named = [t.track for t in document.affected] + [r.track for r in document.removed_with]
        for name in filter(None, named):
            if (self._path(TRACKS) / name).exists():
                continue
            beside = file.parent / TRACKS / Path(name).name
            if not beside.is_file():
                remedy = "Keep the file in its package, or take the field 'track' out so that the cells serve."
                raise InputError(f"the track {name} is missing", where=str(file), remedy=remedy)
            shutil.copyfile(beside, self._path(TRACKS) / beside.name)
        return document

    def _build(self, tracks: Sequence[Track], reasoning: Reasoning, things: Mapping[str, Track]) -> QuadMask:
        edit = self._edit
        inputs = {
            "tracks": [self._shop.key(f"select {track.name}") for track in tracks],
            "reasoning": sha256(self._path(REASONING)),
            "version": QUADMASK_VERSION,
            "grow": edit.grow,
            "pixel_precise": edit.pixel_precise,
            "frames": [self.frames.start, self.frames.stop],
        }
        rules = BuildRules(grow=edit.grow, grow_affected=edit.grow, pixel_precise=edit.pixel_precise)

        def work() -> None:
            build_quadmask(
                tracks,
                reasoning,
                self._path(QUADMASK),
                self._clip.info,
                things=things,
                rules=rules,
                frames=self.frames,
                progress=self._progress,
            ).close()

        beside = [index_path(Path(QUADMASK)).name, parts_path(Path(QUADMASK)).name]
        self._shop.stage("quadmask", inputs, [QUADMASK, *beside], work)
        return QuadMask.open(self._path(QUADMASK))

    def _path(self, name: str) -> Path:
        return self._shop.folder / name


def runs(frames: Sequence[int]) -> str:
    """Frame numbers as a person writes them: ``3-7, 12``."""
    parts = [[n for _, n in run] for _, run in groupby(enumerate(frames), key=lambda pair: pair[1] - pair[0])]
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise InputError("no such file", where=str(path))
    return path
