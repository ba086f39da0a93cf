"""Where weights lie and how they get there: a hub on this machine, cut connections, hashes, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from cleanplate.errors import CleanplateError, InputError, ResourceError, UsageError
from cleanplate.models.catalogue import places
from cleanplate.models.catalogue.fetching import fetch, looked_up
from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.catalogue.verify import Verdict, verify
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.mixture.config import layered
from cleanplate.models.store.loading import save
from cleanplate.models.store.mixtures import codec_of, text_encoder_of, transformer_of
from cleanplate.models.weights import hub
from cleanplate.models.weights.digests import agrees, fingerprint, stated
from cleanplate.progress import Silent, Tick
from drawn_models import TINY, drawn, drawn_video, system_of, vera
from drawn_parts import write_parts
from drawn_wan import in_original_layout, wan
from small_hub import COMMIT, SmallHub, serving

WAN = "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"
WEIGHTS = "text_encoder/model.safetensors"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wan2.1's, in small, with more beside that nobody should fetch."""
    folder = write_parts(tmp_path_factory.mktemp("wan"))
    wan().save_pretrained(folder / "transformer", max_shard_size="60KB")
    torch.save({"a": torch.zeros(1)}, folder / "text_encoder" / "pytorch_model.bin")
    (folder / "README.md").write_text("# Wan", encoding="utf-8")
    (folder / "run.py").write_text("raise SystemExit", encoding="utf-8")
    return folder


@pytest.fixture
def small(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallHub]:
    """The hub, and an empty cache."""
    with serving(SmallHub({WAN: repository})) as served:
        monkeypatch.setattr(constants, "ENDPOINT", served.address)
        address = served.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address)
        monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 500)  # what is lost of a cut connection, else 10 MB
        monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path / "models"))
        yield served


def pull(name: str, to: Path | None = None) -> list[Path]:
    return [fetch(remote, Silent(), to) for remote in looked_up(name)]


def told(verdict: Verdict) -> str:
    return "\n".join(f"{finding.where}: {finding.what}" for finding in verdict.findings)


def test_only_what_a_model_needs_is_fetched(small: SmallHub, repository: Path) -> None:
    (folder,) = pull("vera-1.3b")
    fetched = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert fetched == small.fetched()
    assert {path.split("/")[0] for path in fetched} == {"transformer", "vae", "text_encoder", "tokenizer"}
    assert not {Path(path).suffix for path in fetched} - {".safetensors", ".json"}
    assert all((folder / path).read_bytes() == (repository / path).read_bytes() for path in fetched)


def test_licence_and_size_are_known_before_anything_is_fetched(small: SmallHub, repository: Path) -> None:
    (remote,) = looked_up("umt5-xxl")
    assert not small.asked
    assert (remote.repository, remote.revision, remote.licence) == (WAN, COMMIT, "apache-2.0")
    sizes = [(repository / file.path).stat().st_size for file in remote.files]
    assert remote.size == sum(sizes)
    assert {Path(file.path).parts[0] for file in remote.files} == {"text_encoder", "tokenizer"}


def test_what_is_here_is_not_fetched_again(small: SmallHub) -> None:
    pull("umt5-xxl")
    small.asked.clear()
    pull("umt5-xxl")
    assert not small.fetched()
    pull("vera-1.3b")
    assert {path.split("/")[0] for path in small.fetched()} == {"transformer", "vae"}


def test_a_cut_connection_is_taken_up_in_the_middle_of_the_file(small: SmallHub) -> None:
    small.cut[WEIGHTS] = 1000
    (folder,) = pull("umt5-xxl")
    assert [ranged for method, path, ranged in small.asked if (method, path) == ("GET", WEIGHTS)] == [
        *(None, "bytes=1000-")
    ]
    assert verify("umt5-xxl", Silent()).findings == ()
    assert folder.name == COMMIT


