"""What is said of time on a processor, against a real run: of the transformer by default, of the codec where asked."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import torch
from diffusers import AutoencoderKLCogVideoX, CogVideoXTransformer3DModel
from torch.utils.flop_counter import FlopCounterMode

from cleanplate.models.codecs.cogvideox import CogVideoXCodec
from cleanplate.models.running.speed import GUESSED, speed
from cleanplate.models.void.config import VoidConfig
from cleanplate.models.void.footprint import DECODING, ENCODING, Calls, work
from cleanplate.models.void.rotary import rotary

FACTOR = 2.0
"""By which a real run may take longer or shorter than is said, other programs beside it."""
WINDOW = (4, 16, 24)


def taken(run: Callable[[], object]) -> float:
    """Seconds of the processor; the less of two goes."""
    times = []
    with torch.inference_mode():
        for _ in range(2):
            start = time.process_time()
            run()
            times.append(time.process_time() - start)
    return min(times)


def test_a_processor_is_measured_once_and_an_accelerator_guessed() -> None:
    found = speed("cpu")
    assert found.measured
    assert speed("cpu") is found
    assert min(found.linear, found.attention, found.convolution) > 1e8
    assert speed("cuda") == GUESSED["cuda"]
    assert not speed("cuda").measured


def test_without_torch_it_is_a_guess() -> None:
    code = "import sys; sys.modules['torch'] = None; from cleanplate.models.running.speed import speed"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print(speed('cpu').measured)"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_the_transformer_takes_what_was_said() -> None:
    config = VoidConfig(heads=8, layers=4, text_dim=64)
    torch.manual_seed(0)
    model = CogVideoXTransformer3DModel(**config.arguments).eval()
    noisy, text = torch.randn(1, WINDOW[0], config.in_channels, *WINDOW[1:]), torch.randn(1, config.tokens, 64)
    places, when = rotary(config, *WINDOW, "cpu"), torch.tensor([500])
    real = taken(lambda: model(noisy, text, when, image_rotary_emb=places, return_dict=False))
    (linear, attention), rate = work(config, Calls(WINDOW)), speed("cpu")
    said = linear / rate.linear + attention / rate.attention
    assert 1 / FACTOR < real / said < FACTOR


def test_the_codecs_work_is_counted() -> None:
    """Torch's own count, of a piece of eight frames in the published geometry."""
    with torch.device("meta"), torch.no_grad():
        codec, pixels = AutoencoderKLCogVideoX(latent_channels=16).eval(), 8 * 64 * 64
        with FlopCounterMode(display=False) as counter:
            codec.encoder(torch.empty(1, 3, 8, 64, 64))
        assert counter.get_total_flops() == ENCODING * pixels
        with FlopCounterMode(display=False) as counter:
            codec.decoder(torch.empty(1, 16, 2, 8, 8))
        assert counter.get_total_flops() == DECODING * pixels


@pytest.mark.slow
def test_the_codec_takes_the_time_that_was_said() -> None:
    codec, latents = CogVideoXCodec(AutoencoderKLCogVideoX(latent_channels=16).eval()), torch.zeros(1, 16, 3, 4, 8)
    pixels, rate = 9 * 32 * 64, speed("cpu")
    video = torch.zeros(1, 3, 1, 32, 64)
    encoding = taken(lambda: [*codec.encoding(lambda a, b: video.expand(-1, -1, b - a, -1, -1), 9)])
    decoding = taken(lambda: [*codec.decoding(latents)])
    assert 1 / FACTOR < encoding / (pixels * ENCODING / rate.convolution) < FACTOR
    assert 1 / FACTOR < decoding / (pixels * DECODING / rate.convolution) < FACTOR
