"""`Scene`: what is in a world and how it starts. It knows neither simulator nor renderer (the lesson of Kubric).

Units: metres, kilograms, seconds, radians. z is up. Orientations are unit quaternions (x, y, z, w). Colours are sRGB,
0..1.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticUndefined

Vec3 = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
Colour = tuple[float, float, float]
UPRIGHT: Quaternion = (0.0, 0.0, 0.0, 1.0)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Texture(_Frozen):
    """A picture by rule (`worlds.textures`) or a file under the user's assets.

    Attributes:
        scale: its period in metres.
        mapped: a mesh has it where its own texture places say; `scale` is then what one period takes on the whole.
    """

    name: str
    seed: int = 0
    scale: float = Field(default=0.5, gt=0)
    colours: tuple[Colour, ...] = ()
    mapped: bool = False


class Material(_Frozen):
    """How a surface looks."""

    colour: Colour = (0.7, 0.7, 0.7)
    texture: Texture | None = None
    roughness: float = Field(default=0.6, ge=0, le=1)
    metallic: float = Field(default=0.0, ge=0, le=1)


class Sphere(_Frozen):
    """A ball."""

    kind: Literal["sphere"] = "sphere"
    radius: float = Field(gt=0)


class Box(_Frozen):
    """A box around the body's origin; `half` are half its edges."""

    kind: Literal["box"] = "box"
    half: Vec3


class Cylinder(_Frozen):
    """A cylinder along z, its middle at the origin."""

    kind: Literal["cylinder"] = "cylinder"
    radius: float = Field(gt=0)
    height: float = Field(gt=0)


class Capsule(_Frozen):
    """A cylinder along z with round ends; `height` is without them."""

    kind: Literal["capsule"] = "capsule"
    radius: float = Field(gt=0)
    height: float = Field(gt=0)


class Mesh(_Frozen):
    """A mesh by name: of the package's own (`worlds.meshes`) or an OBJ file under the user's assets.

    Attributes:
        up: of a file, which of its axes points up. The mesh is then turned upright and stretched to the unit box
            around the origin, so that `scale` is its size; what collides is its convex hull.
    """

    kind: Literal["mesh"] = "mesh"
    asset: str
    scale: Vec3 = (1.0, 1.0, 1.0)
    up: Literal["y", "z"] | None = None


class Build(_Frozen):
    """What somebody's body is like, and the cut of the clothes.

    Attributes:
        height: metres from the soles to the top of the head.
        girth: thickness of the trunk, over the usual.
        breadth: of the shoulders, over the usual.
        sleeves: 0 ends them under the shoulder, 1 at the wrist.
        shorts: instead of trousers down to the shoes.
        hair: empty for a bald head.
        bones: places of the joints of `people.figure` in their parents, where they are not the usual ones; metres.
    """

    height: float = Field(default=1.75, gt=0.5, lt=2.6)
    girth: float = Field(default=1.0, gt=0.6, lt=1.6)
    breadth: float = Field(default=1.0, gt=0.7, lt=1.4)
    sleeves: float = Field(default=0.4, ge=0, le=1)
    shorts: bool = False
    hair: Literal["", "short", "long", "bun"] = "short"
    bones: tuple[Vec3, ...] = ()


class Skin(_Frozen):
    """A piece of what covers a person, carried by those bodies that are the person's bones (`worlds.people.skin`).

    It is seen and not felt; its body stays where it starts, and `Trajectories.deforming` has its surface.

    Attributes:
        person: bones are the bodies called ``person.joint``.
    """

    kind: Literal["skin"] = "skin"
    person: str
    piece: Literal["skin", "shirt", "trousers", "shoes", "hair", "eyes"]
    build: Build = Build()


class Cushion(_Frozen):
    """A soft box with round sides, that things sink into (`worlds.effects.cushion`); it stays where it lies.

    Attributes:
        half: half its edges; its middle is as high as that, its rim lower.
        stiffness: newtons a metre, at each point where something presses (up to four a thing).
        damping: newtons for a metre a second, there.
        recovery: seconds in which a dent loses two thirds of its depth once nothing presses.
    """

    kind: Literal["cushion"] = "cushion"
    half: Vec3
    stiffness: float = Field(default=500.0, gt=0)
    damping: float = Field(default=30.0, ge=0)
    recovery: float = Field(default=0.3, gt=0)


