"""Networks of optical flow: rows of the table of models, and the config of a folder with weights of one.

Nobody publishes these weights as safetensors, and pickles are never opened here: whoever has one makes safetensors of
it elsewhere, once, and `models convert` takes them. Read without torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cleanplate.errors import InputError
from cleanplate.models.flow.geometry import PARAMETERS

RAFT = "raft-large"
_CONFIG, _FORMAT = "config.json", "cleanplate-flow-1"


@dataclass(frozen=True)
class FlowModel:
    """One row.

    Attributes:
        summary: one line for the user.
        published: where its weights are, as a pickle.
        licence: an SPDX identifier.
        parameters: how many.
    """

    summary: str
    published: str
    licence: str
    parameters: int


FLOWS: Mapping[str, FlowModel] = MappingProxyType(
    {
        RAFT: FlowModel(
            "RAFT: optical flow by a network, for the noise of VOID's second pass",
            "https://download.pytorch.org/models/raft_large_C_T_SKHT_V2-ff5fadd5.pth",
            "BSD-3-Clause",
            PARAMETERS,
        )
    }
)


def write_config(folder: Path, name: str = RAFT) -> None:
    """Say of a folder that it holds weights of a row."""
    text = json.dumps({"format": _FORMAT, "network": name}, indent=1) + "\n"
    (folder / _CONFIG).write_text(text, encoding="utf-8")


def pickled(name: str) -> InputError:
    """The error for weights that cannot be fetched."""
    return InputError(
        f"the weights of '{name}' are published as a pickle only, which can run code and is never opened here",
        where=FLOWS[name].published,
        remedy=f"Make safetensors of them elsewhere, then: {_CONVERT} (docs/how-to/models.md has the line for it)",
    )


def absent(name: str, folder: Path) -> InputError:
    """The error for weights that are not where they are looked for."""
    return InputError(
        f"no weights of '{name}' are on this machine",
        where=str(folder),
        remedy=f"Convert them into this folder, or name another with --set flow_weights=FOLDER: {_CONVERT} "
        "(docs/how-to/models.md tells how)",
    )


_CONVERT = "cleanplate models convert raft_large.safetensors FOLDER"
