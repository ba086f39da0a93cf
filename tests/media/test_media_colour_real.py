"""Pictures of real footage against FFmpeg's own scaler."""

import os
from pathlib import Path

import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from cleanplate.media.clip import Clip
from cleanplate.media.colour import luma8, picture, resolve
from cleanplate.media.repack import to_video_frame

DATA = Path(os.environ.get("CLEANPLATE_DATA", Path(__file__).parents[3] / "shared" / "data"))
CLIP = DATA / "void" / "ducky-float" / "input_video.mp4"
SWS_EXACT = Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND


@pytest.mark.real
@pytest.mark.skipif(not CLIP.exists(), reason="no real footage here")
def test_a_real_frame_looks_as_ffmpeg_shows_it() -> None:
    """Bilinear chroma at its true place on both sides; edges of colour differ by swscale's own rounding."""
    with Clip.open(CLIP) as clip:
        frame, info = clip.frame(20), clip.info
    tags = resolve(info.colour, info.format, info.height)
    theirs = to_video_frame(frame.planes, info.format, info.format.name).reformat(
        format="rgb24",
        src_colorspace=Colorspace.ITU709 if tags.matrix == "bt709" else Colorspace.ITU601,
        src_color_range=ColorRange.MPEG if tags.range == "limited" else ColorRange.JPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=SWS_EXACT,
    )
    difference = np.abs(picture(frame, info).astype(int) - theirs.to_ndarray(format="rgb24"))
    assert difference.mean() < 0.2
    assert np.percentile(difference, 99) <= 2
    small = picture(frame, info, (info.height // 4, info.width // 4)).astype(float)
    gray = luma8(frame, info, (info.height // 4, info.width // 4))
    weights = np.array([0.2126, 0.7152, 0.0722] if tags.matrix == "bt709" else [0.299, 0.587, 0.114])
    assert np.abs(small @ weights - gray).mean() < 1