@pytest.mark.parametrize("inside", [True, False], ids=["cache", "folder"])
def test_a_later_run_goes_on_where_an_earlier_one_stopped(small: SmallHub, inside: bool, tmp_path: Path) -> None:
    to = None if inside else tmp_path / "mine"
    small.cut[WEIGHTS], small.silent = 1000, {WEIGHTS}
    with pytest.raises(ResourceError, match=r"connection to the hub failed.*goes on from here"):
        pull("umt5-xxl", to)
    if to:
        halves = verify(str(to), Silent())
        assert "files that have not arrived whole: 1" in told(halves)
    else:
        with pytest.raises(InputError, match=r"no safetensors|not on this machine"):
            text_encoder_of(system_of(vera()), None).encode(["a"])
    small.silent.clear()
    small.asked.clear()
    (folder,) = pull("umt5-xxl", to)
    assert [ranged for method, path, ranged in small.asked if (method, path) == ("GET", WEIGHTS)] == ["bytes=1000-"]
    verdict = verify(str(folder), Silent())
    assert (verdict.findings, verdict.unstated) == ((), ())
    assert not list(tmp_path.rglob("*.incomplete"))


@pytest.mark.parametrize("size", [1000, 1_000_000])
def test_the_beginning_of_another_file_does_no_harm(small: SmallHub, size: int, tmp_path: Path) -> None:
    partial = tmp_path / "mine" / f"{WEIGHTS}.incomplete"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"x" * size)
    if size == 1000:
        with pytest.raises(InputError, match="another hash"):
            pull("umt5-xxl", tmp_path / "mine")
    pull("umt5-xxl", tmp_path / "mine")
    assert not verify(str(tmp_path / "mine"), Silent()).findings


class Counted:
    """Progress that is added up."""

    def __init__(self) -> None:
        self.total, self.done = 0, 0

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Tick]:
        assert name == "Fetching someone/large (MB)"
        self.total = total or 0
        yield self._tick

    def _tick(self, advance: int = 1) -> None:
        assert advance >= 0
        self.done += advance


@pytest.mark.parametrize("cut", [False, True])
def test_progress_counts_megabytes_to_the_end(small: SmallHub, cut: bool, tmp_path: Path) -> None:
    (tmp_path / "large").mkdir()
    save_file({"a": torch.zeros(900_000)}, tmp_path / "large" / "model.safetensors")
    small.repositories["someone/large"] = tmp_path / "large"
    if cut:
        small.cut["model.safetensors"] = 2_000_000
    (remote,) = looked_up("someone/large")
    counted = Counted()
    folder = fetch(remote, counted)
    assert counted.total == counted.done == 4
    assert (folder / "model.safetensors").read_bytes() == (tmp_path / "large" / "model.safetensors").read_bytes()


def test_bytes_that_are_not_those_that_the_hub_states_are_thrown_away(small: SmallHub, tmp_path: Path) -> None:
    small.spoilt.add(WEIGHTS)
    with pytest.raises(InputError, match="another hash"):
        pull("umt5-xxl")
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith((".incomplete", "model.safetensors"))]
    small.spoilt.clear()
    pull("umt5-xxl")
    assert not verify("umt5-xxl", Silent()).findings


def test_a_file_that_changed_on_disk_is_found_and_fetched_again(small: SmallHub) -> None:
    (folder,) = pull("umt5-xxl")
    weights = folder / WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.resolve().write_bytes(content)
    assert "not those that the hub states" in told(verify("umt5-xxl", Silent()))
    pull("umt5-xxl")
    assert not verify("umt5-xxl", Silent()).findings


def test_unknown_and_unreachable_repositories_are_named(small: SmallHub, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"someone/else: the hub has no such repository"):
        looked_up("someone/else")
    with pytest.raises(UsageError, match="no model and no folder"):
        looked_up("vera")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ResourceError, match="connection to the hub failed"):
        looked_up("wan")


def test_a_repository_of_pickles_is_refused(small: SmallHub, tmp_path: Path) -> None:
    small.repositories["someone/pickles"] = tmp_path / "pickles"
    (tmp_path / "pickles").mkdir()
    torch.save({"a": torch.zeros(1)}, tmp_path / "pickles" / "model.pth")
    with pytest.raises(InputError, match=r"pickles and no safetensors \(model.pth\)"):
        looked_up("someone/pickles")


