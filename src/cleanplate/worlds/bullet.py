"""Simulation with PyBullet: fixed steps, one thread, one client a call; the same scene goes the same way every time."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError, missing_extra
from cleanplate.worlds import quaternion
from cleanplate.worlds.afloat import AT_ONCE, Motion, Pool, Probes, probes_of
from cleanplate.worlds.bullet_shapes import collision_shape, smallest_extent
from cleanplate.worlds.impacts import ImpactWatch
from cleanplate.worlds.inertia import inertia
from cleanplate.worlds.paths import fastest, pose_at, start_of
from cleanplate.worlds.protocols import Contact, Trajectories
from cleanplate.worlds.scene import Body, Constraint, Cushion, Scene, Water

Array = NDArray[np.float64]

ITERATIONS = 100
"""Of the contact solver in each step."""
TOUCHING = 1e-3
"""Metres: nearer than this, two bodies touch."""
BOUNCES_ABOVE = 0.05
"""Metres a second: slower impacts do not bounce, so that things come to rest."""
STIFFNESS = 0.02
"""Share of a penetration that a step undoes. Bullet's own 0.2 makes elastic impacts 4 to 10 % too fast."""
REACH = 0.005
"""Metres that a body may go in a step at its first speed: as deep it can be in another before they part."""
DRIVEN_MASS = 1e4
"""Kilograms of a body that follows its path: so heavy that what it meets does not move it within a step."""
JOINT_FORCE = 1e5
"""Newtons that a joint can bear."""


def simulate_rigid(scene: Scene, without: Collection[str] = (), assets: Path | None = None) -> Trajectories:
    """How the scene goes on, without the named bodies and what joined them.

    Frame 0 is the start. A contact of a frame is one in any step since the frame before. Bodies that are joined
    pass through each other and never touch.

    Args:
        scene: what there is.
        without: names of bodies that are left out. The step length does not depend on them.
        assets: folder of the user's meshes.

    Raises:
        InputError: a name is no body's, or a mesh is missing or broken.
        ResourceError: PyBullet is not installed.
    """
    unknown = set(without) - {body.name for body in scene.bodies}
    if unknown:
        raise InputError(f"no body is called {', '.join(sorted(unknown))}", where=f"scene of '{scene.family}'")
    with _world(scene, without, assets) as world:
        return world.run()


def deepest_at_start(scene: Scene, assets: Path | None = None) -> float:
    """By how many metres two bodies that are not joined lie in each other at the start; 0 when none do.

    What lies in a cushion's box has pressed it in.
    """
    with _world(scene, (), assets) as world:
        return world.deepest()


def deepest_at_frames(scene: Scene, ways: Trajectories, assets: Path | None = None) -> Array:
    """T: by how many metres two bodies that are not joined lie in each other on each frame; as `deepest_at_start`."""
    gone = {body.name for body in scene.bodies} - set(ways.names)
    with _world(scene, gone, assets) as world:
        return np.array([world.deepest_at(ways, frame) for frame in range(len(ways))])


def steps_a_frame(scene: Scene, assets: Path | None = None) -> int:
    """`scene.steps`, or so many more that nothing passes `REACH` or half its own least radius in a step at first.

    Bullet's own continuous detection does not reach its multi-bodies; shorter steps serve all bodies alike.
    """
    finest = scene.steps
    for body in scene.bodies:
        if body.mass > 0 or body.path:
            speed = fastest(body.path) if body.path else float(np.linalg.norm(body.velocity))
            reach = min(smallest_extent(body, assets) / 2, REACH)
            finest = max(finest, int(np.ceil(speed / scene.rate / reach)))
    return finest


@contextmanager
def _world(scene: Scene, without: Collection[str], assets: Path | None) -> Iterator[_World]:
    try:
        import pybullet
    except ImportError:
        raise missing_extra("pybullet", "worlds") from None
    client = pybullet.connect(pybullet.DIRECT)
    try:
        yield _World(pybullet, client, scene, without, assets)
    finally:
        pybullet.disconnect(physicsClientId=client)


