"""The autoencoder of the small models: frames by themselves, normalised latents, whole or no weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from cleanplate.errors import InputError
from cleanplate.models.catalogue import places
from cleanplate.models.catalogue.shipped import CODEC, FOLDER, WEIGHTS
from cleanplate.models.catalogue.small import vera_nano
from cleanplate.models.catalogue.table import model
from cleanplate.models.catalogue.verify import verify
from cleanplate.models.codecs.nano import NanoAutoencoder, NanoCodec, load, save
from cleanplate.models.codecs.protocol import Codec
from cleanplate.models.codecs.shape import Shape
from cleanplate.models.mixture.counting import size_of
from cleanplate.models.store.mixtures import codec_of
from cleanplate.progress import Silent
from drawn_models import drawn_video

SHAPE = Shape(channels=5, reading=12, drawing=(8, 6, 4))


def autoencoder() -> NanoAutoencoder:
    torch.manual_seed(0)
    return NanoAutoencoder(SHAPE).eval()


def test_every_frame_is_coded_by_itself() -> None:
    codec: Codec = NanoCodec(autoencoder())
    video = drawn_video(2, 3, 4, 16, 24)
    latents = codec.encode(video)
    assert latents.shape == (2, codec.channels, 4, 2, 3)
    again = codec.decode(latents)
    assert again.shape == video.shape
    torch.testing.assert_close(codec.encode(video[:, :, 2:3]), latents[:, :, 2:3])
    torch.testing.assert_close(codec.decode(latents[1:, :, :1]), again[1:, :, :1])


def test_a_size_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        NanoCodec(autoencoder()).encode(drawn_video(1, 3, 2, 12, 16))


def test_latents_are_normalised_by_what_was_measured() -> None:
    made, pictures = autoencoder(), drawn_video(6, 3, 1, 32, 32)[:, :, 0]
    raw = made.encode(pictures)
    made.measure(pictures)
    latents = made.encode(pictures)
    torch.testing.assert_close(latents.mean(dim=(0, 2, 3)), torch.zeros(5), rtol=0, atol=1e-5)
    torch.testing.assert_close(latents.std(dim=(0, 2, 3)), torch.ones(5), rtol=1e-4, atol=0)
    torch.testing.assert_close(made.decode(latents), made.draw(raw), rtol=0, atol=1e-5)


def test_what_was_saved_is_loaded_and_nothing_else(tmp_path: Path) -> None:
    made = autoencoder()
    save(made, tmp_path / "own")
    codec, video = load(tmp_path / "own"), drawn_video(1, 3, 2, 16, 16)
    torch.testing.assert_close(codec.encode(video), NanoCodec(made).encode(video), rtol=0, atol=5e-3)
    with pytest.raises(InputError, match="something else of this name"):
        save(made, tmp_path / "own")
    file = tmp_path / "own" / "model.safetensors"
    tensors = load_file(file)
    del tensors["mean"]
    save_file(tensors, file)
    with pytest.raises(InputError, match="lack mean"):
        load(tmp_path / "own")
    for config in ({"format": "other"}, {"format": "cleanplate-autoencoder-1", "shape": {"channels": 0}}):
        (tmp_path / "own" / "config.json").write_text(json.dumps(config))
        with pytest.raises(InputError, match="autoencoder"):
            load(tmp_path / "own")
    with pytest.raises(InputError, match="autoencoder"):
        load(tmp_path / "none")


def test_the_package_brings_the_codec_of_vera_nano() -> None:
    codec = codec_of(model("vera-nano").system)
    assert isinstance(codec, NanoCodec)
    weights = size_of(vera_nano().transformer).parameters + sum(
        part.numel() for part in NanoAutoencoder(Shape()).parameters()
    )
    assert weights <= 12_500_000


def test_the_packages_codec_is_verified_by_its_name() -> None:
    found = verify(CODEC, Silent())
    assert not found.findings
    assert str(FOLDER / CODEC / WEIGHTS) not in found.unstated
    with pytest.raises(InputError, match="came with this package"):
        places.sources(CODEC)


def test_the_packages_codec_draws_outlines_that_it_reads() -> None:
    """A disk of 20 pixels, as alpha: it has to come back where it was."""
    y, x = torch.meshgrid(torch.arange(64) + 0.5, torch.arange(64) + 0.5, indexing="ij")
    disks = torch.stack([(torch.hypot(x - middle, y - 30) < 10).float() for middle in (20.0, 31.0, 42.5)])
    codec = codec_of(model("vera-nano").system)
    again = codec.decode(codec.encode((disks * 2 - 1)[None, None].expand(1, 3, 3, 64, 64)))[0, 0] > 0
    shared = (again & (disks > 0.5)).sum(dim=(1, 2)) / (again | (disks > 0.5)).sum(dim=(1, 2))
    assert float(shared.min()) > 0.9


def test_a_codec_beside_the_weights_is_preferred_and_has_to_fit(tmp_path: Path) -> None:
    save(autoencoder(), tmp_path / "nano-codec")
    system = vera_nano(channels=5)
    assert codec_of(system, tmp_path).channels == 5
    with pytest.raises(InputError, match="5 channels"):
        codec_of(vera_nano(), tmp_path)