def test_a_repository_without_a_part_is_refused(small: SmallHub, tmp_path: Path) -> None:
    (tmp_path / "vae").mkdir()
    save_file({"a": torch.zeros(1)}, tmp_path / "vae" / "a.safetensors")
    small.repositories[WAN] = tmp_path
    with pytest.raises(InputError, match="this repository has no 'transformer'"):
        looked_up("vera-1.3b")


def test_names_that_lead_elsewhere_are_refused() -> None:
    from types import SimpleNamespace

    for path, digest in (("../a.safetensors", "0" * 40), ("/a.safetensors", "0" * 40), ("a.safetensors", "../x")):
        sibling = SimpleNamespace(rfilename=path, size=1, blob_id=digest, lfs=None)
        with pytest.raises(InputError, match="no file of a repository"):
            hub._file(sibling)


def system(text_dim: int = 12) -> System:
    config = layered(**TINY | {"text_dim": text_dim})
    return System(transformer=config, limits=Limits(frames=9, pixels=64 * 112, rate=12))


def test_parts_come_from_the_hubs_cache_or_from_beside_the_weights(
    small: SmallHub, repository: Path, tmp_path: Path
) -> None:
    model = drawn(system().transformer)
    save(model, system(), tmp_path / "mine")
    loaded, found = transformer_of(str(tmp_path / "mine"))
    assert found == system()
    assert all(torch.equal(loaded.state_dict()[name], weight) for name, weight in model.state_dict().items())
    with pytest.raises(InputError, match="cleanplate models pull wan"):
        codec_of(found, tmp_path / "mine")
    with pytest.raises(InputError, match="cleanplate models pull umt5-xxl"):
        text_encoder_of(found, tmp_path / "mine")
    pull("vera-1.3b")
    video = drawn_video(1, 3, 5, 16, 16)
    cached = codec_of(found, tmp_path / "mine").encode(video), text_encoder_of(found).encode(["a ball"]).tokens_BSD
    write_parts(tmp_path / "mine")
    places_before = places.part("umt5-xxl")
    assert places.part("umt5-xxl", tmp_path / "mine") != places_before
    beside = codec_of(found, tmp_path / "mine").encode(video), text_encoder_of(found, tmp_path / "mine")
    assert torch.equal(cached[0], beside[0])
    assert torch.equal(cached[1], beside[1].encode(["a ball"]).tokens_BSD)
    assert len(list((tmp_path / "models" / "prompts").iterdir())) == 1


def test_parts_that_do_not_fit_the_model_are_refused(small: SmallHub) -> None:
    pull("vera-1.3b")
    with pytest.raises(InputError, match="makes 12 channels; the model wants 20"):
        text_encoder_of(system(text_dim=20))
    other = system().model_copy(update={"stride": (2, 8, 8)})
    with pytest.raises(InputError, match=r"4 channels with a stride of \(4, 8, 8\)"):
        codec_of(other)


def test_nano_models_need_no_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path))
    config = layered(**TINY | {"text_dim": 384, "channels": 96})
    nano = System(transformer=config, codec="pixel", stride=(2, 4, 4), text="minilm", limits=Limits(frames=9))
    assert isinstance(codec_of(nano), PixelCodec)
    encoded = text_encoder_of(nano).encode(["add a red ball"])
    assert encoded.tokens_BSD.shape == (1, 128, 384)


def test_wan_is_no_editor(small: SmallHub, tmp_path: Path) -> None:
    save_file(in_original_layout(wan()), tmp_path / "wan.safetensors")
    (fetched,) = pull("wan2.1-t2v-1.3b")
    for name in ("wan2.1-t2v-1.3b", WAN, str(fetched), fetched / "transformer", str(tmp_path / "wan.safetensors")):
        with pytest.raises(InputError, match=r"makes videos from text.*cleanplate train vera.*--weights"):
            transformer_of(name)
    with pytest.raises(InputError, match=r"nobody has published.*cleanplate train vera.*--weights"):
        transformer_of("vera-1.3b")