class _World:
    """A client with the scene's bodies in it. Its state is the simulator's."""

    def __init__(
        self, bullet: ModuleType, client: int, scene: Scene, without: Collection[str], assets: Path | None
    ) -> None:
        self._bullet, self._client, self._scene, self._assets = bullet, client, scene, assets
        self._bodies = [body for body in scene.bodies if body.name not in without]
        self._inertia = {body.name: inertia(body, assets) for body in self._bodies}
        joined = {name for constraint in scene.constraints for name in (constraint.a, constraint.b)}
        # What nothing feels need not be driven: where it is follows from its path alone.
        self._driven = [body for body in self._bodies if body.path and (body.solid or body.name in joined)]
        self._steps = steps_a_frame(scene, assets)
        self._step = 1.0 / (scene.rate * self._steps)
        self._call("setPhysicsEngineParameter", fixedTimeStep=self._step, numSolverIterations=ITERATIONS)
        self._call("setPhysicsEngineParameter", numSubSteps=0, deterministicOverlappingPairs=1)
        self._call("setPhysicsEngineParameter", restitutionVelocityThreshold=BOUNCES_ABOVE, contactERP=STIFFNESS)
        self._call("setGravity", *scene.gravity)
        with tempfile.TemporaryDirectory() as folder:
            self._ids = {body.name: self._add(body, assets, Path(folder)) for body in self._bodies}
        self._names = {number: name for name, number in self._ids.items()}
        self._apart: set[Contact] = set()
        self._let_driven_pass_set()
        self._let_all_pass_ghosts()
        self._pools = {
            body.name: Pool(body.shape, body.position, scene.gravity)
            for body in self._bodies
            if isinstance(body.shape, Water)
        }
        even = (n for n in range(2, self._steps + 1) if self._steps % n == 0 and n * self._step <= AT_ONCE)
        self._wet_every = max(even, default=1)
        self._probes = {
            body.name: probes_of(body, self._inertia[body.name], assets)
            for body in self._bodies
            if self._pools and body.solid and (body.mass or body.path)
        }
        for constraint in scene.constraints:
            if constraint.a in self._ids and (not constraint.b or constraint.b in self._ids):
                self._join(constraint)

    def _call(self, name: str, *args: object, **options: object) -> Any:
        return getattr(self._bullet, name)(*args, **options, physicsClientId=self._client)

    def run(self) -> Trajectories:
        """All frames."""
        poses = [self._poses(0)]
        contacts = [frozenset(self._touching_at_start())]
        levels = {name: [pool.waves.heights.astype(np.float32)] for name, pool in self._pools.items()}
        watch = ImpactWatch(self._call, self._ids, contacts[0]) if self._scene.emitters else None
        for frame in range(1, self._scene.frames):
            touching: set[Contact] = set()
            for step in range(self._steps):
                time = (frame - 1) / self._scene.rate + (step + 1) * self._step
                self._drive(time)
                if step % self._wet_every == 0:
                    self._float(self._wet_every * self._step)
                if watch:
                    watch.before_step()
                self._call("stepSimulation")
                touching |= self._touching()
                if watch:
                    watch.after_step(time, TOUCHING)
            poses.append(self._poses(frame))
            contacts.append(frozenset(touching))
            for name, pool in self._pools.items():
                levels[name].append(pool.waves.heights.astype(np.float32))
        table = np.stack(poses)
        return Trajectories(
            tuple(body.name for body in self._bodies),
            table[..., :3].copy(),
            table[..., 3:].copy(),
            tuple(contacts),
            impacts=tuple(watch.impacts) if watch else (),
            levels={name: np.stack(heights) for name, heights in levels.items()},
        )

    def deepest(self) -> float:
        """The deepest penetration, metres."""
        self._call("performCollisionDetection")
        soft = {self._ids[body.name] for body in self._bodies if isinstance(body.shape, Cushion)}
        hard = [point for point in self._call("getContactPoints") if not soft & {point[1], point[2]}]
        return max((-point[8] for point in hard), default=0.0) + 0.0

    def deepest_at(self, ways: Trajectories, frame: int) -> float:
        """The deepest penetration on a frame, metres."""
        for body in self._bodies:
            place = ways.index(body.name)
            position, orientation = self._centre(body, ways.positions[frame, place], ways.orientations[frame, place])
            number = self._ids[body.name]
            self._call("resetBasePositionAndOrientation", number, position.tolist(), orientation.tolist())
        return self.deepest()

    def _add(self, body: Body, assets: Path | None, scratch: Path) -> int:
        own = self._inertia[body.name]
        moves, position, orientation = _is_simulated(body), *self._centre(body, *start_of(body))
        shape = collision_shape(self._bullet, self._client, body, own, assets=assets, scratch=scratch)
        mass = DRIVEN_MASS if body.path else body.mass
        number: int = self._call("createMultiBody", mass, shape, -1, position.tolist(), orientation.tolist())
        self._call(
            "changeDynamics",
            number,
            -1,
            lateralFriction=body.friction,
            rollingFriction=body.rolling_friction,
            spinningFriction=body.spinning_friction,
            restitution=body.restitution,
            linearDamping=body.linear_damping if moves else 0.0,
            angularDamping=body.angular_damping if moves else 0.0,
            activationState=self._bullet.ACTIVATION_STATE_DISABLE_SLEEPING,
        )
        if isinstance(body.shape, Cushion):
            soft = {"contactStiffness": body.shape.stiffness, "contactDamping": body.shape.damping}
            self._call("changeDynamics", number, -1, **soft)
        if mass > 0:
            # A driven body is as hard to turn about every axis, so that it does not wobble on its way.
            moments = [mass * moment for moment in own.moments] if moves else [mass] * 3
            self._call("changeDynamics", number, -1, localInertiaDiagonal=moments)
        if moves:
            lever = quaternion.rotate(orientation, quaternion.rotate(quaternion.conjugate(own.axes), own.centre))
            velocity = np.add(body.velocity, np.cross(body.spin, lever))
            self._call("resetBaseVelocity", number, velocity.tolist(), body.spin)
        return number

    def _centre(self, body: Body, position: Array, orientation: Array) -> tuple[Array, Array]:
        """Where the mass centre and the principal axes are, of a body at a pose: the frame Bullet moves."""
        own = self._inertia[body.name]
        return position + quaternion.rotate(orientation, own.centre), quaternion.multiply(orientation, own.axes)

    def _join(self, constraint: Constraint) -> None:
        """A ball joint holds one point, a hinge two points of its axis, a fixed joint the whole pose."""
        points = [np.asarray(constraint.at)]
        if constraint.kind == "hinge":
            axis = np.asarray(constraint.axis) / np.linalg.norm(constraint.axis)
            reach = 0.5 * smallest_extent(self._scene.body(constraint.a), self._assets)
            points = [points[0] - reach * axis, points[0] + reach * axis]
        kind = self._bullet.JOINT_FIXED if constraint.kind == "fixed" else self._bullet.JOINT_POINT2POINT
        a, b = self._scene.body(constraint.a), self._scene.body(constraint.b) if constraint.b else None
        if not b or not (b.mass > 0 or b.path):
            b_id, b_pose = -1, (np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
        else:
            b_id, b_pose = self._ids[b.name], self._centre(b, *start_of(b))
        a_pose = self._centre(a, *start_of(a))
        for point in points:
            position, orientation = start_of(a)
            pivot = position + quaternion.rotate(orientation, point)
            a_frame, b_frame = _seen_from(a_pose, pivot), _seen_from(b_pose, pivot)
            joint = self._call(
                "createConstraint",
                self._ids[a.name],
                -1,
                b_id,
                -1,
                kind,
                [0.0, 0.0, 0.0],
                a_frame[0].tolist(),
                b_frame[0].tolist(),
                a_frame[1].tolist(),
                b_frame[1].tolist(),
            )
            self._call("changeConstraint", joint, maxForce=JOINT_FORCE)
        if b:
            self._let_pass(a.name, b.name)

    def _let_driven_pass_set(self) -> None:
        """What follows a path goes its way through what stands still, and through others of its kind."""
        still = [body.name for body in self._bodies if not _is_simulated(body)]
        for driven in (body.name for body in self._bodies if body.path):
            for other in still:
                if other != driven:
                    self._let_pass(driven, other)

    def _let_all_pass_ghosts(self) -> None:
        for ghost in (body.name for body in self._bodies if not body.solid):
            for other in self._ids:
                if other != ghost:
                    self._let_pass(ghost, other)

    def _drive(self, time: float) -> None:
        """Gives each driven body the velocity that brings it to its place at `time`, the end of the next step.

        Gravity would add to it within the step, so that much is taken off.
        """
        for body in self._driven:
            number = self._ids[body.name]
            here, turned = self._call("getBasePositionAndOrientation", number)
            there, turn = self._centre(body, *pose_at(body.path, time))
            velocity = (there - here) / self._step - np.asarray(self._scene.gravity) * self._step
            spin = quaternion.rotation_vector(quaternion.multiply(turn, quaternion.conjugate(turned))) / self._step
            self._call("resetBaseVelocity", number, velocity.tolist(), spin.tolist())

    def _float(self, seconds: float) -> None:
        """Water and bodies act on each other for so long. What is driven goes its way, and pushes water too."""
        for pool in self._pools.values():
            for body in self._bodies:
                if body.name in self._probes:
                    self._wet(body, self._probes[body.name], pool, seconds)
            pool.waves.step(seconds)

    def _wet(self, body: Body, probes: Probes, pool: Pool, seconds: float) -> None:
        number = self._ids[body.name]
        place, turn = (np.asarray(v) for v in self._call("getBasePositionAndOrientation", number))
        if not pool.reaches(body.name, probes, place):
            return
        if not _is_simulated(body):
            pool.wet(body.name, probes, place, turn)
            return
        motion = Motion(place, turn, *(np.asarray(v) for v in self._call("getBaseVelocity", number)))
        pushed = pool.pushed(body, self._inertia[body.name], probes, motion, seconds)
        if pushed:
            self._call("resetBaseVelocity", number, pushed.velocity.tolist(), pushed.spin.tolist())

    def _poses(self, frame: int) -> Array:
        """N x 7: positions and quaternions of the bodies' own frames."""
        rows = np.empty((len(self._bodies), 7))
        for row, body in zip(rows, self._bodies, strict=True):
            if frame == 0 or not _is_simulated(body):
                position, orientation = pose_at(body.path, frame / self._scene.rate) if body.path else start_of(body)
            else:
                own = self._inertia[body.name]
                centre, axes = self._call("getBasePositionAndOrientation", self._ids[body.name])
                orientation = quaternion.multiply(axes, quaternion.conjugate(own.axes))
                position = np.asarray(centre) - quaternion.rotate(orientation, own.centre)
            row[:3], row[3:] = position, orientation
        return rows

    def _touching_at_start(self) -> set[Contact]:
        """By distance: before the first step Bullet has no contact for faces that lie exactly on each other."""
        pairs = combinations(sorted(self._ids), 2)
        return {
            pair
            for pair in map(frozenset, pairs)
            if pair not in self._apart
            and self._call("getClosestPoints", *(self._ids[name] for name in sorted(pair)), TOUCHING)
        }

    def _let_pass(self, a: str, b: str) -> None:
        self._apart.add(frozenset((a, b)))
        self._call("setCollisionFilterPair", self._ids[a], self._ids[b], -1, -1, 0)

    def _touching(self) -> set[Contact]:
        points = self._call("getContactPoints")
        return {frozenset((self._names[point[1]], self._names[point[2]])) for point in points if point[8] <= TOUCHING}


def _is_simulated(body: Body) -> bool:
    return body.mass > 0 and not body.path


def _seen_from(pose: tuple[Array, Array], pivot: Array) -> tuple[Array, Array]:
    """A world-aligned frame at `pivot`, in the frame of a pose."""
    back = quaternion.conjugate(pose[1])
    return quaternion.rotate(back, pivot - pose[0]), back
