"""A model of Qwen3-VL's kind on this machine: nothing leaves it, and nothing is fetched."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from cleanplate.errors import CleanplateError, ReasonerError
from cleanplate.models.catalogue.places import located
from cleanplate.reason.asking.chat import Answerer, Reply, Trouble
from cleanplate.reason.asking.question import Question
from cleanplate.reason.asking.reasoner import AskingReasoner
from cleanplate.reason.asking.settings import asking_of
from cleanplate.reason.asking.view import Picture

if TYPE_CHECKING:
    from cleanplate.models.vlm.qwen import QwenVision, Turn

MODEL = "Qwen/Qwen3-VL-8B-Instruct"


class LocalModel:
    """Implements `ChatModel`; weights are loaded when it is first asked.

    Args:
        folder: of weights, see `models.vlm.qwen.load`.
        name: for the document.
        device: of torch; None takes CUDA where there is one.
    """

    def __init__(self, folder: Path, name: str, device: str | None = None) -> None:
        self.who = Answerer("local", f"{name}-{_fingerprint(folder)}")
        self._folder, self._device = folder, device
        self._loaded: QwenVision | None = None

    def ready(self) -> None:
        """Load the model. Raises ResourceError without transformers."""
        self._load()

    def reply(self, question: Question, tokens: int, seconds: float) -> Reply:
        """See the protocol."""
        written = self._load().write(_turns(question), tokens, seconds)
        if written.late:
            remedy = "Give it more time with --reasoner-set timeout=SECONDS, or take a smaller model."
            raise Trouble(f"the model did not finish within {seconds:.3g} s", remedy=remedy)
        return Reply(written.text, not written.ended, written.tokens)

    def _load(self) -> QwenVision:
        from cleanplate.models.vlm.qwen import load

        if self._loaded is None:
            try:
                self._loaded = load(self._folder, self._device)
            except CleanplateError as error:
                raise Trouble(error.what, remedy=error.remedy) from error
        return self._loaded


def local(settings: Mapping[str, Any], also: Sequence[str] = ()) -> AskingReasoner:
    """The reasoner, by options. Raises ReasonerError where the weights are not on this machine."""
    asking = asking_of({**settings, "also": tuple(also)})
    name = asking.model or os.environ.get("CLEANPLATE_REASONER_MODEL") or MODEL
    try:
        folder = located(name)
    except CleanplateError as error:
        raise ReasonerError(error.what, where=error.where, remedy=error.remedy) from error
    return AskingReasoner(LocalModel(folder, Path(name).name, asking.device), asking)


def _turns(question: Question) -> list[Turn]:
    shown: list[str | Picture] = [question.facts]
    for picture in question.pictures:
        shown += [f"\n{picture.caption}", _decoded(picture.jpeg)]
    turns: list[Turn] = [("system", [question.instructions]), ("user", shown)]
    return turns + [(who, [text]) for who, text in zip(("assistant", "user"), question.again or (), strict=False)]


def _fingerprint(folder: Path) -> str:
    """Eight hexadecimal digits of the configuration and of the names and sizes of the weights."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
    config = folder / "config.json"
    if config.is_file():
        digest.update(config.read_bytes())
    return digest.hexdigest()[:8]


def _decoded(jpeg: bytes) -> Picture:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError("a JPEG of our own cannot be read")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
