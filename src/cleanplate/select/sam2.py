"""SAM 2 (Ravi et al., 2024) behind the segmenter protocol, by transformers' video model.

Frames are fed one at a time, and what lies further back than the memory bank reaches is dropped after each, so memory
does not grow with the clip. The model's inputs are built here, since its processors want torchvision.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError, missing_extra
from cleanplate.masks.selection import Selection
from cleanplate.masks.track import Mask, Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.progress import Progress
from cleanplate.select.absence import OUT_OF_SIGHT, absence_confidence
from cleanplate.select.footage import picture_at, pictures
from cleanplate.select.prompts import check_selection, has_positive, points_along

if TYPE_CHECKING:
    import torch

DEFAULT_WEIGHTS = "facebook/sam2.1-hiera-base-plus"
_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32)
"""Of ImageNet, in R'G'B' of 0..1; the statistics that SAM 2 was trained with."""
_OBJECT = 1
_NEGATIVE, _POSITIVE, _BOX_START, _BOX_END = 0, 1, 2, 3
"""The prompt encoder's labels of points."""


class Sam2Segmenter:
    """Implements `pipeline.protocols.Segmenter`.

    Args:
        weights: a folder with config.json and safetensors, or a repository of the Hugging Face hub.
        device: torch device; None takes CUDA where there is one.
    """

    name = "sam2"

    def __init__(self, weights: str | Path = DEFAULT_WEIGHTS, device: str | None = None) -> None:
        self._weights, self._device = weights, device

    def segment(self, clip: Clip, selection: Selection, frames: range, out: Path, progress: Progress) -> Track:
        """See the protocol. Also raises ResourceError without torch, and InputError for weights that do not load."""
        height, width = clip.info.height, clip.info.width
        check_selection(selection, height, width, frames)
        memory = _Memory(load_model(self._weights, self._device), height, width)
        with (
            progress.task(f"Following {selection.name}", total=len(frames)) as tick,
            TrackWriter(out, name=selection.name, length=len(clip), height=height, width=width) as writer,
        ):
            for index, mask, confidence in _follow(memory, clip, selection, frames):
                writer.write(index, mask, confidence)
                tick()
        return Track(out)


def load_model(weights: str | Path, device: str | None = None) -> Any:
    """The video model in evaluation mode. A folder is read without any network; only safetensors are accepted.

    Raises:
        ResourceError: torch or transformers is not installed.
        InputError: no such weights.
    """
    try:
        import torch
        from safetensors import SafetensorError
        from transformers import Sam2VideoModel
    except ImportError as error:
        raise missing_extra(error.name or "transformers", "sam2") from error
    folder = Path(weights)
    local = isinstance(weights, Path) or folder.exists()
    if local and not any(folder.glob("*.safetensors")):
        raise InputError("no safetensors in the folder of weights", where=str(weights), remedy="Name another folder.")
    try:
        model = Sam2VideoModel.from_pretrained(weights, use_safetensors=True, local_files_only=local)
    except (OSError, ValueError, SafetensorError) as error:
        raise InputError(
            "SAM 2's weights cannot be loaded", where=str(weights), remedy="Name a folder or a hub repository of SAM 2."
        ) from error
    return model.eval().to(device or ("cuda" if torch.cuda.is_available() else "cpu"))


def _follow(memory: _Memory, clip: Clip, selection: Selection, frames: range) -> Iterator[tuple[int, Mask, float]]:
    """Every frame once: onwards from the first that says where the object is, then back from it."""
    size = (memory.side, memory.side)
    # Frames that only say where the object is not mean nothing to the model before it has seen the object.
    prompted = sorted(selection.frames, key=lambda n: (not has_positive(selection.on(n)), n))
    for index in prompted:
        memory.prompt(index, picture_at(clip, index, size), selection.on(index))
    first = prompted[0]
    for order in (range(first, frames.stop), range(first - 1, frames.start - 1, -1)):
        memory.forget()
        for index, picture in pictures(clip, order, size):
            yield index, *memory.track(index, picture, backwards=order.step < 0)


