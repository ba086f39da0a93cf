"""One pass over the frames that matter: small pictures, small roles, and the camera's path through them.

The pictures lie in memory-mapped files, so memory does not grow with the number of frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.footage import FREE, Footage, shrink_roles, survey_size
from cleanplate.files import reserve
from cleanplate.motion.camera import estimate_homography
from cleanplate.motion.warp import Homography, warp_homography
from cleanplate.progress import Tick

_CUT_SUPPORT = 0.25
_CUT_DIFFERENCE = 25.0
_GROW = 2
"""Small pixels around whatever may change that have no say in the camera's motion."""


@dataclass(frozen=True)
class Survey:
    """Frames first .. first + N - 1 on the survey grid.

    Attributes:
        grays, roles: N x h x w uint8, memory-mapped.
        path: N x 3 x 3, sends points of the first frame to each; starts anew after a cut.
        scene: N ints, one more after each cut.
        scale: (y, x) size of the plate over the survey's.
    """

    first: int
    grays: NDArray[np.uint8]
    roles: NDArray[np.uint8]
    path: NDArray[np.float64]
    scene: NDArray[np.int64]
    scale: tuple[float, float]

    @property
    def frames(self) -> range:
        return range(self.first, self.first + len(self.grays))

    def gray(self, frame: int) -> NDArray[np.uint8]:
        return np.asarray(self.grays[frame - self.first])

    def role(self, frame: int) -> NDArray[np.uint8]:
        return np.asarray(self.roles[frame - self.first])

    def same_scene(self, a: int, b: int) -> bool:
        return bool(self.scene[a - self.first] == self.scene[b - self.first])

    def guess(self, target: int, source: int) -> Homography:
        """Sends points of `target` to `source` along the chain of neighbours, in survey pixels."""
        matrix = self.path[source - self.first] @ np.linalg.inv(self.path[target - self.first])
        return np.asarray(matrix / matrix[2, 2])


def usable(roles: NDArray[np.uint8], grow: int = _GROW) -> NDArray[np.bool_]:
    """Where nothing may change, less a rim of `grow` pixels."""
    side = 2 * grow + 1
    return np.asarray(cv2.dilate((roles > FREE).astype(np.uint8), np.ones((side, side), np.uint8)) == 0)


def make_survey(footage: Footage, frames: range, folder: Path, tick: Tick) -> Survey:
    """Look at `frames` once, in order, writing into `folder`; a survey that is already whole is taken as it is."""
    size = survey_size(footage.height, footage.width)
    stem = f"survey-{frames.start:08d}-{frames.stop:08d}"
    grays, roles, path = (folder / f"{stem}.{part}.npy" for part in ("grays", "roles", "path"))
    if not path.exists():
        _look(footage, frames, size, grays=grays, roles=roles, path=path, tick=tick)
    else:
        tick(len(frames))
    stored = np.load(path)
    return Survey(
        frames.start,
        np.load(grays, mmap_mode="r"),
        np.load(roles, mmap_mode="r"),
        stored[:, :9].reshape(-1, 3, 3),
        stored[:, 9].astype(np.int64),
        (footage.height / size[0], footage.width / size[1]),
    )


def _mapped(path: Path, shape: tuple[int, ...]) -> np.memmap[Any, np.dtype[np.uint8]]:
    """A uint8 array in a file whose room on the disk is taken."""
    mapped = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
    reserve(path, mapped.offset + mapped.nbytes)
    return mapped


def _look(
    footage: Footage, frames: range, size: tuple[int, int], *, grays: Path, roles: Path, path: Path, tick: Tick
) -> None:
    shape = (len(frames), *size)
    gray_file, role_file = _mapped(grays, shape), _mapped(roles, shape)
    rows = np.zeros((len(frames), 10))
    total, scene = np.eye(3), 0
    for n, gray in enumerate(footage.grays(frames)):
        gray_file[n] = gray
        role_file[n] = shrink_roles(footage.roles(frames[n]), size)
        if n:
            step = _step(gray_file[n - 1], gray_file[n], role_file[n - 1], role_file[n])
            total = np.eye(3) if step is None else step @ total / (step @ total)[2, 2]
            scene += step is None
        rows[n, :9], rows[n, 9] = total.ravel(), scene
        tick()
    gray_file.flush()
    role_file.flush()
    # The path is written last, under its final name at once: it marks the survey as whole.
    partial = path.with_name(path.stem + ".partial.npy")
    np.save(partial, rows)
    partial.replace(path)


def _step(
    a: NDArray[np.uint8], b: NDArray[np.uint8], roles_a: NDArray[np.uint8], roles_b: NDArray[np.uint8]
) -> Homography | None:
    """Camera motion between neighbours, or None over a cut."""
    motion = estimate_homography(a, b, usable_a=usable(roles_a), usable_b=usable(roles_b))
    if motion.support >= _CUT_SUPPORT:
        return motion.matrix
    difference = cv2.absdiff(a, warp_homography(b, motion.matrix, a.shape))
    return None if float(np.median(difference)) > _CUT_DIFFERENCE else np.eye(3)
