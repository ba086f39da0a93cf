"""Adapters of low rank put into a model's linear layers, and what they learned added to those layers' weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

from cleanplate.errors import missing_extra
from cleanplate.train.recipe import Lora

M = TypeVar("M", bound=nn.Module)


def adapt(model: nn.Module, lora: Lora, seed: int, layers: str, *, whole: Callable[[str], bool]) -> None:
    """Put adapters into a model; nothing else of it learns but what learns whole.

    Args:
        layers: a regular expression that the adapted layers' names match.
        whole: of a parameter's name, whether it learns as it is.

    Raises:
        ResourceError: peft is not installed.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise missing_extra(error.name or "peft", "train") from error
    torch.manual_seed(seed)
    inject_adapter_in_model(LoraConfig(r=lora.rank, lora_alpha=lora.alpha, target_modules=layers), model)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_("lora_" in name or whole(name))


def plain(model: M) -> M:
    """The model without adapters: what they learned is added to the weights. The model itself stays as it is."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    merged = copy.deepcopy(model)
    adapted = [(name, module) for name, module in merged.named_modules() if isinstance(module, BaseTunerLayer)]
    for name, module in adapted:
        module.merge()
        parent, _, last = name.rpartition(".")
        setattr(merged.get_submodule(parent), last, module.get_base_layer())
    return merged
