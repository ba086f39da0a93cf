"""VOID's transformer driven from here: as diffusers drives it, and in every way of running."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

import drawn_void
from cleanplate.models.running.compiled import compile_blocks
from cleanplate.models.running.fp8 import STORED
from cleanplate.models.running.offload import offload
from cleanplate.models.running.settings import Running
from cleanplate.models.tokens.attention import Attend, attend
from cleanplate.models.tokens.memory import Memory, Share, in_copy
from cleanplate.models.void.joint import TEXT, VIDEO, VoidTransformer
from cleanplate.models.void.rotary import rotary
from cleanplate.models.void.running import prepared

CPU = torch.device("cpu")
CONFIG = drawn_void.CONFIG.model_copy(update={"heads": 4, "layers": 3})
FRAMES, ROWS, COLUMNS, WORDS = 6, 8, 12, 5
TOKENS = FRAMES * ROWS * COLUMNS // 8


def drawn(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def inputs(clips: int = 1, dtype: torch.dtype = torch.float32, seed: int = 0) -> dict[str, object]:
    """As diffusers' class takes them."""
    return {
        "hidden_states": drawn(seed, clips, FRAMES, CONFIG.in_channels, ROWS, COLUMNS).to(dtype),
        "encoder_hidden_states": drawn(seed + 1, clips, WORDS, CONFIG.text_dim).to(dtype),
        "timestep": torch.full((clips,), 499),
        "image_rotary_emb": rotary(CONFIG, FRAMES, ROWS, COLUMNS),
    }


def plain(clips: int = 1, dtype: torch.dtype = torch.float32) -> Tensor:
    """By diffusers alone."""
    model = drawn_void.transformer(CONFIG).to(dtype)
    with torch.inference_mode():
        answer: Tensor = model(**inputs(clips, dtype), return_dict=False)[0]
    return answer


def answered(model: VoidTransformer, dtype: torch.dtype = torch.float32, clips: int = 1) -> Tensor:
    with torch.inference_mode():
        answer: Tensor = model(**inputs(clips, dtype))[0]
    return answer


def ready(**running: object) -> VoidTransformer:
    return prepared(drawn_void.transformer(CONFIG), Running.model_validate({"dtype": "float32"} | running), CPU)


@pytest.mark.parametrize("clips", [1, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_asked_for_everything_it_is_diffusers_model_to_the_bit(dtype: torch.dtype, clips: int) -> None:
    model = prepared(drawn_void.transformer(CONFIG), Running(dtype=str(dtype).removeprefix("torch.")), CPU)
    assert torch.equal(answered(model, dtype, clips), plain(clips, dtype))


@pytest.mark.parametrize("ahead", [True, False])
@pytest.mark.parametrize("fp8", [True, False])
def test_blocks_that_wait_answer_to_the_bit(fp8: bool, ahead: bool) -> None:
    assert torch.equal(answered(ready(fp8=fp8, offload=True, ahead=ahead)), answered(ready(fp8=fp8)))


def test_blocks_that_wait_on_disk_answer_to_the_bit(tmp_path: Path) -> None:
    model = offload(VoidTransformer(drawn_void.transformer(CONFIG)).requires_grad_(False), CPU, tmp_path)
    torch.testing.assert_close(answered(model), plain(), rtol=1e-6, atol=1e-6)
    assert len(list(tmp_path.iterdir())) == CONFIG.layers + 1


def test_weights_in_8_bits_are_in_8_bits_and_answer_a_little_differently() -> None:
    model, exact = ready(fp8=True), plain()
    small = {name for name, part in model.named_parameters() if part.dtype is STORED}
    layers = ["attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0", "ff.net.0.proj", "ff.net.2"]
    assert small == {f"blocks.{block}.{layer}.weight" for block in range(CONFIG.layers) for layer in layers}
    off = (answered(model) - exact).norm() / exact.norm()
    assert 1e-3 < off < 0.1
    both = answered(prepared(drawn_void.transformer(CONFIG), Running(fp8=True), CPU), torch.bfloat16)
    assert (both - exact).norm() / exact.norm() < 0.1


def test_another_kernel_takes_the_place_of_attention() -> None:
    model, asked = ready(), list[torch.Size]()

    def counting(kernel: Attend) -> Attend:
        def counted(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            asked.append(q.shape)
            return kernel(q, k, v)

        return counted

    model.attend = counting(attend)
    assert torch.equal(answered(model), plain())
    assert asked == [(1, WORDS + TOKENS, CONFIG.heads, CONFIG.head_dim)] * CONFIG.layers


@pytest.mark.slow
def test_compiled_blocks_answer_the_same() -> None:
    model, bare = compile_blocks(ready(), mode="default"), ready()
    torch.testing.assert_close(answered(model), plain(), rtol=1e-4, atol=1e-4)
    memories = Memory(in_copy), Memory(in_copy)
    for part in shares(torch.arange(13), torch.arange(13, TOKENS)):
        with torch.inference_mode():
            (got,), (expected,) = (
                one(**inputs(), shares=part, memory=memory) for one, memory in zip((model, bare), memories, strict=True)
            )
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)
    compiled = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    assert compiled <= 12  # blocks share their graphs: far fewer than one for each block, call and break


@pytest.mark.slow
def test_flex_attention_answers_the_same() -> None:
    torch.testing.assert_close(answered(ready(attention="flex")), plain(), rtol=1e-4, atol=1e-5)


def shares(asked: Tensor, context: Tensor) -> tuple[dict[str, Share], dict[str, Share]]:
    """A full call that leaves context and text behind, and one of some tokens that looks at these."""
    everything = torch.cat((asked, context))
    full = {
        TEXT: Share(stored={"all": slice(None)}),
        VIDEO: Share(everything, stored={"context": slice(len(asked), None)}),
    }
    return full, {
        TEXT: Share(torch.tensor([], dtype=torch.long), recalled=("all",)),
        VIDEO: Share(asked, recalled=("context",)),
    }


def test_a_part_is_computed_as_it_is_beside_the_others() -> None:
    model, exact, memory = ready(), plain(), Memory(in_copy)
    order = torch.randperm(TOKENS, generator=torch.Generator().manual_seed(2))
    full, part = shares(order[:13], order[13:])
    with torch.inference_mode():
        (whole,) = model(**inputs(), shares=full, memory=memory)
        (some,) = model(**inputs(), shares=part, memory=memory)
    torch.testing.assert_close(whole, exact, rtol=0, atol=1e-5)
    there = torch.zeros(TOKENS)
    there[order[:13]] = 1
    where = there.view(FRAMES // 2, ROWS // 2, COLUMNS // 2)
    for axis in range(3):
        where = where.repeat_interleave(2, dim=axis)
    inside = where[None, :, None].expand_as(exact) > 0
    torch.testing.assert_close(some[inside], exact[inside], rtol=0, atol=1e-5)
    assert not some[~inside].any()
    vectors = 2 * CONFIG.layers * (TOKENS - 13 + WORDS)
    assert memory.bytes == vectors * CONFIG.dim * 4


def test_what_nobody_has_stored_cannot_be_recalled() -> None:
    with pytest.raises(KeyError):
        ready()(**inputs(), shares=shares(torch.arange(3), torch.arange(3, TOKENS))[1])
