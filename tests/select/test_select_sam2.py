"""SAM 2 behind the protocol, on a tiny model with random weights: the plumbing and the memory, not the quality."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from select_scenes import draw

from cleanplate.errors import InputError, ResourceError
from cleanplate.masks.selection import Box, Click, Selection, Stroke
from cleanplate.media.clip import Clip
from cleanplate.progress import Silent
from cleanplate.select.sam2 import Sam2Segmenter, load_model

LEARNED = find_spec("torch") is not None and find_spec("transformers") is not None
needs_model = pytest.mark.skipif(not LEARNED, reason="torch and transformers are not installed")
SIDE = 64


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of SAM 2's structure, 64 pixels wide, seeded."""
    import torch
    from transformers import Sam2VideoConfig, Sam2VideoModel

    backbone = {
        "model_type": "sam2_hiera_det_model",
        "hidden_size": 8,
        "image_size": [SIDE, SIDE],
        "embed_dim_per_stage": [8, 16, 32, 64],
        "num_attention_heads_per_stage": [1, 2, 4, 8],
        "blocks_per_stage": [1, 2, 2, 1],
        "window_size_per_stage": [4, 4, 4, 4],
        "global_attention_blocks": [4],
        "window_positional_embedding_background_size": [4, 4],
    }
    sizes = [[SIDE // 4] * 2, [SIDE // 8] * 2, [SIDE // 16] * 2]
    config = Sam2VideoConfig(
        vision_config={
            "backbone_config": backbone,
            "backbone_channel_list": [64, 32, 16, 8],
            "backbone_feature_sizes": sizes,
            "fpn_hidden_size": 128,
        },
        prompt_encoder_config={"hidden_size": 128, "image_size": SIDE},
        mask_decoder_config={"hidden_size": 128, "mlp_dim": 32, "num_attention_heads": 2, "iou_head_hidden_dim": 16},
        image_size=SIDE,
        memory_attention_hidden_size=128,
        memory_attention_num_layers=1,
        memory_attention_feed_forward_hidden_size=32,
        memory_attention_rope_feat_sizes=[SIDE // 16] * 2,
        memory_encoder_hidden_size=128,
        memory_encoder_output_channels=64,
        mask_downsampler_embed_dim=128,
        memory_fuser_embed_dim=128,
        memory_fuser_intermediate_dim=32,
    )
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights")
    Sam2VideoModel(config).save_pretrained(folder)
    return folder


def scene_file(folder: Path, length: int) -> Path:
    return draw([(60 + 80 * n // length, 90) for n in range(length)]).write(folder / "clip.mkv")


@needs_model
@pytest.mark.slow
def test_every_frame_is_followed_both_ways_and_twice_alike(weights: Path, tmp_path: Path) -> None:
    path = scene_file(tmp_path, 14)
    selection = Selection(
        clicks=(Click(x=60, y=90, frame=5), Click(x=5, y=5, frame=9, positive=False)),
        boxes=(Box(x0=40, y0=60, x1=90, y1=120, frame=5),),
        strokes=(Stroke(points=((80, 90), (90, 92)), radius=3, frame=8),),
    )
    tracks = []
    for name in ("one", "two"):
        with Clip.open(path) as clip:
            out = tmp_path / f"{name}.track"
            tracks.append(Sam2Segmenter(weights, "cpu").segment(clip, selection, range(1, 13), out, Silent()))
    assert tracks[0].path.read_bytes() == tracks[1].path.read_bytes()
    assert set(tracks[0].frames) <= set(range(1, 13))
    assert tracks[0].frames
    assert ((tracks[0].confidence >= 0) & (tracks[0].confidence <= 1)).all()


@needs_model
@pytest.mark.slow
@pytest.mark.parametrize("backwards", [False, True])
def test_agrees_with_the_models_own_loop_over_the_whole_video(weights: Path, tmp_path: Path, backwards: bool) -> None:
    """Dropping what lies beyond the memory bank changes nothing: transformers' own loop keeps every frame."""
    import torch
    from transformers import Sam2VideoInferenceSession

    from cleanplate.select.footage import pictures
    from cleanplate.select.sam2 import _follow, _Memory, _pixels

    length, start = 24, 23 if backwards else 0
    with Clip.open(scene_file(tmp_path, length)) as clip:
        model = load_model(weights, "cpu")
        size = (clip.info.height, clip.info.width)
        selection = Selection(clicks=(Click(x=60, y=90, frame=start),))
        ours = {n: mask for n, mask, _ in _follow(_Memory(model, *size), clip, selection, range(length))}
        video = torch.cat([_pixels(p) for _, p in pictures(clip, range(length), (SIDE, SIDE))])
    session = Sam2VideoInferenceSession(video=video, video_height=size[0], video_width=size[1], dtype=torch.float32)
    point = torch.tensor([[[[60 * SIDE / size[1], 90 * SIDE / size[0]]]]])
    inputs = {"point_coords": point, "point_labels": torch.tensor([[[1]]], dtype=torch.int32)}
    session.add_point_inputs(session.obj_id_to_idx(1), start, inputs)
    session.obj_with_new_inputs = [1]
    with torch.inference_mode():
        model(inference_session=session, frame_idx=start)
        theirs = {
            out.frame_idx: torch.nn.functional.interpolate(out.pred_masks, size, mode="bilinear")[0, 0].numpy() > 0
            for out in model.propagate_in_video_iterator(session, start_frame_idx=start, reverse=backwards)
        }
    assert ours.keys() == theirs.keys()
    assert any(0.01 < mask.mean() < 0.99 for mask in theirs.values())
    differing = [np.mean(ours[n] != theirs[n]) for n in ours]
    assert max(differing) < 1e-3


MEASURE = """
import sys
from contextlib import contextmanager
from pathlib import Path
import psutil
from cleanplate.masks.selection import Click, Selection
from cleanplate.media.clip import Clip
from cleanplate.select.sam2 import Sam2Segmenter

class Watch:
    def __init__(self):
        self.resident = []

    @contextmanager
    def task(self, name, total=None):
        yield lambda advance=1: self.resident.append(psutil.Process().memory_info().rss)

path, weights, frame = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
watch = Watch()
with Clip.open(path) as clip:
    selection = Selection(clicks=(Click(x=60, y=90, frame=frame),))
    Sam2Segmenter(weights, "cpu").segment(clip, selection, range(len(clip)), path.with_name("a.track"), watch)
print(max(watch.resident[40:]) - watch.resident[40])
"""


@needs_model
@pytest.mark.slow
@pytest.mark.parametrize("frame", ["first", "last"])
def test_memory_is_equal_for_a_hundred_and_a_thousand_frames(weights: Path, tmp_path: Path, frame: str) -> None:
    """How far the resident memory of a process of its own rises after a warm-up of 40 frames."""
    grown = {}
    for length in (100, 1000):
        folder = tmp_path / str(length)
        folder.mkdir()
        path = scene_file(folder, length)
        index = 0 if frame == "first" else length - 1
        arguments = [sys.executable, "-c", MEASURE, str(path), str(weights), str(index)]
        answer = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
        grown[length] = int(answer.splitlines()[-1])
    # One frame's outputs take about 25 kB, so keeping them would show as 22 MB.
    assert abs(grown[1000] - grown[100]) < 6e6


@needs_model
@pytest.mark.slow
def test_weights_that_are_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no safetensors"):
        load_model(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="cannot be loaded"):
        load_model(tmp_path)


@pytest.mark.skipif(LEARNED, reason="torch and transformers are installed")
def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"cleanplate\[sam2\]"):
        load_model(tmp_path)
