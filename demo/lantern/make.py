"""The demo's simulated pair: a lantern hangs from a stand; without the stand it falls. Made once, and kept beside this.

The simulator has wheels for few machines and renders for half a minute, so the demo brings what it said along.
Run from the repository's root, with the extra `worlds`: python demo/lantern/make.py
"""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.families import sample
from cleanplate.worlds.moves import moves_of, rendered
from cleanplate.worlds.things import Things
from cleanplate.worlds.truth import gridded

HERE = Path(__file__).parent
FAMILY, SEED = "held", 900_008
"""No recipe trains on this seed, and it is no evaluation set's."""
HEIGHT, WIDTH = 256, 448


def main() -> None:
    """Write plate.mp4, truth.mp4 and answer.npz."""
    scene = sample(FAMILY, SEED)
    worlds = counterfactual(scene)
    views = rendered(scene, worlds, HEIGHT, WIDTH)
    pair, things = moves_of(scene, worlds, views), Things.of(scene, worlds, views)
    _write(HERE / "plate.mp4", pair.plate, round(scene.rate))
    _write(HERE / "truth.mp4", pair.truth, round(scene.rate))
    (lantern,) = things.places
    tracks = {
        "labels": pair.labels,
        "told": np.stack([gridded(frame) for frame in pair.labels]),
        "original": things.original == lantern,
        "altered": things.altered == lantern,
    }
    np.savez_compressed(HERE / "answer.npz", allow_pickle=False, ground=things.ground[0], **tracks)


def _write(path: Path, frames: NDArray[np.uint8], rate: int) -> None:
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as file:
        video = file.add_stream("libx264", rate=rate, options={"crf": "12", "preset": "slow"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame in frames:
            file.mux(video.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(video.encode(None))


if __name__ == "__main__":
    main()
