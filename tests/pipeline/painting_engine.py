"""An engine that paints noise over all that may change: fast, and nothing like the plate, so that every leak shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.edit.layer import LayerWriter, layer_format
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.masks.labels import changed
from cleanplate.pipeline.machine import Machine
from cleanplate.pipeline.protocols import Generated, Plan, Scene
from cleanplate.progress import Progress


class PaintingEngine:
    """Noise with a noisy matte, up to the very edge of the permitted region."""

    name = "paint"

    def plan(self, edit: Any, scene: Scene, machine: Machine, seed: int) -> Plan:
        assert scene.quadmask is not None
        frames = scene.quadmask.changed_frames
        return Plan(self.name, (range(frames[0], frames[-1] + 1),), 0.0, 1, 1, {"seed": seed})

    def generate(self, plan: Plan, scene: Scene, folder: Path, progress: Progress) -> Generated:
        quadmask = scene.quadmask
        assert quadmask is not None
        with LayerWriter(folder, scene.clip.info) as writer:
            for number in plan.windows[0]:
                if quadmask.box_of_change(number) is not None:
                    rng = np.random.default_rng([plan.parameters["seed"], number])
                    writer.write(number, [_noise(scene, changed(quadmask.at(number)), rng)])
            return Generated(writer.close())


def _noise(scene: Scene, region: np.ndarray, rng: np.random.Generator) -> Patch:
    fmt = layer_format(scene.clip.info.format)
    alpha = rng.integers(1, ALPHA_PEAK, region.shape, dtype=np.uint16, endpoint=True)
    alpha[rng.random(region.shape) < 0.3] = ALPHA_PEAK
    alpha[~region] = 0
    shape = (*region.shape, fmt.components)
    colour: Any = rng.random(shape) if fmt.is_float else rng.integers(0, fmt.peak, shape, endpoint=True)
    return Patch(0, 0, colour.astype(fmt.dtype), alpha)
