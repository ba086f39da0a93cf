"""``cleanplate models``: what it prints, for people and for machines, and how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import cli, names_in, process

from cleanplate.models.catalogue.flows import FLOWS
from cleanplate.models.catalogue.shipped import SHIPPED
from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.catalogue.table import MODELS, PARTS
from cleanplate.models.catalogue.voids import VOIDS
from cleanplate.models.catalogue.written import write_config
from cleanplate.models.mixture.config import layered
from cleanplate.models.store.loading import save
from drawn_models import TINY, drawn
from drawn_parts import write_parts
from drawn_wan import wan
from small_hub import COMMIT, SmallHub, serving

WAN = "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"
SYSTEM = System(transformer=layered(**TINY), limits=Limits(frames=9, pixels=64 * 112, rate=12))


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallHub]:
    repository = write_parts(tmp_path / "wan")
    wan().save_pretrained(repository / "transformer")
    with serving(SmallHub({WAN: repository})) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path / "models"))
        yield served


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    save(drawn(SYSTEM.transformer), SYSTEM, tmp_path / "mine")
    return tmp_path / "mine"


def test_the_list_has_every_row_and_needs_no_torch() -> None:
    hidden = "import sys; sys.modules.update(dict.fromkeys(('torch', 'transformers', 'diffusers', 'huggingface_hub')));"
    code = f"{hidden} from cleanplate.cli.main import app; app(['models', 'list', '--json'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    listed = json.loads(done.stdout)
    assert [row["name"] for row in listed["models"]] == list(dict.fromkeys([*MODELS, *VOIDS, *SHIPPED, *FLOWS]))
    assert [part["name"] for part in listed["parts"]] == list(PARTS)
    assert all(row["licence"] in ("Apache-2.0", "BSD-3-Clause") for row in listed["models"])
    assert "vera-14b" in cli("models", "list").output


@pytest.mark.parametrize(
    ("package", "command", "extra"),
    [
        ("torch", ["info", "vera-1.3b"], "learned"),
        ("torch", ["verify", "mine"], "learned"),
        ("torch", ["convert", "mine", "out"], "learned"),
        ("huggingface_hub", ["pull", "vera-1.3b"], "hub"),
    ],
)
def test_without_a_package_its_extra_is_named(package: str, command: list[str], extra: str, mine: Path) -> None:
    code = (
        f"import sys; sys.modules['{package}'] = None; from cleanplate.cli.main import app; app({['models', *command]})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60, cwd=mine.parent
    )
    assert done.returncode == 5
    assert f"cleanplate[{extra}]" in done.stderr


def test_what_was_not_fetched_is_not_verified(small: SmallHub) -> None:
    for name in ("vera-1.3b", "umt5-xxl"):
        done = cli("models", "verify", name)
        assert done.exit_code == 3
        assert f"cleanplate models pull {name}" in done.stderr


@pytest.mark.parametrize(("name", "parameters"), [("vera-1.3b", 3_922_652_352), ("vera-14b", 38_206_520_512)])
def test_info_counts_the_published_sizes(name: str, parameters: int) -> None:
    told = json.loads(cli("models", "info", name, "--json").output)
    assert told["parameters"] == parameters
    assert sum(told["by_branch"].values()) == parameters
    assert {"edit", "alpha", "composite", "shared"} == set(told["by_branch"])
    assert (told["licence"], told["codec"]["name"], told["text_encoder"]["name"]) == ("Apache-2.0", "wan", "umt5-xxl")
    assert told["limits"]["frames"] == 49
    assert f"{parameters:,}" in cli("models", "info", name).output


def test_info_of_void_counts_each_pass() -> None:
    told = json.loads(cli("models", "info", "void-5b", "--json").output)
    assert (told["parameters"], len(told["tensors"])) == (5_571_462_784, 1024)
    assert (told["codec"]["name"], told["text_encoder"]["name"]) == ("cogvideox", "t5-xxl")
    shown = cli("models", "info", "void-5b").output
    assert "5,571,462,784 (each pass)" in shown
    assert "void_pass1.safetensors, void_pass2.safetensors" in shown


def test_info_of_a_folder(mine: Path) -> None:
    told = json.loads(cli("models", "info", mine, "--json").output)
    assert told["parameters"] == sum(parameter.numel() for parameter in drawn(SYSTEM.transformer).parameters())
    assert told["folder"] == str(mine)
    assert told["limits"]["rate"] == 12
    assert {"name": "time_projection.bias", "shape": [144]} in told["tensors"]


def test_info_of_a_wan_in_a_folder(tmp_path: Path) -> None:
    model = wan()
    model.save_pretrained(tmp_path / "repository" / "transformer")
    for name in (tmp_path / "repository", tmp_path / "repository" / "transformer"):
        told = json.loads(cli("models", "info", name, "--json").output)
        assert told["parameters"] == sum(parameter.numel() for parameter in model.parameters())
        assert set(told["by_branch"]) == {"shared", "video"}
    (tmp_path / "empty").mkdir()
    assert cli("models", "info", tmp_path / "empty").exit_code == 3


def test_pull_says_the_licence_first_and_reports(small: SmallHub, tmp_path: Path) -> None:
    done = process(tmp_path, "models", "pull", "vera-1.3b")
    assert done.returncode == 0
    first, *_, last = done.stderr.splitlines()
    assert first.startswith(f"{WAN}: ")
    assert first.endswith("licence apache-2.0")
    assert last.startswith(f"Fetching {WAN} (MB): done")
    told = json.loads(process(tmp_path, "models", "pull", "umt5-xxl", "--to", "here", "--json").stdout)
    (fetched,) = told["fetched"]
    assert (fetched["repository"], fetched["revision"], fetched["licence"]) == (WAN, COMMIT, "apache-2.0")
    assert {f"here/{path}" for path in fetched["files"]} <= names_in(tmp_path)


def test_pull_goes_on_and_verify_says_what_is_half(small: SmallHub, tmp_path: Path) -> None:
    weights = "transformer/diffusion_pytorch_model.safetensors"
    small.silent = {weights}
    done = process(tmp_path, "models", "pull", "vera-1.3b", "--to", "here")
    assert done.returncode == 5
    assert "goes on from here" in done.stderr
    small.silent.clear()
    (tmp_path / "here" / weights).with_name("diffusion_pytorch_model.safetensors.incomplete").write_bytes(
        (tmp_path / "wan" / weights).read_bytes()[:5000]
    )
    halves = cli("models", "verify", tmp_path / "here", "--json")
    assert halves.exit_code == 3
    assert "not arrived whole" in halves.output
    small.asked.clear()
    assert process(tmp_path, "models", "pull", "vera-1.3b", "--to", "here").returncode == 0
    assert ("GET", weights, "bytes=5000-") in small.asked
    whole = cli("models", "verify", tmp_path / "here")
    assert whole.exit_code == 0
    assert "0 faults" in whole.output


def test_pull_of_nothing_is_refused(small: SmallHub, tmp_path: Path) -> None:
    for name, code, said in (("vera", 2, "no model and no folder"), ("some/one", 3, "no such repository")):
        done = process(tmp_path, "models", "pull", name, "--json")
        assert done.returncode == code
        assert said in json.loads(done.stdout)["error"]["what"] + done.stderr
    assert names_in(tmp_path) == names_in(tmp_path) - {"models"}


def test_verify_of_ones_own_model(mine: Path) -> None:
    told = json.loads(cli("models", "verify", mine, "--json").output)
    assert told["whole"]
    assert len(told["unstated"]) == told["files"] == 2
    (mine / "model.safetensors").write_bytes((mine / "model.safetensors").read_bytes()[:-1])
    spoilt = cli("models", "verify", mine)
    assert spoilt.exit_code == 3
    assert "no whole file of safetensors" in spoilt.output


def test_convert_writes_what_it_says(mine: Path, tmp_path: Path) -> None:
    (tmp_path / "kind").mkdir()
    write_config(SYSTEM, tmp_path / "kind")
    wan().save_pretrained(tmp_path / "wan")
    done = cli("models", "convert", tmp_path / "wan", tmp_path / "out", "--to", tmp_path / "kind", "--json")
    told = json.loads(done.output)
    assert (told["kind"], told["system"]) == ("wan2.1", SYSTEM.model_dump(mode="json"))
    assert cli("models", "verify", tmp_path / "out").exit_code == 0
    half = json.loads(cli("models", "convert", mine, tmp_path / "half", "--dtype", "bfloat16", "--json").output)
    assert half["bytes"] == told["bytes"] / 2
    assert cli("models", "convert", mine, tmp_path / "half").exit_code == 3
    assert cli("models", "convert", mine, tmp_path / "x", "--dtype", "int4").exit_code == 2