@pytest.mark.parametrize(
    ("name", "error"), [("nonsense", UsageError), ("some/one", InputError), (Path("absent"), InputError)]
)
def test_names_of_nothing(name: str | Path, error: type[CleanplateError], small: SmallHub) -> None:
    with pytest.raises(error):
        transformer_of(name)


def test_digests_are_gits_and_sha256s(tmp_path: Path) -> None:
    """The empty file's, as git and sha256sum print them."""
    (tmp_path / "empty").write_bytes(b"")
    assert agrees(tmp_path / "empty", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
    assert agrees(tmp_path / "empty", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    assert not agrees(tmp_path / "empty", "0" * 40)
    assert stated(tmp_path / "empty") is None


def test_a_fingerprint_sees_every_stretch_of_a_large_file(tmp_path: Path) -> None:
    content = bytearray(6 << 20)
    path = tmp_path / "large"
    path.write_bytes(content)
    prints = {fingerprint([path])}
    for place in (0, len(content) // 2, len(content) - 1):
        changed = bytearray(content)
        changed[max(0, place - 100_000) : place + 100_000] = b"x" * len(
            changed[max(0, place - 100_000) : place + 100_000]
        )
        path.write_bytes(changed)
        prints.add(fingerprint([path]))
    assert len(prints) == 4


def test_a_whole_model_is_found_whole(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    save(vera(), system_of(vera()), folder, "20KB")
    write_parts(folder)
    verdict = verify(str(folder), Silent())
    assert verdict.findings == ()
    assert len(verdict.unstated) == verdict.files > 8


def _edited(path: Path, change: object) -> None:
    assert callable(change)
    weights = load_file(path)
    change(weights)
    save_file(weights, path, {"format": "pt"})


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("vae/diffusion_pytorch_model.safetensors", lambda w: w.pop("quant_conv.bias"), "lack quant_conv.bias"),
        (WEIGHTS, lambda w: w.update(more=torch.zeros(1)), "nothing in the model takes more"),
        ("model.safetensors", lambda w: w.pop("time_projection.bias"), "lack time_projection.bias"),
        (
            "model.safetensors",
            lambda w: w.update({"time_projection.bias": torch.zeros(3)}),
            "time_projection.bias is 3, the model wants 144",
        ),
    ],
)
def test_tensors_that_are_not_the_models_are_named(file: str, change: object, said: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    save(vera(), system_of(vera()), folder)
    write_parts(folder)
    _edited(folder / file, change)
    assert said in told(verify(str(folder), Silent()))


def test_pickles_and_halves_are_named(tmp_path: Path) -> None:
    write_parts(tmp_path)
    weights = tmp_path / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-10])
    vae = tmp_path / "vae/diffusion_pytorch_model.safetensors"
    torch.save({"a": torch.zeros(1)}, vae)
    (tmp_path / "tokenizer" / "tokenizer.json").unlink()
    said = told(verify(str(tmp_path), Silent()))
    assert "text_encoder: this is no whole file" in said
    assert "vae: these weights are a pickle" in said
    assert "tokenizer: no safetensors in this folder" in said


def test_a_fetched_wan_of_another_size_is_not_the_tables(small: SmallHub) -> None:
    (folder,) = pull("wan2.1-t2v-1.3b")
    assert not verify(str(folder), Silent()).findings
    said = told(verify("wan2.1-t2v-1.3b", Silent()))
    assert "the weights lack blocks." in said
    assert "patch_embedding.weight is 24x4x1x2x2, the model wants 1536x16x1x2x2" in said


def test_a_missing_shard_is_named(small: SmallHub) -> None:
    (folder,) = pull("wan2.1-t2v-1.3b")
    index = json.loads((folder / "transformer/diffusion_pytorch_model.safetensors.index.json").read_text("utf-8"))
    shard = sorted(set(index["weight_map"].values()))[1]
    (folder / "transformer" / shard).unlink()
    assert f"of the weights, {shard} is not there" in told(verify(str(folder), Silent()))
