"""A line of Vera's JSON Lines, in every published spelling."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from cleanplate.errors import InputError


def _either(*names: str, **more: Any) -> Any:
    return Field(validation_alias=AliasChoices(*names), **more)


class VeraRecord(BaseModel):
    """What a line says. Paths are relative to the file that holds the line, with forward slashes.

    Attributes:
        instruction: `edit_instruction` in training data, `prompt` in test data.
        mask_path: binary, white where the subject must stay.
        preserved_path: ours only: what the layer lies over where that is not the input.
        edit_type: `background_replace` or `obj_add`.
        metadata: ours only: family, seed, tier and the like.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    instruction: str = _either("edit_instruction", "prompt", default="")
    input_path: str = _either("input_video_path", "input_path")
    edit_rgb_path: str | None = None
    edit_alpha_path: str | None = _either("edit_alpha_path", "alpha_path", default=None)
    composite_path: str | None = _either("composite_path", "target_composite_path", default=None)
    mask_path: str | None = None
    preserved_path: str | None = None
    video_id: str = ""
    subject_type: str = ""
    prompt_id: str | int = ""
    target_caption: str = ""
    source_caption: str = ""
    edit_type: str = ""
    metadata: dict[str, JsonValue] = {}

    @property
    def paths(self) -> dict[str, str]:
        """Where each clip lies, by its role; only those that there are."""
        places = {
            "input": self.input_path,
            "edit_rgb": self.edit_rgb_path,
            "edit_alpha": self.edit_alpha_path,
            "composite": self.composite_path,
            "mask": self.mask_path,
            "preserved": self.preserved_path,
        }
        return {role: place for role, place in places.items() if place}


def parse_line(line: str, where: str) -> VeraRecord:
    """One line. Raises InputError, which says what is wrong with it."""
    try:
        return VeraRecord.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        told = f"{place}: {first['msg']}" if place else first["msg"]
        raise InputError(f"this line is no record of a layered clip ({told})", where=where) from error


def train_line(record: VeraRecord) -> dict[str, JsonValue]:
    """As in the published training files; what they do not know comes after, where there is any."""
    known: dict[str, JsonValue] = {
        "edit_instruction": record.instruction,
        "input_video_path": record.input_path,
        "edit_rgb_path": record.edit_rgb_path,
        "edit_alpha_path": record.edit_alpha_path,
        "mask_path": record.mask_path,
        "composite_path": record.composite_path,
    }
    names = "preserved_path video_id subject_type target_caption source_caption edit_type metadata"
    more: dict[str, JsonValue] = {name: value for name in names.split() if (value := getattr(record, name))}
    return {name: value for name, value in known.items() if value is not None} | more


def bench_line(record: VeraRecord) -> dict[str, JsonValue]:
    """As in the published test files, with the answer's other clips where there are any."""
    line: dict[str, JsonValue] = {
        "video_id": record.video_id,
        "input_path": record.input_path,
        "subject_type": record.subject_type,
        "prompt_id": record.prompt_id,
        "prompt": record.instruction,
        "target_caption": record.target_caption,
        "edit_type": record.edit_type,
    }
    others = {
        "source_caption": record.source_caption,
        "mask_path": record.mask_path,
        "alpha_path": record.edit_alpha_path,
        "edit_rgb_path": record.edit_rgb_path,
        "composite_path": record.composite_path,
        "preserved_path": record.preserved_path,
        "metadata": record.metadata,
    }
    return line | {name: value for name, value in others.items() if value}
