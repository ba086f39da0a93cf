"""void-nano: its numbers against the definition, what it learns from, whole runs, stopped and gone on with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file

from cleanplate.errors import CleanplateError, InputError
from cleanplate.masks.labels import AFFECTED, KEEP, OVERLAP, REMOVE, affected, removed
from cleanplate.models.mixture.counting import size_of
from cleanplate.models.mixture.initial import initialise
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.moving.compose import compose, moved, settled, smoothed
from cleanplate.models.moving.scene import answer, pictures, residual_of, seen_of, shift_of, told
from cleanplate.models.store.loading import load, save
from cleanplate.train.slips import cells_of_clip, degrade, ever_of, read_errors
from cleanplate.train.starting import begun
from cleanplate.train.void_nano.objective import compared, lesson, widened
from cleanplate.train.void_nano.pairs import Example, Kept, PairDataset, chosen, shown, validation
from cleanplate.train.void_nano.preview import scores
from cleanplate.train.void_nano.recipe import Masks, Pairs, Variety
from cleanplate.train.void_nano.recipes import RECIPES
from cleanplate.train.void_nano.run import train
from cleanplate.train.void_nano.variety import Window, coloured, made_up, mirrored, nearer, varied
from cleanplate.worlds.families import TRAINING
from cleanplate.worlds.moves import Moves
from drawn_moves import COLUMNS, FRAMES, ROWS, recipe, square, write_squares
from interrupted import Stopped, curve

CPU = torch.device("cpu")


def example(seed: int = 3) -> Example:
    pair = square(seed)
    return Example(pair, pair.labels, pair.clean, seed)


def test_the_package_can_hold_it() -> None:
    assert size_of(RECIPES["nano"].system.transformer).parameters <= 12_500_000


def test_moved_is_opencvs_remap() -> None:
    random = np.random.default_rng(0)
    plate = random.integers(0, 256, (FRAMES, ROWS, COLUMNS, 3), np.uint8)
    shift = random.normal(0, 4, (FRAMES, 2, ROWS, COLUMNS)).astype(np.float32)
    got = moved(pictures(plate), torch.from_numpy(shift)).permute(0, 2, 3, 1).numpy()
    columns, rows = np.meshgrid(np.arange(COLUMNS, dtype=np.float32), np.arange(ROWS, dtype=np.float32))
    for frame in range(FRAMES):
        x, y = columns + shift[frame, 0], rows + shift[frame, 1]
        picture = plate[frame].astype(np.float32) / 255
        expected = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        np.testing.assert_allclose(got[frame], expected, atol=1 / 32)  # OpenCV knows 32 places within a pixel


def test_an_answer_says_what_was_put_into_it() -> None:
    generator = torch.Generator().manual_seed(0)
    shift = torch.randn((2, 2, 8, 12), generator=generator) * 5
    seen = torch.rand((2, 8, 12), generator=generator)
    residual = torch.randn((2, 3, 8, 12), generator=generator)
    said = answer(shift, seen, residual)
    for got, expected in ((shift_of(said), shift), (seen_of(said)[:, 0], seen), (residual_of(said), residual)):
        torch.testing.assert_close(got, expected)


def test_what_is_told() -> None:
    pair = square(0)
    scene = told(pair.plate, pair.clean, pair.labels, "quadmask")[0]
    assert scene.shape == (9, FRAMES, ROWS, COLUMNS)
    np.testing.assert_allclose(scene[:3].permute(1, 2, 3, 0), pair.plate / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(scene[6], np.isin(pair.labels, (0, 63)))
    np.testing.assert_array_equal(scene[7], np.isin(pair.labels, (63, 127)))
    there = (pair.plate != pair.clean).any(axis=-1) & (pair.labels == 127)
    np.testing.assert_array_equal(scene[8], there)  # the square is far brighter than what is behind it
    assert 0 < there.sum() < np.isin(pair.labels, (63, 127)).sum()


def test_the_true_answer_makes_the_truth_and_has_no_error() -> None:
    given = lesson(example(), recipe(), CPU)
    assert given.reach is not None
    made = compose(given.plate, given.clean, given.answer)
    inside = given.reach.inside[:, None]
    torch.testing.assert_close(made * inside, given.truth * inside, atol=1e-5, rtol=0)
    found = compared(given.answer, given, inside)
    assert all(float(found[name]) < 1e-5 for name in ("colour", "shift", "residual"))
    torch.testing.assert_close(settled(given.scene, given.answer), given.answer, atol=1e-5, rtol=0)
    assert scores(given.truth, given)["PSNR"] > 70 > scores(given.truth, given)["PSNR clean plate"]


@pytest.mark.parametrize("channel", ["shift", "residual"])
def test_every_error_counts(channel: str) -> None:
    given = lesson(example(), recipe(), CPU)
    assert given.reach is not None
    places = {"shift": slice(0, 2), "residual": slice(3, 6)}
    wrong = given.answer.clone()
    wrong[:, places[channel]] += 0.3
    found = compared(wrong, given, given.reach.inside[:, None])
    assert float(found[channel]) == pytest.approx(0.3, rel=1e-4)
    assert all(float(found[other]) < 1e-5 for other in ("shift", "residual") if other != channel)
    assert float(found["colour"]) > 0.003


def test_what_is_missing_counts_and_what_is_far_from_where_things_are_but_not_what_is_near_them() -> None:
    given = lesson(example(), recipe(), CPU)
    assert given.reach is not None
    inside = given.reach.inside[:, None]
    near, said = given.near > 0, {}
    for name, here in {"none": near & False, "near": near, "all": near | True}.items():
        said[name] = given.answer.clone()
        said[name][:, 2:3] = torch.where(here, 1.0, -1.0)
    there = torch.stack(torch.meshgrid(torch.arange(ROWS), torch.arange(COLUMNS), indexing="ij")[::-1]).float()
    middle = (given.scene[0, 8].sum(dim=0) * there).sum(dim=(1, 2)) / given.scene[0, 8].sum()
    elsewhere = said["all"].clone()  # everything shows the square that the plate has
    elsewhere[:, :2] = (middle[:, None, None] - there) / (ROWS / 4)
    found = {name: compared(one, given, inside) for name, one in (said | {"elsewhere": elsewhere}).items()}
    assert float(found["none"]["seen"]) == pytest.approx(1)
    assert float(found["near"]["seen"]) < 1e-6
    far = float((~near & inside).sum() / (given.scene[0, 8][:, None] * inside).sum())
    assert 0.05 * far < float(found["elsewhere"]["seen"]) < 0.36 * far  # means at borders point past it
    assert all(float(found[name]["colour"]) < 1e-5 for name in said)


def test_outlines_are_those_of_the_plate() -> None:
    pair = square(3)
    labels = np.where(pair.labels == OVERLAP, REMOVE, pair.labels)  # the shelf is nothing that moves
    given = lesson(Example(pair, labels, pair.clean, 3), recipe(), CPU)
    rough = given.answer.clone()
    rough[:, 2] = 1  # everywhere, and yet nothing is seen but the square where it has come from
    found = seen_of(settled(given.scene, rough)) > 0.5
    near = given.near > 0
    assert torch.equal(found & near, (given.seen > 0.5) & near)


def test_neighbours_move_alike() -> None:
    columns = torch.arange(COLUMNS, dtype=torch.float32).expand(2, 2, ROWS, COLUMNS)
    noise = torch.randn(columns.shape, generator=torch.Generator().manual_seed(0))
    inner = (..., slice(8, -8), slice(8, -8))
    torch.testing.assert_close(smoothed(columns)[inner], columns[inner])
    torch.testing.assert_close(smoothed(torch.full_like(columns, 3.0)), torch.full_like(columns, 3.0))
    assert smoothed(noise).std() < 0.15


def test_what_is_said_too_often_can_be_unlearned() -> None:
    given = lesson(example(), recipe(), CPU)
    assert given.reach is not None
    said = given.answer.clone()
    said[:, 2] = 3
    said.requires_grad_()
    (gradient,) = torch.autograd.grad(compared(said, given, given.reach.inside[:, None])["seen"], said)
    assert (gradient[:, 2] > 0).any()


def test_shifts_are_carried_on_around_what_is_seen() -> None:
    pair = square(3)
    shift, counts = widened(pair)
    seen = pair.shown & (pair.cover > 0)
    np.testing.assert_array_equal(shift[seen], pair.shift[seen].astype(np.float32))
    assert (counts[seen] == 1).all()
    for frame in np.flatnonzero(seen.any(axis=(1, 2))):
        (fallen,) = np.unique(pair.shift[frame][seen[frame]], axis=0)
        assert (shift[frame] == fallen).all()
    beside = counts[~seen]
    assert 0 <= beside.min() < beside.max() < 0.5
    assert (counts[:, :, 0] == 0).any()
    nothing = replace(pair, shown=np.zeros_like(pair.shown))
    assert not widened(nothing)[1].any()


def test_where_the_model_is_told_to_keep_the_plate_stays() -> None:
    pair = square(3)
    given = lesson(Example(pair, np.full_like(pair.labels, KEEP), pair.clean, 0), recipe(), CPU)
    assert given.reach is None
    torch.testing.assert_close(given.clean, given.plate)


def test_mirrored_twice_is_as_before_and_once_still_true() -> None:
    pair = square(3)
    other = mirrored(pair)
    for name in pair.tracks:
        np.testing.assert_array_equal(getattr(mirrored(other), name), getattr(pair, name))
    given = lesson(Example(other, other.labels, other.clean, 0), recipe(), CPU)
    torch.testing.assert_close(compose(given.plate, given.clean, given.answer), given.truth, atol=1e-5, rtol=0)


def test_other_colours_are_still_true() -> None:
    other = coloured(square(3), np.random.default_rng(5))
    assert (other.plate != square(3).plate).mean() > 0.5
    given = lesson(Example(other, other.labels, other.clean, 0), recipe(), CPU)
    bare = given.answer.clone()
    bare[:, 3:] = 0
    torch.testing.assert_close(compose(given.plate, given.clean, bare), given.truth, atol=1e-5, rtol=0)


def test_a_window_of_whole_pixels_is_cut_out_and_what_comes_from_outside_it_is_not_shown() -> None:
    pair = square(3)
    top, left, rows, columns = 6, 4, ROWS // 2, COLUMNS // 2
    got = nearer(pair, Window(top, left, rows, columns))
    cut = (slice(None), slice(top, top + rows), slice(left, left + columns))
    np.testing.assert_array_equal(got.labels[:, ::2, ::2], pair.labels[cut])
    np.testing.assert_array_equal(got.labels[:, 1::2, 1::2], pair.labels[cut])
    np.testing.assert_array_equal(got.shift[:, ::2, ::2], 2 * pair.shift[cut])
    comes_from = np.arange(top, top + rows)[None, :, None] + pair.shift[cut][..., 1].astype(float)
    np.testing.assert_array_equal(got.shown[:, ::2, ::2], pair.shown[cut] & (comes_from > top - 0.3))
    assert pair.shown[cut].sum() > got.shown[:, ::2, ::2].sum() > 0


def test_a_clean_plate_is_told_as_engines_make_it_up_and_the_picture_made_over_the_true_one(tmp_path: Path) -> None:
    plain, always = (recipe(variety=Variety(made_up=part).model_dump()) for part in (0.0, 1.0))
    write_squares(tmp_path, plain)
    for known, made in zip(*(PairDataset(tmp_path, of)[0] for of in (plain, always)), strict=True):
        kept = known.labels == KEEP
        np.testing.assert_array_equal(known.clean, known.moves.clean)
        np.testing.assert_array_equal(made.clean[kept], made.moves.clean[kept])
        assert (made.clean[~kept] != made.moves.clean[~kept]).any()
        given, same = (lesson(one, plain, CPU) for one in (made, known))
        torch.testing.assert_close(given.clean, same.clean)
        assert not torch.equal(given.scene[0, 3:6], same.scene[0, 3:6])


def test_made_up_ground_comes_from_near_by() -> None:
    columns = np.arange(COLUMNS, dtype=np.uint8) * 5
    clean = np.broadcast_to(columns[None, None, :, None], (FRAMES, ROWS, COLUMNS, 3)).copy()
    labels = np.full(clean.shape[:3], AFFECTED, np.uint8)
    found = made_up(clean, labels, np.random.default_rng(0)).astype(int)
    away = np.abs(found - clean)[:, :, 12:-12] / 5
    assert 0.5 < away.min() <= away.max() < 10.5


def test_a_pair_comes_in_many_ways() -> None:
    variety = Variety(mirrored=0.5, nearer=0.5, coloured=0.5)
    ways = {varied(square(3), variety, np.random.default_rng(n)).plate.tobytes() for n in range(24)}
    assert len(ways) > 18
    as_it_is = varied(square(3), Variety(mirrored=0, nearer=0, coloured=0), np.random.default_rng(0))
    np.testing.assert_array_equal(as_it_is.plate, square(3).plate)


def test_quadmasks_are_shown_as_they_come_in_use() -> None:
    labels = square(3).labels
    exact = shown(labels, Masks(exact=1, gridded=0, grow=0), np.random.default_rng(0))
    np.testing.assert_array_equal(exact, labels)
    grown = shown(labels, Masks(exact=1, gridded=0, grow=3), np.random.default_rng(1))
    assert ((grown != KEEP) >= (labels != KEEP)).all()
    assert (grown != KEEP).sum() > (labels != KEEP).sum()
    several = {shown(labels, Masks(exact=0, gridded=0), np.random.default_rng(n)).tobytes() for n in range(4)}
    assert len(several) == 4


def test_quadmasks_are_shown_with_the_slips_that_were_measured() -> None:
    labels = square(3).labels
    slipped = [shown(labels, Masks(exact=0, gridded=0), np.random.default_rng(n)) for n in range(60)]
    random = np.random.default_rng(7)
    random.random()  # which of the ways of showing it
    np.testing.assert_array_equal(slipped[7], degrade(labels, random, read_errors()))
    true, found = (ever_of(cells_of_clip(affected(one))) for one in (labels, np.concatenate(slipped)))
    assert (found & ~true).any()
    told = np.array([(ever_of(cells_of_clip(affected(one))) & true).sum() / true.sum() for one in slipped])
    assert (told == 0).any()
    assert (told == 1).any()
    assert all((removed(one) == removed(labels)).all() for one in slipped)


def test_the_ablation_is_told_of_one_mask_alone() -> None:
    given = lesson(example(), recipe(mask="binary"), CPU)
    assert not given.scene[0, 7].any()
    assert given.scene[0, 6].sum() == (square(3).labels != KEEP).sum()


def test_a_pair_without_a_sound_scene_takes_the_next_seed(tmp_path: Path) -> None:
    pairs = recipe().pairs
    kept = Kept(tmp_path, pairs, 5, 6)
    kept.folder.mkdir()
    square(7).save(kept.folder / "support-000000000011.npz")
    (kept.folder / "support-000000000005.skipped").write_text("nothing changes\n")
    np.testing.assert_array_equal(kept[0].plate, square(7).plate)
    for turn in range(20):
        (kept.folder / f"support-{5 + 6 * turn:012d}.skipped").write_text("nothing changes\n")
    with pytest.raises(CleanplateError, match="no sound scene"):
        kept[0]


def test_seeds_of_pairs_that_are_held_back_come_before_the_others() -> None:
    pairs = recipe().pairs
    first = pairs.held * 21
    assert validation(recipe(pairs=pairs.model_dump() | {"seed": first}).pairs) == 0
    with pytest.raises(ValidationError, match="held back"):
        recipe(pairs=pairs.model_dump() | {"seed": first - 1})


def test_a_run_may_learn_from_some_families(tmp_path: Path) -> None:
    pairs = Pairs(count=2 * len(TRAINING), held=len(TRAINING), families=("tower", "support"), seed=2_000_000)
    places = [TRAINING.index(name) for name in ("support", "tower")]
    assert sorted(chosen(pairs, pairs.count)) == sorted([*places, *(place + len(TRAINING) for place in places)])
    assert sorted(chosen(pairs, pairs.held)) == sorted(places)
    some = recipe(pairs=recipe().pairs.model_dump() | {"count": 6, "families": (TRAINING[1], TRAINING[4])})
    write_squares(tmp_path, some)
    known = {square(some.pairs.seed + n).plate.tobytes() for n in (1, 4)}
    plain = some.model_copy(update={"variety": Variety(mirrored=0, nearer=0, coloured=0, made_up=0)})
    taken = [one.moves.plate.tobytes() for step in range(3) for one in PairDataset(tmp_path, plain)[step]]
    assert set(taken) == known
    with pytest.raises(InputError, match="levitates"):
        chosen(Pairs(families=("levitates",)), 10)
    with pytest.raises(InputError, match="none is of"):
        chosen(Pairs(families=(TRAINING[-1],)), 2)


def test_processes_share_a_step(tmp_path: Path) -> None:
    write_squares(tmp_path, recipe())
    alone = PairDataset(tmp_path, recipe())[1]
    parts = [PairDataset(tmp_path, recipe(), rank=rank, ranks=2)[1] for rank in range(2)]
    assert [one.position for one in alone] == [one.position for part in parts for one in part]
    np.testing.assert_array_equal(alone[1].labels, parts[1][0].labels)


def test_a_stopped_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    data = write_squares(tmp_path / "pairs", recipe())
    whole = train(recipe(), tmp_path / "whole", data)
    with pytest.raises(KeyboardInterrupt):
        train(recipe(), tmp_path / "run", data, progress=Stopped(3))
    model = train(recipe(), tmp_path / "run", data)
    expected = load_file(whole / "model.safetensors")
    assert all(torch.equal(tensor, expected[name]) for name, tensor in load_file(model / "model.safetensors").items())
    assert curve(tmp_path / "run") == curve(tmp_path / "whole")
    loaded, system = load(model)
    assert system == recipe().delivered
    assert loaded.config == system.transformer


def test_a_step_may_have_nothing_to_do(tmp_path: Path) -> None:
    """As where a window shows nothing of what changes: its gradient is none, and the run goes on."""
    taught = recipe(steps=2)
    data = write_squares(tmp_path / "pairs", taught)
    for path in (data / f"{ROWS}x{COLUMNS}").glob("*.npz"):
        still = Moves.load(path)
        replace(still, labels=np.full_like(still.labels, KEEP)).save(path)
    train(taught, tmp_path / "run", data)
    assert [line["loss colour"] for line in curve(tmp_path / "run") if "loss colour" in line] == [0, 0]


def test_a_run_begins_with_the_weights_of_another(tmp_path: Path) -> None:
    data = write_squares(tmp_path / "pairs", recipe())
    given = initialise(Mixture(recipe().system.transformer), torch.Generator().manual_seed(9))
    save(given, recipe().system, tmp_path / "given")
    model = begun(recipe().system.transformer, tmp_path / "given", seed=0)
    for name, weight in given.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], weight, rtol=0, atol=0, msg=name)
    other = RECIPES["nano-smoke"].system
    save(Mixture(other.transformer), other, tmp_path / "other")
    with pytest.raises(InputError, match="another transformer"):
        train(recipe(start=tmp_path / "other"), tmp_path / "no", data)
    assert not (tmp_path / "no").exists()


def test_it_learns_where_squares_fall(tmp_path: Path) -> None:
    exact = {"exact": 1, "gridded": 0, "grow": 0}
    taught = recipe(steps=120, every={"log": 20, "save": 120, "preview": 120}, ema=0.9, masks=exact)
    train(taught, tmp_path / "run", write_squares(tmp_path / "pairs", taught))
    held_back = curve(tmp_path / "run")[-1]
    assert held_back["sampled PSNR"] > held_back["sampled PSNR clean plate"] + 4
