"""The JSON Schema of shot.json, as shipped; `python -m cleanplate.edit.manifest_schema` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path

from cleanplate.edit.manifest import VERSION, Shot
from cleanplate.files import write_text

SCHEMA = Path(__file__).parent / "schema" / f"shot-v{VERSION}.schema.json"


def schema_text() -> str:
    """The schema as the models have it now."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Shot.model_json_schema()}
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA.parent.mkdir(exist_ok=True)
    write_text(SCHEMA, schema_text())