class _Memory:
    """One object's inference session, kept to what the model still looks at."""

    def __init__(self, model: Any, height: int, width: int) -> None:
        from transformers import Sam2VideoInferenceSession

        self._model, self._height, self._width = model, height, width
        self.side = int(model.config.image_size)
        self._reach = max(model.config.num_maskmem, model.config.max_object_pointers_in_encoder)
        self._session = Sam2VideoInferenceSession(
            video_height=height, video_width=width, inference_device=model.device, dtype=model.dtype
        )
        self._object = self._session.obj_id_to_idx(_OBJECT)
        self._last_seen: Mask | None = None

    def prompt(self, index: int, picture: NDArray[np.uint8], selection: Selection) -> None:
        """Condition on one frame's inputs."""
        import torch

        points, labels = _points(selection)
        scale = np.array([self.side / self._width, self.side / self._height])
        coordinates = torch.tensor(np.array(points) * scale, dtype=torch.float32)[None, None]
        inputs = {"point_coords": coordinates, "point_labels": torch.tensor(labels, dtype=torch.int32)[None, None]}
        self._session.add_point_inputs(self._object, index, inputs)
        self._session.obj_with_new_inputs = [_OBJECT]
        self._infer(index, picture, backwards=False)

    def track(self, index: int, picture: NDArray[np.uint8], *, backwards: bool) -> tuple[Mask, float]:
        """The mask on the plate's grid, and its confidence: the belief that the object shows, times stability."""
        output = self._infer(index, picture, backwards=backwards)
        self._drop_beyond(index)
        logits = output.pred_masks[0, 0].float().cpu().numpy()
        shows = float(output.object_score_logits.float().sigmoid().flatten()[0])
        mask = cv2.resize(logits, (self._width, self._height), interpolation=cv2.INTER_LINEAR) > 0
        if not mask.any():
            return mask, OUT_OF_SIGHT if self._last_seen is None else absence_confidence(self._last_seen)
        self._last_seen = mask
        return mask, shows * _stability(logits)

    def forget(self) -> None:
        """Drop all but the conditioning frames, to set out in another direction."""
        self._session.output_dict_per_obj[self._object]["non_cond_frame_outputs"].clear()
        self._session.frames_tracked_per_obj[self._object].clear()
        self._last_seen = None

    def _infer(self, index: int, picture: NDArray[np.uint8], *, backwards: bool) -> Any:
        import torch

        with torch.inference_mode():
            output = self._model(
                inference_session=self._session, frame=_pixels(picture), frame_idx=index, reverse=backwards
            )
        self._session.processed_frames.clear()
        return output

    def _drop_beyond(self, index: int) -> None:
        """Forget outputs that no later frame of this direction will look at; of the others, the pictures of masks."""
        outputs = self._session.output_dict_per_obj[self._object]["non_cond_frame_outputs"]
        tracked = self._session.frames_tracked_per_obj[self._object]
        for old in [n for n in outputs if abs(n - index) >= self._reach]:
            del outputs[old]
        for old in [n for n in tracked if abs(n - index) >= self._reach]:
            del tracked[old]
        for kept in outputs.values():
            kept.pop("high_res_masks", None)
            kept.pop("pred_masks", None)


def _points(selection: Selection) -> tuple[list[tuple[float, float]], list[int]]:
    """One frame's inputs as the prompt encoder's points and labels; a box is two points, and goes first."""
    points: list[tuple[float, float]] = []
    labels: list[int] = []
    for box in selection.boxes:
        points += [(box.x0, box.y0), (box.x1, box.y1)]
        labels += [_BOX_START, _BOX_END]
    for click in selection.clicks:
        points.append((click.x, click.y))
        labels.append(_POSITIVE if click.positive else _NEGATIVE)
    for stroke in selection.strokes:
        along = points_along(stroke)
        points += along
        labels += [_POSITIVE if stroke.positive else _NEGATIVE] * len(along)
    return points, labels


def _pixels(picture: NDArray[np.uint8]) -> torch.Tensor:
    """1 x 3 x side x side, normalised."""
    import torch

    normal = (picture.astype(np.float32) / 255 - _MEAN) / _DEVIATION
    return torch.from_numpy(np.ascontiguousarray(normal.transpose(2, 0, 1))[None])


def _stability(logits: NDArray[np.float32]) -> float:
    """Overlap of the masks at a low and at a high threshold (SAM's stability score), 0..1."""
    return float((logits > 1).sum()) / max(int((logits > -1).sum()), 1)
