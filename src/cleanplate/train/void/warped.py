"""The second pass's noise: it moves with the clip that is to be drawn. Made once for a clip and a size, and kept.

It is made for every frame of the whole picture, since a clip may begin anywhere and be cut out anywhere on the codec's
stride; half precision, as the published files have it. Where a sample names a file of noise, that is taken instead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.files import atomic, disk_errors
from cleanplate.motion.flow import Gray, make_flow
from cleanplate.motion.noise.stream import CELLS, TIME_STRIDE, Latent, flows_between, gathered, warped_fields
from cleanplate.worlds.formats.clips import probe, read_pictures
from cleanplate.worlds.formats.void_layout import REMOVED, VoidSample

Noise = NDArray[np.float32]
"""T' x C x H' x W', one for each latent frame."""
Size = tuple[int, int]
"""Rows and columns."""


class Noises:
    """Warped noise by clip and size.

    Args:
        folder: where it is kept.
        flow: the method that finds how a clip moves; see `motion.flow`.
        channels: of a latent.
    """

    def __init__(self, folder: Path, flow: str, *, channels: int, seed: int) -> None:
        self._folder, self._flow, self._channels, self._seed = folder, flow, channels, seed

    def of(self, sample: VoidSample, frames: range, covering: Size) -> Noise:
        """For the latents of a run of frames: each carries the noise of its first frame.

        Args:
            covering: rows and columns of the whole picture; what is left of them beyond whole latents has no noise.

        Raises:
            InputError: a file of noise that does not fit the clip, or a damaged clip.
            ResourceError: the disk is full.
        """
        wanted = list(frames[::TIME_STRIDE])
        if sample.warped_noise is not None:
            return read_noise(sample.warped_noise, len(sample.info()), wanted, covering, self._channels)
        path = self._folder / f"{self._named(sample, covering)}.npy"
        if not path.is_file():
            self._make(sample, covering, path)
        kept = np.load(path, mmap_mode="r")
        return np.stack([np.asarray(kept[frame], np.float32) for frame in wanted])

    def _named(self, sample: VoidSample, covering: Size) -> str:
        clip = _clip(sample)
        told = [self._flow, self._channels, self._seed, str(clip.resolve()), clip.stat().st_size, covering]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]

    def _make(self, sample: VoidSample, covering: Size, path: Path) -> None:
        count = len(probe(_clip(sample)))
        with disk_errors(path), atomic(path, shared=True) as partial:
            path.parent.mkdir(parents=True, exist_ok=True)
            kept = open_memmap(partial, mode="w+", dtype=np.float16, shape=(count, self._channels, *_grid(covering)))
            for frame, noise in zip(range(count), self._made(sample, covering), strict=True):
                kept[frame] = noise
            kept.flush()

    def _made(self, sample: VoidSample, covering: Size) -> Iterator[Latent]:
        rows, columns = (side * CELLS for side in _grid(covering))
        own = int.from_bytes(hashlib.sha256(f"{self._seed} {sample.name}".encode()).digest()[:8])
        flows = flows_between((gray[:rows, :columns] for gray in _grays(sample, covering)), make_flow(self._flow))
        for field in warped_fields(flows, (rows, columns), seed=own, channels=self._channels):
            yield gathered(field.noise, CELLS)


def read_noise(path: Path, length: int, wanted: list[int], covering: Size, channels: int) -> Noise:
    """Of a published file (T x H x W x C), the noise of some frames of a clip, on the latents of a whole picture.

    Its frames are spread evenly over the clip, as are ours. Cells are summed, as many as there are to a latent's
    sample; what then is still finer is thinned out, so that the noise stays white and of its deviation.

    Raises:
        InputError: no such file, another kind of array, or one coarser than the latents.
    """
    try:
        noise = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError("this is no file of noise", where=str(path), remedy=_REMEDY) from error
    if noise.ndim != 4 or noise.shape[3] != channels or noise.dtype.kind != "f" or not len(noise):
        raise InputError(
            f"noise of {noise.shape}; the model wants frames x rows x columns x {channels}",
            where=str(path),
            remedy=_REMEDY,
        )
    grid = _grid(covering)
    cells = min(side // wished for side, wished in zip(noise.shape[1:3], grid, strict=True))
    if not cells:
        raise InputError(
            f"noise of {noise.shape[1]} x {noise.shape[2]} is coarser than latents of {grid[0]} x {grid[1]}",
            where=str(path),
            remedy=_REMEDY,
        )
    frames = np.rint(np.array(wanted) * (len(noise) - 1) / max(length - 1, 1)).astype(int)
    return np.stack([_on(np.asarray(noise[frame], np.float32), cells, covering) for frame in frames])


def _on(noise_HWC: NDArray[np.float32], cells: int, covering: Size) -> Latent:
    height, width = (side // cells * cells for side in noise_HWC.shape[:2])
    latent = gathered(noise_HWC[:height, :width], cells)
    rows, columns = (np.arange(n) * have // n for n, have in zip(_grid(covering), latent.shape[1:], strict=True))
    return np.ascontiguousarray(latent[:, rows[:, None], columns])


def _grid(covering: Size) -> Size:
    return covering[0] // CELLS, covering[1] // CELLS


def _clip(sample: VoidSample) -> Path:
    sample.require()
    clip = sample.path(REMOVED)
    assert clip is not None  # noqa: S101
    return clip


def _grays(sample: VoidSample, size: Size) -> Iterator[Gray]:
    for picture in read_pictures(_clip(sample)):
        yield np.asarray(
            cv2.cvtColor(cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        )


_REMEDY = "Leave warped_noise_path empty, and it is made from the clip."
