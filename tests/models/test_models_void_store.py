"""VOID by name: from a hub, a folder or a file to what runs; what is fetched, verified and refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from cleanplate.errors import InputError, UsageError
from cleanplate.models.catalogue import places
from cleanplate.models.catalogue import verify as verifying
from cleanplate.models.catalogue.fetching import fetch, looked_up
from cleanplate.models.catalogue.verify import Verdict, verify
from cleanplate.models.catalogue.voids import VOIDS
from cleanplate.models.store import void as store
from cleanplate.models.store.void import codec_of, text_encoder_of, transformer_of, weights_of
from cleanplate.progress import Silent
from drawn_models import drawn_video
from drawn_void import CONFIG, autoencoder, transformer, weights, write_parts, write_passes, write_void
from small_hub import SmallHub, serving

VOID, BASE = "netflix/void-model", "alibaba-pai/CogVideoX-Fun-V1.5-5b-InP"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_void(tmp_path_factory.mktemp("void"))


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallHub]:
    """The hub with both repositories, in small, an empty cache, and a table that tells their geometry."""
    passes, parts = write_passes(tmp_path / "hub" / "void"), write_parts(tmp_path / "hub" / "base")
    (passes / "mask_reasoner.safetensors").write_bytes(b"another model")
    transformer().save_pretrained(parts / "transformer")
    tiny = {"void-5b": replace(VOIDS["void-5b"], config=CONFIG)}
    for module in (places, store, verifying):
        monkeypatch.setattr(module, "VOIDS", tiny)
    with serving(SmallHub({VOID: passes, BASE: parts})) as served:
        monkeypatch.setattr(constants, "ENDPOINT", served.address)
        address = served.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address)
        monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path / "models"))
        yield served


def pull(name: str, to: Path | None = None) -> list[Path]:
    return [fetch(remote, Silent(), to) for remote in looked_up(name)]


def told(verdict: Verdict) -> str:
    return "\n".join(f"{finding.where}: {finding.what}" for finding in verdict.findings)


def same(model: torch.nn.Module, number: int) -> bool:
    state = model.state_dict()
    return all(torch.equal(state[name], tensor) for name, tensor in weights(number).items())


def test_what_is_fetched_is_whole_and_runs(small: SmallHub) -> None:
    with pytest.raises(InputError, match=r"void_pass1\.safetensors is not on this machine.*models pull void-5b"):
        transformer_of("void-5b", 1)
    pull("void-5b")
    fetched = {path.split("/")[0] for path in small.fetched()}
    assert fetched == {"void_pass1.safetensors", "void_pass2.safetensors", "vae", "text_encoder", "tokenizer"}
    verdict = verify("void-5b", Silent())
    assert (verdict.findings, verdict.unstated) == ((), ())
    assert all(same(transformer_of("void-5b", number), number) for number in (1, 2))
    where = weights_of("void-5b", 1).parent
    assert codec_of(where, CONFIG).encode(drawn_video(1, 3, 1, 8, 8)).shape == (1, 4, 1, 1, 1)
    assert text_encoder_of(where, CONFIG).encode(["a ball"]).tokens_BSD.shape == (1, 226, CONFIG.text_dim)
    small.asked.clear()
    pull("void-5b")
    assert not small.fetched()


def test_a_repository_without_a_pass_is_refused(small: SmallHub) -> None:
    (small.repositories[VOID] / "void_pass2.safetensors").unlink()
    with pytest.raises(InputError, match=r"has no 'void_pass2\.safetensors'"):
        looked_up("void-5b")


def test_the_published_geometry_is_demanded_of_what_has_the_published_name(
    small: SmallHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull("void-5b")
    for module in (store, verifying):
        monkeypatch.setattr(module, "VOIDS", VOIDS)
    with pytest.raises(InputError, match=r"the weights lack transformer_blocks\.10\."):
        transformer_of("void-5b", 1)
    assert "the weights lack transformer_blocks.10." in told(verify("void-5b", Silent()))


def test_a_folder_of_ones_own(folder: Path) -> None:
    assert all(same(transformer_of(str(folder), number), number) for number in (1, 2))
    assert same(transformer_of(folder / "void_pass1.safetensors", 2), 2)
    assert transformer_of(folder, 1, torch.bfloat16).dtype == torch.bfloat16
    assert not verify(str(folder), Silent()).findings
    video = drawn_video(1, 3, 5, 8, 8)
    assert codec_of(folder, CONFIG).encode(video).shape[1] == autoencoder().config.latent_channels
    with pytest.raises(InputError, match=r"makes 4 channels with a stride of \(4, 8, 8\); the model wants 16"):
        codec_of(folder)


def test_passes_in_folders_and_a_first_pass_alone(tmp_path: Path) -> None:
    for number in (1, 2):
        transformer(seed=number).save_pretrained(tmp_path / "mine" / f"pass{number}", max_shard_size="30KB")
    assert all(same(transformer_of(tmp_path / "mine", number), number) for number in (1, 2))
    transformer(seed=1).save_pretrained(tmp_path / "one" / "transformer")
    save_file(weights(1), tmp_path / "trained.safetensors")
    for alone in (tmp_path / "one", tmp_path / "one" / "transformer", tmp_path / "trained.safetensors"):
        assert same(transformer_of(alone, 1), 1)
        with pytest.raises(InputError, match=r"no weights of pass 2 here.*void_pass2"):
            transformer_of(alone, 2)


def test_several_weights_of_a_pass_are_refused(tmp_path: Path) -> None:
    write_passes(tmp_path)
    save_file(weights(1), tmp_path / "void_pass1_half.safetensors")
    with pytest.raises(InputError, match=r"several weights of pass 1: void_pass1\.safetensors, void_pass1_half"):
        weights_of(tmp_path, 1)
    assert weights_of(tmp_path, 2).name == "void_pass2.safetensors"
    with pytest.raises(UsageError, match="void-5b"):
        weights_of("void", 1)


def test_faults_in_a_folder_are_found(tmp_path: Path) -> None:
    write_void(tmp_path)
    broken = weights(2)
    broken.pop("proj_out.bias")
    save_file(broken, tmp_path / "void_pass2.safetensors")
    vae = tmp_path / "vae" / "diffusion_pytorch_model.safetensors"
    vae.write_bytes(vae.read_bytes()[:-8])
    found = told(verify(str(tmp_path), Silent()))
    assert "void_pass2.safetensors: the weights lack proj_out.bias" in found
    assert "no whole file of safetensors" in found
    assert "void_pass1" not in found