class Water(_Frozen):
    """Water at rest in a box, with waves on it (`worlds.waves`); its surface is the box's upper side.

    Its body is not solid: things fall in, float or sink (`worlds.afloat`). What holds it are other bodies.

    Attributes:
        half: half the box's edges; waves run as fast as its depth lets them.
        damping: share of their speed that waves lose in a second.
    """

    kind: Literal["water"] = "water"
    half: Vec3
    damping: float = Field(default=0.4, ge=0)


Shape = Annotated[Sphere | Box | Cylinder | Capsule | Mesh | Cushion | Water | Skin, Field(discriminator="kind")]


class Part(_Frozen):
    """One of several shapes that make up a rigid body."""

    shape: Shape
    position: Vec3 = (0.0, 0.0, 0.0)
    orientation: Quaternion = UPRIGHT
    material: Material | None = None


class Role(StrEnum):
    """What a body is for: the set (floor, walls), what may be removed, what it may affect, what it must not."""

    SET = "set"
    REMOVABLE = "removable"
    AFFECTED = "affected"
    DISTRACTOR = "distractor"


class Keyframe(_Frozen):
    """Where a body that moves by itself (a hand, a conveyor) is at a time."""

    time: float = Field(ge=0)
    position: Vec3
    orientation: Quaternion = UPRIGHT


class Body(_Frozen):
    """A rigid body and how it starts.

    Attributes:
        name: unique in the scene; what instructions and reasoning call it.
        noun: a word or two for people ("red ball").
        mass: 0 stands still, or follows `path`.
        path: makes the body kinematic: it goes its way whatever is there, straight and evenly between keyframes.
        drawn: False for what is felt and not seen, such as the capsules under a person's skin.
        solid: False for what is seen and not felt, such as that skin; nothing collides with it.
    """

    name: str
    noun: str = ""
    role: Role = Role.AFFECTED
    shape: Shape
    parts: tuple[Part, ...] = ()
    material: Material = Material()
    mass: float = Field(default=1.0, ge=0)
    friction: float = Field(default=0.5, ge=0)
    rolling_friction: float = Field(default=0.0, ge=0)
    spinning_friction: float = Field(default=0.0, ge=0)
    restitution: float = Field(default=0.1, ge=0, le=1)
    linear_damping: float = Field(default=0.0, ge=0, le=1)
    angular_damping: float = Field(default=0.0, ge=0, le=1)
    position: Vec3 = (0.0, 0.0, 0.0)
    orientation: Quaternion = UPRIGHT
    velocity: Vec3 = (0.0, 0.0, 0.0)
    spin: Vec3 = (0.0, 0.0, 0.0)
    path: tuple[Keyframe, ...] = ()
    drawn: bool = True
    solid: bool = True


class Constraint(_Frozen):
    """A joint between two bodies, or one and the world (`b` empty). It goes when either of them goes.

    Attributes:
        at: pivot in `a`'s own frame; the pivot in `b` follows from how the scene starts.
        axis: of a hinge, in `a`'s own frame.
    """

    kind: Literal["fixed", "ball", "hinge"] = "fixed"
    a: str
    b: str = ""
    at: Vec3 = (0.0, 0.0, 0.0)
    axis: Vec3 = (0.0, 0.0, 1.0)


class Emitter(_Frozen):
    """What a body gives off where something hits it: crumbs, dust, smoke, or droplets where things pass its water.

    Attributes:
        owner: the body; without it there is none of this.
        faster: metres a second of approach; slower meetings give nothing off.
        amount: particles at the hardest impacts; weaker ones give off fewer.
        size: least and largest radius at the start, metres.
        colour: of the middle ones; they vary around it.
    """

    kind: Literal["debris", "dust", "smoke", "splash"]
    owner: str
    faster: float = Field(default=0.8, ge=0)
    amount: int = Field(default=40, ge=1, le=1000)
    size: tuple[float, float] = (0.005, 0.02)
    colour: Colour = (0.6, 0.55, 0.5)
    seed: int = 0


