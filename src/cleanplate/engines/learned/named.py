"""Settings by name, any by its path with dots."""

from __future__ import annotations

from typing import Any

from cleanplate.errors import UsageError


def put(tree: dict[str, Any], path: str, value: Any, remedy: str) -> None:
    """Set what a path names, in place. Raises UsageError where one of its folders is none."""
    *folders, name = path.split(".")
    for folder in folders:
        tree = tree.setdefault(folder, {})
        if not isinstance(tree, dict):
            raise UsageError(f"{path} cannot be set: '{folder}' is switched off or is a value", remedy=remedy)
    tree[name] = value
