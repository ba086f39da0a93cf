"""What a model is asked to fill in, read leniently, and the JSON Schema of it that servers are given."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_LEFT_OUT = ("title", "default")
_KINDS = {"physical": "object", "visual_artifact": "other", "mirror image": "reflection", "liquid": "other"}


class _Lenient(BaseModel):
    """What is not asked for is passed over; numbers may be written as text."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _as_cell(value: Any) -> Any:
    """A cell as a pair, or with other words for its parts."""
    if isinstance(value, list | tuple) and len(value) == 2:
        return {"row": value[0], "column": value[1]}
    if isinstance(value, Mapping):
        named = {"row": "row", "r": "row", "column": "column", "col": "column", "c": "column"}
        return {named.get(str(key), key): part for key, part in value.items()}
    return value


def _as_size(value: Any) -> Any:
    if isinstance(value, list | tuple) and len(value) == 2:
        return {"rows": value[0], "columns": value[1]}
    return value


def _as_kind(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    word = value.strip().casefold()
    return _KINDS.get(word, word)


class Place(_Lenient):
    """A cell of the shown grid."""

    row: int
    column: int


class Extent(_Lenient):
    """Rows and columns of the shown grid."""

    rows: int
    columns: int


Cell = Annotated[Place, BeforeValidator(_as_cell)]
Size = Annotated[Extent, BeforeValidator(_as_size)]


class Seen(_Lenient):
    """Where something is on one frame."""

    frame: int
    cells: tuple[Cell, ...]


class Point(_Lenient):
    """Where the middle of something would be on one frame."""

    frame: int
    cell: Cell


class Named(_Lenient):
    """What an outlined object is."""

    letter: str
    name: str


class Belonging(_Lenient):
    """What goes together with an object."""

    name: str
    removed_with: str = Field(description="letter of the outlined object")
    why: str = ""
    cells_by_time: tuple[Seen, ...] = ()
    confidence: float = 0.5


class Affected(_Lenient):
    """What would look or move otherwise."""

    name: str
    kind: Annotated[Literal["object", "shadow", "reflection", "other"], BeforeValidator(_as_kind)]
    caused_by: str = Field(description="letter of the outlined object, or name of another affected thing")
    why: str = ""
    onset: int
    end: int
    will_move: bool = False
    was_moving: bool = False
    should_have_stayed: bool = False
    cells_by_time: tuple[Seen, ...] = ()
    size_cells: Size | None = None
    path: tuple[Point, ...] = ()
    rest_place: Cell | None = None
    confidence: float = 0.5


class Direction(_Lenient):
    """In the shown picture: x to the right, y downwards."""

    x: float
    y: float


class Answer(_Lenient):
    """The whole answer, in frames of the clip and cells of the shown grid."""

    objects: tuple[Named, ...] = ()
    belongings: tuple[Belonging, ...] = ()
    affected: tuple[Affected, ...]
    scene_after: str
    down: Direction | None = None


def answer_schema() -> dict[str, Any]:
    """JSON Schema of the answer as servers want it: without references, every property required, no others."""
    schema = Answer.model_json_schema()
    plain = _plain(schema, schema.get("$defs", {}))
    return {key: value for key, value in plain.items() if key != "$defs"}


def _plain(node: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_plain(part, known) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _plain(deepcopy(known[node["$ref"].rpartition("/")[2]]), known)
    if node.get("type") == "object" and "properties" in node:
        properties = {name: _plain(part, known) for name, part in node["properties"].items()}
        return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return {key: _plain(value, known) for key, value in node.items() if key not in _LEFT_OUT}
