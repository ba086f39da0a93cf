"""Files of a body for Kubric: an OBJ with materials and textures for its Blender, a URDF for its PyBullet.

Both are in the frame of the mass centre and the principal axes (`convert`).
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.worlds import quaternion
from cleanplate.worlds.inertia import Inertia, inertia, parts
from cleanplate.worlds.mesh_files import felt_mesh
from cleanplate.worlds.render.atlas import linear
from cleanplate.worlds.render.surfaces import Solid, look, solid
from cleanplate.worlds.scene import Body, Box, Capsule, Cylinder, Material, Mesh, Part, Shape, Sphere
from cleanplate.worlds.textures import draw

Array = NDArray[np.float64]

TEXELS = 512
RIGID = (Box, Sphere, Cylinder, Capsule, Mesh)
_NUDGE = 1e-3
"""By this share corners are drawn into their triangle, so that they lie on its face alone."""


def write_body(body: Body, stem: Path, assets: Path | None = None) -> None:
    """Write `stem`.obj, .mtl, .urdf, and the textures and collision meshes that these name, beside it.

    Raises:
        InputError: a part is soft, or a mesh or a texture is missing or broken.
    """
    for part in parts(body):
        if not isinstance(part.shape, RIGID):
            raise InputError(
                f"Kubric knows no {part.shape.kind} such as '{body.name}'", remedy="Take a family of rigid things."
            )
    own = inertia(body, assets)
    _write_obj(body, own, stem, assets)
    _write_urdf(body, own, stem, assets)


def _write_obj(body: Body, own: Inertia, stem: Path, assets: Path | None) -> None:
    """One object with all parts; every triangle has texture places of its own, so that seams tear nothing."""
    lines, materials, corners, texels = [f"mtllib {stem.name}.mtl", f"o {stem.name}"], [], 1, 1
    for number, part in enumerate(parts(body)):
        material, name = part.material or body.material, f"{stem.name}-{number}"
        materials.append(_material(material, name, stem.with_name(name + ".png"), assets))
        one = solid(part.shape, assets, mapped=material.texture is not None and material.texture.mapped)
        position, orientation = _within(own, part)
        placed = position + quaternion.rotate(orientation, one.mesh.vertices)
        places = _places(one, material.texture.scale if material.texture else 1.0)
        lines += [f"v {x!r} {y!r} {z!r}" for x, y, z in placed.tolist()]
        lines += [f"vt {u:.6f} {v:.6f}" for u, v in places.reshape(-1, 2).tolist()]
        lines += [f"usemtl {name}", "s 1" if isinstance(part.shape, Sphere | Capsule) else "s off"]
        for triangle, (a, b, c) in enumerate((one.mesh.faces + corners).tolist()):
            first = texels + 3 * triangle
            lines.append(f"f {a}/{first} {b}/{first + 1} {c}/{first + 2}")
        corners, texels = corners + len(placed), texels + 3 * len(places)
    stem.with_suffix(".obj").write_text("\n".join(lines) + "\n", encoding="utf-8")
    stem.with_suffix(".mtl").write_text("\n".join(materials) + "\n", encoding="utf-8")


def _places(one: Solid, scale: float) -> Array:
    """F x 3 x 2: where the corners of the triangles lie on the texture, in its periods."""
    corners = one.mesh.vertices[one.mesh.faces]
    middle = corners.mean(axis=1, keepdims=True)
    points = np.concatenate([corners + _NUDGE * (middle - corners), middle], axis=1)
    triangles = np.repeat(np.arange(len(corners), dtype=np.int32), 4)
    _, places = look(one, points.reshape(-1, 3).astype(np.float32), triangles, scale)
    periods = np.asarray(places, np.float64).reshape(-1, 4, 2) / scale
    around = _periods_around(one.shape, scale)
    if around:
        # The turn ends between these corners: those beyond its end go on behind it.
        periods[:, :3, 0] -= around * np.rint((periods[:, :3, 0] - periods[:, 3:, 0]) / around)
    return periods[:, :3]


def _periods_around(shape: Shape, scale: float) -> int:
    """Of texture around what is round; 0 for what is not."""
    radius = getattr(shape, "radius", 0.0)
    return max(round(2 * np.pi * radius / scale), 1) if radius else 0


def _material(material: Material, name: str, picture: Path, assets: Path | None) -> str:
    """Its lines in an MTL file. Blender takes Kd as light, and Ns for the roughness r at (30 (1 - r)) squared."""
    red, green, blue = linear(np.rint(np.array(material.colour) * 255).astype(np.uint8)).tolist()
    lines = [
        f"newmtl {name}",
        f"Kd {red:.6f} {green:.6f} {blue:.6f}",
        f"Ns {(30 * (1 - material.roughness)) ** 2:.3f}",
        f"Pr {material.roughness:.4f}",
        f"Pm {material.metallic:.4f}",
        "illum 2",
    ]
    if material.texture is not None:
        drawn = draw(material.texture, TEXELS, colour=material.colour, assets=assets)
        cv2.imwrite(str(picture), drawn[..., ::-1])
        lines.append(f"map_Kd {picture.name}")
    return "\n".join(lines)


def _write_urdf(body: Body, own: Inertia, stem: Path, assets: Path | None) -> None:
    """One link. Its inertial frame is its origin, so that PyBullet's pose of the body is that of the file."""
    robot = Xml.Element("robot", name=stem.name)
    link = Xml.SubElement(robot, "link", name="base")
    mass = body.mass or 1.0
    inertial = Xml.SubElement(link, "inertial")
    Xml.SubElement(inertial, "origin", xyz="0 0 0", rpy="0 0 0")
    Xml.SubElement(inertial, "mass", value=repr(mass))
    x, y, z = (repr(mass * moment) for moment in own.moments)
    Xml.SubElement(inertial, "inertia", ixx=x, iyy=y, izz=z, ixy="0", ixz="0", iyz="0")
    for number, part in enumerate(parts(body)):
        position, orientation = _within(own, part)
        collision = Xml.SubElement(link, "collision")
        Xml.SubElement(collision, "origin", xyz=_words(position), rpy=_words(_roll_pitch_yaw(orientation)))
        geometry = Xml.SubElement(collision, "geometry")
        _geometry(geometry, part.shape, stem.with_name(f"{stem.name}-{number}-felt.obj"), assets)
    Xml.indent(robot)
    stem.with_suffix(".urdf").write_text(Xml.tostring(robot, encoding="unicode") + "\n", encoding="utf-8")


