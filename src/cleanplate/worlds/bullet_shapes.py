"""A body's shapes for PyBullet's collision detection, in the frame of its principal axes."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from cleanplate.worlds import quaternion
from cleanplate.worlds.inertia import FELT_AS, Inertia, parts
from cleanplate.worlds.mesh_files import felt_mesh
from cleanplate.worlds.meshes import OWN, TriangleMesh
from cleanplate.worlds.scene import Body, Box, Capsule, Cushion, Cylinder, Mesh, Shape, Skin, Sphere, Water


def collision_shape(
    bullet: ModuleType, client: int, body: Body, inertia: Inertia, *, assets: Path | None, scratch: Path
) -> int:
    """Number of the collision shape that PyBullet makes of all parts.

    Meshes that move count as their convex hull; the user's meshes that stand still collide as they are, unless
    they come from a folder of assets (`Mesh.up`).

    Raises:
        InputError: a mesh is missing or broken.
    """
    back = quaternion.conjugate(inertia.axes)
    stands = body.mass == 0 and not body.path
    columns: dict[str, list[Any]] = {}
    for number, part in enumerate(parts(body)):
        row = _row(bullet, part.shape, assets, scratch / f"{body.name.encode().hex()}-{number}.obj", stands)
        row["collisionFramePositions"] = quaternion.rotate(back, np.subtract(part.position, inertia.centre)).tolist()
        row["collisionFrameOrientations"] = quaternion.multiply(back, part.orientation).tolist()
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    shape: int = bullet.createCollisionShapeArray(**columns, physicsClientId=client)
    return shape


def _row(bullet: ModuleType, shape: Shape, assets: Path | None, scratch: Path, stands: bool) -> dict[str, Any]:
    """One shape's arguments; PyBullet wants every one of them for every shape."""
    row: dict[str, Any] = {
        "shapeTypes": bullet.GEOM_SPHERE,
        "radii": 0.5,
        "halfExtents": [0.5, 0.5, 0.5],
        "lengths": 1.0,
        "fileNames": "",
        "meshScales": [1.0, 1.0, 1.0],
        "flags": 0,
    }
    if isinstance(shape, Sphere | Skin):
        row.update(radii=(FELT_AS if isinstance(shape, Skin) else shape).radius)
    elif isinstance(shape, Box | Cushion | Water):
        row.update(shapeTypes=bullet.GEOM_BOX, halfExtents=list(shape.half))
    elif isinstance(shape, Cylinder):
        row.update(shapeTypes=bullet.GEOM_CYLINDER, radii=shape.radius, lengths=shape.height)
    elif isinstance(shape, Capsule):
        row.update(shapeTypes=bullet.GEOM_CAPSULE, radii=shape.radius, lengths=shape.height)
    else:
        _write_obj(felt_mesh(shape, assets), scratch)
        hollow = stands and shape.asset not in OWN and not shape.up
        row.update(
            shapeTypes=bullet.GEOM_MESH,
            fileNames=str(scratch),
            flags=bullet.GEOM_FORCE_CONCAVE_TRIMESH if hollow else 0,
        )
    return row


def _write_obj(mesh: TriangleMesh, path: Path) -> None:
    """In full precision, so that nothing is lost on the way to PyBullet."""
    corners = [f"v {x!r} {y!r} {z!r}\n" for x, y, z in mesh.vertices.tolist()]
    faces = [f"f {a + 1} {b + 1} {c + 1}\n" for a, b, c in mesh.faces.tolist()]
    path.write_text("".join(corners + faces))


def smallest_extent(body: Body, assets: Path | None) -> float:
    """Half the least width (m) of the body's slightest part."""
    return min(_least(part.shape, assets) for part in parts(body))


def _least(shape: Shape, assets: Path | None) -> float:
    if isinstance(shape, Box | Cushion | Water):
        return min(shape.half)
    if isinstance(shape, Cylinder):
        return min(shape.radius, shape.height / 2)
    if isinstance(shape, Mesh):
        vertices = felt_mesh(shape, assets).vertices
        return float(np.ptp(vertices, axis=0).min()) / 2
    return FELT_AS.radius if isinstance(shape, Skin) else shape.radius
