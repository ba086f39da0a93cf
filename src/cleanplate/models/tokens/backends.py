"""Kernels of attention to choose from. All compute the same; they differ in speed, devices and precision.

A kernel takes queries, keys and values as B x tokens x N x E. Packages are imported when their kernel is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from cleanplate.errors import ResourceError, UsageError
from cleanplate.models.tokens.attention import Attend, attend


def kernel(name: str) -> Attend:
    """The kernel of that name, for `Mixture.attend`.

    Raises:
        UsageError: there is none of that name.
        ResourceError: its package is not installed.
    """
    if name not in KERNELS:
        raise UsageError(f"there is no attention '{name}'", remedy=f"Choose one of: {', '.join(KERNELS)}.")
    return KERNELS[name]()


def _flex() -> Attend:
    """Torch's flex attention, compiled: without that it would keep every score."""
    from torch.nn.attention.flex_attention import flex_attention

    compiled = torch.compile(flex_attention, dynamic=True)

    def flex(q_BANE: Tensor, k_BKNE: Tensor, v_BKNE: Tensor) -> Tensor:
        q, k, v = (part.transpose(1, 2).contiguous() for part in (q_BANE, k_BKNE, v_BKNE))
        attended: Tensor = compiled(q, k, v)
        return attended.transpose(1, 2)

    return flex


def _flash() -> Attend:
    """FlashAttention (arXiv 2205.14135); half precision, NVIDIA and AMD."""
    return _imported("flash_attn", "flash_attn_func", "flash", lambda found: found)


def _sage() -> Attend:
    """SageAttention (arXiv 2410.02367): queries and keys in 8 bits; NVIDIA. The only one that is less exact."""
    return _imported(
        "sageattention", "sageattn", "sage", lambda found: lambda q, k, v: found(q, k, v, tensor_layout="NHD")
    )


def _xformers() -> Attend:
    """The memory-efficient attention of xformers; CUDA."""
    return _imported("xformers.ops", "memory_efficient_attention", "xformers", lambda found: found)


def _imported(module: str, function: str, name: str, wrapped: Callable[[Any], Attend]) -> Attend:
    try:
        return wrapped(getattr(import_module(module), function))
    except (ImportError, AttributeError) as error:
        raise ResourceError(
            f"the attention '{name}' needs {module}.{function}, which is not installed",
            remedy=f"Install {module.partition('.')[0]} as its authors say, or choose 'sdpa'.",
        ) from error


KERNELS: Mapping[str, Callable[[], Attend]] = MappingProxyType(
    {"sdpa": lambda: attend, "flex": _flex, "flash": _flash, "sage": _sage, "xformers": _xformers}
)