def _geometry(parent: Xml.Element, shape: Shape, felt: Path, assets: Path | None) -> None:
    if isinstance(shape, Sphere):
        Xml.SubElement(parent, "sphere", radius=repr(shape.radius))
    elif isinstance(shape, Box):
        Xml.SubElement(parent, "box", size=_words(2 * np.asarray(shape.half)))
    elif isinstance(shape, Cylinder):
        Xml.SubElement(parent, "cylinder", radius=repr(shape.radius), length=repr(shape.height))
    elif isinstance(shape, Capsule):
        Xml.SubElement(parent, "capsule", radius=repr(shape.radius), length=repr(shape.height))
    elif isinstance(shape, Mesh):
        mesh = felt_mesh(shape, assets)
        corners = [f"v {x!r} {y!r} {z!r}\n" for x, y, z in mesh.vertices.tolist()]
        faces = [f"f {a} {b} {c}\n" for a, b, c in (mesh.faces + 1).tolist()]
        felt.write_text("".join(corners + faces), encoding="utf-8")
        Xml.SubElement(parent, "mesh", filename=felt.name)


def _within(own: Inertia, part: Part) -> tuple[Array, Array]:
    """A part's place in the frame of the mass centre and the principal axes."""
    back = quaternion.conjugate(own.axes)
    position = quaternion.rotate(back, np.subtract(part.position, own.centre))
    return position, quaternion.multiply(back, part.orientation)


def _roll_pitch_yaw(orientation: Array) -> NDArray[np.float64]:
    """Angles about the fixed x, y and z axes, one after the other, as URDF has them."""
    m = quaternion.matrix(orientation)
    pitch = np.arcsin(np.clip(-m[2, 0], -1, 1))
    if abs(m[2, 0]) > 1 - 1e-12:
        return np.array([0.0, pitch, np.arctan2(-m[0, 1], m[1, 1])])
    return np.array([np.arctan2(m[2, 1], m[2, 2]), pitch, np.arctan2(m[1, 0], m[0, 0])])


def _words(values: Array) -> str:
    return " ".join(repr(float(value)) for value in values)
