"""One process or many, CPU or GPU: accelerate, set up the same way for every recipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeVar

from torch import nn

from cleanplate.errors import missing_extra

if TYPE_CHECKING:
    from accelerate import Accelerator, PartialState

M = TypeVar("M", bound=nn.Module)


def accelerator_of(
    precision: Literal["no", "bf16"], sharding: Literal["none", "full"], block: type[nn.Module]
) -> Accelerator:
    """The processes that torchrun or `accelerate launch` has started; by default this one alone.

    Args:
        sharding: `full` spreads the model over the processes (FSDP2), block by block.
        block: the class of a block.

    Raises:
        ResourceError: accelerate is not installed.
    """
    try:
        from accelerate import Accelerator, FullyShardedDataParallelPlugin
        from accelerate.state import AcceleratorState
    except ImportError as error:
        raise missing_extra(error.name or "accelerate", "learned") from error
    AcceleratorState._reset_state()  # a run of another precision in this process would be in the way
    if sharding == "none":
        return Accelerator(mixed_precision=precision)
    plugin = FullyShardedDataParallelPlugin(
        fsdp_version=2,
        auto_wrap_policy="transformer_based_wrap",
        transformer_cls_names_to_wrap=[block.__name__],
        state_dict_type="FULL_STATE_DICT",
    )
    return Accelerator(mixed_precision=precision, fsdp_plugin=plugin)


def process() -> PartialState:
    """Which process this is, and where it computes. Raises ResourceError: accelerate is not installed."""
    try:
        from accelerate import PartialState
    except ImportError as error:
        raise missing_extra(error.name or "accelerate", "learned") from error
    return PartialState()


def unwrapped(accelerator: Accelerator, model: M) -> M:
    """The model itself, whatever it has been wrapped into."""
    inner: M = accelerator.unwrap_model(model)
    return inner


@contextmanager
def part_of_a_step(accelerator: Accelerator, model: nn.Module, *, last: bool) -> Iterator[None]:
    """Only the last part of a step makes the processes share their gradients."""
    if last:
        yield
        return
    with accelerator.no_sync(model):
        yield
