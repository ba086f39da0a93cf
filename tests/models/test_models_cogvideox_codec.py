"""CogVideoX's codec: diffusers' own as the reference, how many frames come out, pieces, tiles, and what is refused."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLCogVideoX
from diffusers.models.upsampling import CogVideoXUpsample3D
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.models.codecs import cogvideox
from cleanplate.models.codecs.cogvideox import CogVideoXCodec, load
from cleanplate.models.codecs.protocol import Codec, Size, cut, fit
from cleanplate.models.codecs.tiles import shares, spans
from drawn_models import drawn_video as noise
from drawn_void import autoencoder
from refused_autoencoder import require_refused


def drawn_latents(frames: int, rows: int = 2, columns: int = 3) -> Tensor:
    return torch.randn(1, 4, frames, rows, columns, generator=torch.Generator().manual_seed(0))


def test_cogvideoxs_own_geometry() -> None:
    with torch.device("meta"):
        model = AutoencoderKLCogVideoX(scaling_factor=0.7)
    codec: Codec = CogVideoXCodec(model)
    assert (codec.name, codec.stride, codec.channels) == ("cogvideox", (4, 8, 8), 16)


@pytest.mark.parametrize("frames", [1, 5, 9, 13, 21])
def test_latents_are_diffusers_to_the_bit(frames: int) -> None:
    stock, codec = autoencoder(), CogVideoXCodec(autoencoder())
    video = noise(1, 3, frames, 16, 24)
    with torch.no_grad():
        theirs = stock.encode(video).latent_dist.mode() * 0.7
    assert torch.equal(codec.encode(video), theirs)


def recipe(model: AutoencoderKLCogVideoX, latents: Tensor, monkeypatch: pytest.MonkeyPatch) -> Tensor:
    """Decoding as the specification words it, on diffusers' own modules."""
    first = True

    def forward(layer: Any, x: Tensor) -> Tensor:
        if layer.compress_time:
            x = functional.interpolate(x[:, :, 0], scale_factor=2.0)[:, :, None] if first else _doubled(x)
        else:
            x = torch.stack([functional.interpolate(frame, scale_factor=2.0) for frame in x.unbind(2)], dim=2)
        frames: Tensor = torch.stack([layer.conv(frame) for frame in x.unbind(2)], dim=2)
        return frames

    monkeypatch.setattr(CogVideoXUpsample3D, "forward", forward)
    cache, made = None, []
    with torch.no_grad():
        for start, stop in ((0, 1), *((at, at + 2) for at in range(1, latents.shape[2], 2))):
            piece, cache = model.decoder(latents[:, :, start:stop] / 0.7, conv_cache=cache)
            made.append(piece)
            first = False
    return torch.cat(made, dim=2)


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 7])
def test_videos_are_decoded_by_the_published_recipe(frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    codec, latents = CogVideoXCodec(autoencoder()), drawn_latents(frames)
    expected = recipe(autoencoder(), latents, monkeypatch)
    assert expected.shape == (1, 3, 4 * (frames - 1) + 1, 16, 24)
    torch.testing.assert_close(codec.decode(latents), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("latents", "frames"), [(1, 1), (2, 5), (22, 85), (50, 197)])
def test_golden_frame_counts(latents: int, frames: int) -> None:
    codec = CogVideoXCodec(autoencoder())
    pieces = [piece.shape[2] for piece in codec.decoding(drawn_latents(latents, 1, 1))]
    assert sum(pieces) == frames
    assert set(pieces[:1]) | set(pieces[1:-1]) <= {1, 8}
    read = [piece.shape[2] for piece in codec.encoding(lambda start, stop: noise(1, 3, stop - start, 8, 8), frames)]
    assert sum(read) == latents


def test_nothing_is_shifted_where_diffusers_shifts() -> None:
    """An even number of latents gives diffusers three frames more, all at the beginning."""
    codec, latents = CogVideoXCodec(autoencoder()), drawn_latents(6, 4, 4)
    with torch.no_grad():
        stock = autoencoder().decode(latents / 0.7).sample
    ours = codec.decode(latents)
    assert (ours.shape[2], stock.shape[2]) == (21, 24)
    late, early = ((ours - stock[:, :, start : start + 21]).abs().mean() for start in (3, 0))
    assert late < early / 3


@pytest.mark.parametrize("size", [Size(1, 16, 24), Size(5, 9, 17), Size(7, 16, 16)])
def test_videos_of_any_size_come_back_at_their_size(size: Size) -> None:
    codec = CogVideoXCodec(autoencoder())
    video, before = fit(noise(1, 3, *size), codec.stride)
    assert tuple(cut(codec.decode(codec.encode(video)), before).shape[2:]) == tuple(size)


def test_a_size_that_does_not_fit_is_refused() -> None:
    codec = CogVideoXCodec(autoencoder())
    for size in ((4, 16, 16), (5, 15, 16)):
        with pytest.raises(ValueError, match="does not fit"):
            codec.encode(noise(1, 3, *size))


def test_two_clips_at_a_time_do_not_mix() -> None:
    codec = CogVideoXCodec(autoencoder())
    one, other = drawn_latents(5), drawn_latents(5).flip(3)
    alone = codec.decode(one)
    pieces = list(zip(codec.decoding(one), codec.decoding(other), strict=True))
    assert torch.equal(torch.cat([piece for piece, _ in pieces], dim=2), alone)
    assert torch.equal(torch.cat([piece for _, piece in pieces], dim=2), codec.decode(other))
    torch.testing.assert_close(codec.decode(torch.cat((one, other)))[:1], alone, rtol=0, atol=1e-5)


def test_a_second_codec_of_one_autoencoder_decodes_alike() -> None:
    model = autoencoder()
    expected = CogVideoXCodec(deepcopy(model)).decode(drawn_latents(4))
    CogVideoXCodec(model)
    assert torch.equal(CogVideoXCodec(model).decode(drawn_latents(4)), expected)


def test_every_frame_is_read_once_and_in_order() -> None:
    codec, video = CogVideoXCodec(autoencoder()), noise(1, 3, 37, 8, 8)
    asked: list[tuple[int, int]] = []

    def read(start: int, stop: int) -> Tensor:
        asked.append((start, stop))
        return video[:, :, start:stop]

    made = torch.cat([*codec.encoding(read, 37)], dim=2)
    assert (asked[0][0], asked[-1][1]) == (0, 37)
    assert all(before[1] == after[0] for before, after in pairwise(asked))
    assert max(stop - start for start, stop in asked) <= 15
    assert torch.equal(made, codec.encode(video))


def test_latents_may_lie_on_disk(tmp_path: Path) -> None:
    codec, latents = CogVideoXCodec(autoencoder()), drawn_latents(5)
    np.save(tmp_path / "latents.npy", latents.numpy())
    mapped = torch.from_numpy(np.load(tmp_path / "latents.npy", mmap_mode="r+"))
    assert torch.equal(codec.decode(mapped), codec.decode(latents))


def nbytes(left: object) -> int:
    if isinstance(left, dict):
        return sum(map(nbytes, left.values()))
    return left.untyped_storage().nbytes() if isinstance(left, Tensor) else 0


@pytest.mark.parametrize("tile", [None, 10])
def test_what_pieces_leave_does_not_grow(tile: int | None) -> None:
    model, turn = autoencoder(), cogvideox._Turn()
    cogvideox._adapt(model, turn)
    walk = cogvideox._Walk(model.decoder, (1, 8), tile)
    left: list[int] = []
    with torch.no_grad():
        for index in range(6):
            turn.first = index == 0
            walk.on(drawn_latents(1 if index == 0 else 2, 2, 12))
            left.append(nbytes(walk._left))
    assert len(set(left[1:])) == 1
    assert left[1] > 0


@given(length=st.integers(1, 200), tile=st.integers(9, 60), overlap=st.integers(0, 8), scale=st.sampled_from([1, 8]))
def test_tiles_cover_a_side_and_their_shares_are_one(length: int, tile: int, overlap: int, scale: int) -> None:
    places = spans(length, tile, overlap)
    assert (places[0].start, places[-1].stop) == (0, length)
    assert all(place.stop - place.start == min(tile, length) for place in places)
    assert all(before.stop - after.start >= overlap for before, after in pairwise(places))
    assert all(before.start < after.start for before, after in pairwise(places))
    total = torch.zeros(length * scale)
    for place, share in zip(places, shares(length, places, scale), strict=True):
        assert bool((share > 0).all())
        total[place.start * scale : place.stop * scale] += share
    torch.testing.assert_close(total, torch.ones(length * scale), rtol=0, atol=1e-6)


def test_a_tile_alone_shows_whole_and_fades_where_another_is() -> None:
    first, second = shares(12, [slice(0, 8), slice(4, 12)])
    assert first[:4].tolist() == [1, 1, 1, 1]
    assert second[4:].tolist() == [1, 1, 1, 1]
    assert all(before > after for before, after in pairwise(first[3:].tolist()))
    torch.testing.assert_close(first, second.flip(0), rtol=0, atol=1e-7)


class Blocks(nn.Module):
    """A coder that looks at no neighbours, so that tiles cannot show."""

    def forward(self, piece: Tensor, conv_cache: dict[str, Any] | None) -> tuple[Tensor, dict[str, Any]]:
        before = 0 if conv_cache is None else int(conv_cache["pieces"])
        made = functional.interpolate(piece, scale_factor=(1.0, 8.0, 8.0)) + before
        return made, {"pieces": torch.tensor(before + 1), "nothing": None}


def test_tiles_are_put_where_they_belong() -> None:
    whole, tiled = (cogvideox._Walk(Blocks(), (1, 8), tile) for tile in (None, 12))
    for _ in range(3):
        piece = drawn_latents(2, 25, 14)
        torch.testing.assert_close(tiled.on(piece), whole.on(piece), rtol=0, atol=1e-6)


def test_tiles_have_the_size_of_the_whole_and_small_pictures_have_none() -> None:
    whole, tiled = CogVideoXCodec(autoencoder()), CogVideoXCodec(autoencoder(), tile=80)
    small, large = noise(1, 3, 5, 16, 80), noise(1, 3, 5, 16, 136)
    assert torch.equal(tiled.encode(small), whole.encode(small))
    latents = tiled.encode(large)
    assert latents.shape == whole.encode(large).shape
    made, expected = tiled.decode(latents), whole.decode(latents)
    assert made.shape == large.shape
    difference = (made - expected).abs().mean()
    assert 0 < difference < 0.25 * expected.std()


def test_weights_are_loaded_from_a_folder(tmp_path: Path) -> None:
    autoencoder().save_pretrained(tmp_path / "vae")
    video, expected = noise(1, 3, 5, 16, 16), CogVideoXCodec(autoencoder())
    assert torch.equal(load(tmp_path / "vae").encode(video), expected.encode(video))
    half = load(tmp_path / "vae", torch.bfloat16)
    assert half.encode(video).dtype == half.decode(drawn_latents(2)).dtype == torch.float32


def test_other_weights_are_refused(tmp_path: Path) -> None:
    autoencoder().save_pretrained(tmp_path)
    require_refused(load, tmp_path, "decoder.conv_in.conv.bias")
