"""Colour tags as encoder options: every writer of video says in its file what its samples mean."""

from __future__ import annotations

from cleanplate.media.frame import ColourTags

# Where an encoder's option has another word for what FFmpeg's descriptions call by the name on the left.
_MATRIX_OPTIONS = {"gbr": "rgb"}
_TRANSFER_OPTIONS = {"bt470m": "gamma22", "bt470bg": "gamma28"}
_RANGES = {"limited": "tv", "full": "pc"}


def colour_options(tags: ColourTags) -> dict[str, str]:
    """Options of FFmpeg's encoders that write `tags`; what is unknown is left out."""
    options = {
        "colorspace": _MATRIX_OPTIONS.get(tags.matrix, tags.matrix),
        "color_primaries": tags.primaries,
        "color_trc": _TRANSFER_OPTIONS.get(tags.transfer, tags.transfer),
        "color_range": _RANGES.get(tags.range, "unknown"),
        "chroma_sample_location": tags.siting.value if tags.siting else "unknown",
    }
    return {option: value for option, value in options.items() if value != "unknown"}
