"""What the transformer is told of a span: quadmask and plate through the codec, onto disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from torch import Tensor

from cleanplate.engines.void.conditioning import masks, plates, reader, told
from cleanplate.engines.void.footage import Footage
from cleanplate.engines.void.latents import stored
from cleanplate.engines.void.outline import Take
from cleanplate.models.codecs.cogvideox import CogVideoXCodec


def tell(
    footage: Footage,
    take: Take,
    codec: CogVideoXCodec,
    path: Path,
    *,
    seed: int,
    noise: float,
    watch: Callable[[Take, float], None],
) -> None:
    """Write a span's known latents, F x 2 C x H x W: the mask's, then the plate's. Frame after frame, in one go.

    Args:
        noise: on the plate, standard deviation in -1..1.
        watch: told the share that is done.

    Raises:
        ResourceError: the disk is full.
    """
    frames, channels, rows, columns = take.shape
    length = take.span.length
    mask = codec.encoding(reader(masks(footage.labels())), length)
    plate = codec.encoding(reader(plates(footage.pictures(), seed, take.number, noise)), length)

    def watched() -> Iterator[Tensor]:
        for place, latent in enumerate(told(mask, plate)):
            yield latent
            watch(take, (place + 1) / frames)

    stored(watched(), (frames, 2 * channels, rows, columns), path)
