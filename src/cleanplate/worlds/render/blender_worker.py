"""Runs inside Blender's own Python: reads a job (JSON), writes one multilayer EXR file a frame. No cleanplate here.

    python blender_worker.py JOB.json

A frame whose file is there already is not rendered again. Progress: one line a frame on standard output.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

_REST = "rest"
"""Where the vertices of a surface that changes its shape lie on its texture."""


def main(job_file: str) -> None:
    """Build the scene, render what is missing."""
    job = json.loads(Path(job_file).read_text())
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    _settings(scene, job)
    _world(scene, job["backdrop"], job["ambient"])
    for light in job["lights"]:
        _sun(scene, light)
    for body in job["bodies"]:
        (_soft if "surface" in body else _body)(scene, body)
    _camera(scene, job["cameras"])
    for frame, path in enumerate(job["outputs"]):
        if os.path.exists(path):
            continue
        scene.frame_set(frame)
        scene.render.filepath = f"{path}.part.exr"
        bpy.ops.render.render(write_still=True)
        os.replace(f"{path}.part.exr", path)
        print(f"frame {frame}", flush=True)


def _settings(scene: Any, job: dict[str, Any]) -> None:
    render, cycles = scene.render, scene.cycles
    render.engine, render.resolution_percentage = "CYCLES", 100
    render.resolution_x, render.resolution_y = job["width"], job["height"]
    render.use_motion_blur, render.motion_blur_shutter = job["shutter"] > 0, max(job["shutter"], 0.01)
    render.threads_mode, render.threads = "FIXED", job["threads"]
    render.film_transparent, render.use_persistent_data = False, True
    cycles.device, cycles.samples, cycles.seed = "CPU", job["samples"], job["seed"] % 2**31
    cycles.use_denoising, cycles.use_adaptive_sampling = job["denoise"], False
    cycles.max_bounces = 6
    layer = scene.view_layers[0]
    layer.use_pass_z = layer.use_pass_cryptomatte_object = True
    layer.pass_cryptomatte_depth = 6
    images = render.image_settings
    images.media_type, images.file_format = "MULTI_LAYER_IMAGE", "OPEN_EXR_MULTILAYER"
    images.color_depth, images.exr_codec = "32", "ZIP"


def _world(scene: Any, backdrop: dict[str, Any], ambient: float) -> None:
    """A sky that pales towards the horizon, or a picture around everything."""
    world = bpy.data.worlds.new("world")
    scene.world = world
    world.use_nodes = True
    tree = world.node_tree
    tree.nodes.clear()
    background, output = tree.nodes.new("ShaderNodeBackground"), tree.nodes.new("ShaderNodeOutputWorld")
    tree.links.new(background.outputs[0], output.inputs[0])
    background.inputs["Strength"].default_value = ambient
    if backdrop.get("picture"):
        image = tree.nodes.new("ShaderNodeTexEnvironment")
        image.image = bpy.data.images.load(backdrop["picture"])
        tree.links.new(image.outputs[0], background.inputs["Color"])
        background.inputs["Strength"].default_value = ambient * backdrop["exposure"]
        return
    place, split = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    tree.links.new(place.outputs["Generated"], split.inputs[0])
    tree.links.new(split.outputs["Z"], ramp.inputs[0])
    tree.links.new(ramp.outputs[0], background.inputs["Color"])
    ramp.color_ramp.elements[0].color = (*_linear(backdrop["horizon"]), 1)
    ramp.color_ramp.elements[1].color = (*_linear(backdrop["zenith"]), 1)


def _sun(scene: Any, light: dict[str, Any]) -> None:
    sun = bpy.data.lights.new("sun", "SUN")
    sun.energy, sun.angle, sun.color = light["strength"] * 4.0, light["angle"], _linear(light["colour"])
    node = bpy.data.objects.new("sun", sun)
    node.rotation_mode = "QUATERNION"
    node.rotation_quaternion = _vector(light["towards"]).to_track_quat("Z", "Y")
    scene.collection.objects.link(node)


def _body(scene: Any, body: dict[str, Any]) -> None:
    """An empty that moves, with the body's parts on it; parts bear the body's name, which the mattes go by."""
    hub = bpy.data.objects.new(f"hub {body['name']}", None)
    scene.collection.objects.link(hub)
    hub.rotation_mode = "QUATERNION"
    for frame, (position, turn) in enumerate(zip(body["positions"], body["orientations"], strict=True)):
        hub.location, hub.rotation_quaternion = position, (turn[3], *turn[:3])
        hub.keyframe_insert("location", frame=frame)
        hub.keyframe_insert("rotation_quaternion", frame=frame)
    for number, part in enumerate(body["parts"]):
        mesh = bpy.data.meshes.new("mesh")
        mesh.from_pydata(part["vertices"], [], part["faces"])
        if part["uvs"]:
            mesh.uv_layers.new(name="uv").data.foreach_set("uv", [one for place in part["uvs"] for one in place])
        mesh.materials.append(_material(part["material"]))
        if part["smooth"]:
            mesh.shade_smooth()
        node = bpy.data.objects.new(f"{body['name']}|{number}", mesh)
        node.parent, node.rotation_mode = hub, "QUATERNION"
        node.location, turn = part["position"], part["orientation"]
        node.rotation_quaternion = (turn[3], *turn[:3])
        scene.collection.objects.link(node)


def _soft(scene: Any, body: dict[str, Any]) -> None:
    """A surface that is another mesh on every frame: one shape key for each, so that motion blur sees it move."""
    with np.load(body["surface"]) as numbers:
        vertices, faces, rest = numbers["vertices"], numbers["faces"], numbers["rest"]
    mesh = bpy.data.meshes.new("mesh")
    mesh.from_pydata(vertices[0], [], faces)
    mesh.attributes.new(_REST, "FLOAT_VECTOR", "POINT").data.foreach_set("vector", rest.ravel())
    mesh.materials.append(_material(body["material"], _REST))
    mesh.shade_smooth()
    node = bpy.data.objects.new(f"{body['name']}|0", mesh)
    scene.collection.objects.link(node)
    for place in vertices:
        key = node.shape_key_add(from_mix=False)
        key.interpolation = "KEY_LINEAR"
        key.data.foreach_set("co", place.ravel())
    keys = mesh.shape_keys
    keys.use_relative = False
    for frame, key in enumerate(keys.key_blocks):
        keys.eval_time = key.frame
        keys.keyframe_insert("eval_time", frame=frame)


def _material(look: dict[str, Any], rest: str = "") -> Any:
    """Its patterns lie in the object's own space, or where the mesh's attribute `rest` says."""
    material = bpy.data.materials.new("material")
    material.use_nodes = True
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*_linear(look["colour"]), 1)
    shader.inputs["Roughness"].default_value, shader.inputs["Metallic"].default_value = (
        look["roughness"],
        look["metallic"],
    )
    if look["maps"]:
        _maps(tree, shader, look, rest)
    return material


def _maps(tree: Any, shader: Any, look: dict[str, Any], rest: str) -> None:
    """Pictures of colour, roughness, normals and metal: by the mesh's own places, or from three sides in metres."""
    texture, mapped = look["texture"], look["texture"]["mapped"]
    place = tree.nodes.new("ShaderNodeAttribute" if rest else "ShaderNodeTexCoord")
    if rest:
        place.attribute_name = rest
    out = place.outputs["Vector" if rest else "UV" if mapped else "Object"]
    if not mapped:
        scaled = tree.nodes.new("ShaderNodeMapping")
        scaled.inputs["Scale"].default_value = (1 / texture["scale"],) * 3
        tree.links.new(out, scaled.inputs[0])
        out = scaled.outputs[0]
    for kind, file in look["maps"].items():
        image = tree.nodes.new("ShaderNodeTexImage")
        image.image = bpy.data.images.load(file, check_existing=True)
        image.projection, image.projection_blend = "FLAT" if mapped else "BOX", 0.2
        tree.links.new(out, image.inputs[0])
        if kind == "colour":
            tree.links.new(image.outputs[0], shader.inputs["Base Color"])
            continue
        image.image.colorspace_settings.name = "Non-Color"
        if kind == "normal":
            # The directions of its axes are known only where it lies by the mesh's own places.
            if mapped:
                normal = tree.nodes.new("ShaderNodeNormalMap")
                tree.links.new(image.outputs[0], normal.inputs["Color"])
                tree.links.new(normal.outputs[0], shader.inputs["Normal"])
        else:
            tree.links.new(image.outputs[0], shader.inputs[kind.capitalize()])


def _camera(scene: Any, cameras: list[dict[str, Any]]) -> None:
    data = bpy.data.cameras.new("camera")
    node = bpy.data.objects.new("camera", data)
    scene.collection.objects.link(node)
    scene.camera = node
    node.rotation_mode, data.sensor_fit = "QUATERNION", "VERTICAL"
    for frame, camera in enumerate(cameras):
        node.location = camera["eye"]
        away = _vector(camera["eye"]) - _vector(camera["target"])
        node.rotation_quaternion = away.to_track_quat("Z", "Y")
        data.angle_y = camera["fov"]
        node.keyframe_insert("location", frame=frame)
        node.keyframe_insert("rotation_quaternion", frame=frame)
        data.keyframe_insert("lens", frame=frame)


def _vector(values: list[float]) -> Any:
    from mathutils import Vector

    return Vector(values)


def _linear(colour: list[float]) -> tuple[float, ...]:
    """Linear light of an sRGB colour."""
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)


if __name__ == "__main__":
    main(sys.argv[1])