class Light(_Frozen):
    """A sun: where it shines from, how strongly, and how soft its shadows are."""

    towards: Vec3 = (0.4, -0.6, 1.0)
    colour: Colour = (1.0, 1.0, 1.0)
    strength: float = Field(default=0.7, ge=0)
    ambient: float = Field(default=0.45, ge=0)
    angle: float = Field(default=0.05, ge=0, description="apparent size, for renderers with soft shadows")


class Pose(_Frozen):
    """The camera at a time: `eye` looks at `target`."""

    time: float = Field(ge=0)
    eye: Vec3
    target: Vec3


class AssetFile(_Frozen):
    """A file of the user's that a scene depends on: its path in the folder of assets, and its SHA-256."""

    path: str
    sha256: str


class Camera(_Frozen):
    """A camera path, smooth through its poses.

    Attributes:
        fov: vertical field of view in radians.
        shake: metres by which a hand-held camera wanders, in a way that `shake_seed` fixes.
    """

    poses: tuple[Pose, ...] = Field(min_length=1)
    fov: float = Field(default=0.7, gt=0.05, lt=2.5)
    zoom: float = Field(default=1.0, gt=0, description="field of view at the end over that at the start")
    shake: float = Field(default=0.0, ge=0)
    shake_seed: int = 0


class Scene(_Frozen):
    """Everything that a simulation and its pictures depend on.

    Attributes:
        family, seed: where it was sampled.
        remove: the bodies that the counterfactual world has not got; all that is joined to nothing else then stays.
        promises: the family promises that something else changes when they go.
        steps: simulation steps a frame.
        instruction: how a person would ask for the removal.
        assets: files of the user's that it is made of (`worlds.assets`), in order of their paths.
    """

    version: Literal[1] = 1
    family: str
    seed: int
    bodies: tuple[Body, ...] = Field(min_length=1)
    constraints: tuple[Constraint, ...] = ()
    emitters: tuple[Emitter, ...] = ()
    lights: tuple[Light, ...] = (Light(),)
    camera: Camera
    backdrop: Texture = Texture(name="sky")
    gravity: Vec3 = (0.0, 0.0, -9.81)
    frames: int = Field(default=24, ge=1)
    rate: float = Field(default=12.0, gt=0)
    steps: int = Field(default=20, ge=1)
    remove: tuple[str, ...] = ()
    promises: bool = True
    instruction: str = ""
    assets: tuple[AssetFile, ...] = ()

    @model_validator(mode="after")
    def _refers_to_what_is_there(self) -> Self:
        names = [body.name for body in self.bodies]
        if len(set(names)) != len(names):
            raise ValueError("two bodies have one name")
        known = set(names)
        wanted = {*self.remove, *(c.a for c in self.constraints), *(c.b for c in self.constraints if c.b)}
        wanted |= {emitter.owner for emitter in self.emitters}
        if wanted - known:
            raise ValueError(f"no body is called {', '.join(sorted(wanted - known))}")
        return self

    def body(self, name: str) -> Body:
        """The body of that name. Raises KeyError."""
        for body in self.bodies:
            if body.name == name:
                return body
        raise KeyError(name)

    @property
    def digest(self) -> str:
        """SHA-256 of what the scene says other than by default, its numbers to nine digits.

        So a machine's last bits make no other scene of it, nor does a field that later versions add.
        """
        return hashlib.sha256(json.dumps(_told(self)).encode()).hexdigest()


def _told(value: object) -> JsonValue:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields.items()
        told = {name: (_told(getattr(value, name)), _told(field.default)) for name, field in fields}
        return {"is": type(value).__name__, **{name: one for name, (one, usual) in told.items() if one != usual}}
    if isinstance(value, tuple):
        return [_told(one) for one in value]
    if value is PydanticUndefined:
        return None
    return float(f"{value:.9g}") if isinstance(value, float) else cast(JsonValue, value)
