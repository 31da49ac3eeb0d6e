"""The pictures that the demo draws for itself."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image
from sample_projects import SAMPLES, load_program

from mltui.config.project import read_project
from mltui.domain.pipeline import parameters_for, pipeline
from mltui.steps.parameters import read_parameters
from mltui.steps.prepare import PrepareParameters
from mltui.steps.splitting import Shares

draw = load_program("tacos", "draw")


def drawn(folder: Path, *, seed: int = 7, count: int = 30, extra_night: int = 0) -> dict[str, str]:
    """SHA-256 of each picture by its path in the project."""
    draw.draw(folder / "pictures", seed=seed, count=count, extra_night=extra_night)
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*.jpg"))
    }


def groups(folder: Path) -> list[dict[str, str]]:
    with (folder / "groups.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_one_seed_draws_the_same_bytes_and_another_one_others(tmp_path: Path) -> None:
    first, again, other = drawn(tmp_path / "a"), drawn(tmp_path / "b"), drawn(tmp_path / "c", seed=8)
    assert first == again
    assert not set(first.values()) & set(other.values())


def test_extra_night_pictures_change_no_other_picture(tmp_path: Path) -> None:
    before, after = drawn(tmp_path / "a"), drawn(tmp_path / "b", extra_night=10)
    assert before.items() <= after.items()
    added = after.keys() - before.keys()
    assert len(added) == 10
    lighting = {f"pictures/{row['file']}": row["lighting"] for row in groups(tmp_path / "b")}
    assert {lighting[name] for name in added} == {"night"}


def test_every_picture_is_one_of_a_kind_and_stands_in_groups(tmp_path: Path) -> None:
    pictures = drawn(tmp_path)
    assert len(set(pictures.values())) == len(pictures) == 30 + 2 * draw.SMOKE_PER_CLASS
    named = {f"pictures/{row['file']}" for row in groups(tmp_path)}
    assert named == {name for name in pictures if name.startswith("pictures/")}


def test_smoke_pictures_are_in_no_split_and_number_five_a_class_or_more(tmp_path: Path) -> None:
    pictures = drawn(tmp_path)
    smoke = {name for name in pictures if name.startswith("smoke/")}
    assert Counter(name.removeprefix("smoke/").partition("-")[0] for name in smoke) == {"taco": 6, "burrito": 6}
    assert not {pictures[name] for name in smoke} & {pictures[name] for name in pictures.keys() - smoke}


def test_pictures_are_160_pixels_square(tmp_path: Path) -> None:
    drawn(tmp_path, count=4)
    for file in tmp_path.rglob("*.jpg"):
        with Image.open(file) as picture:
            assert picture.size == (160, 160)


@pytest.mark.parametrize("seed", range(3))
def test_there_are_enough_pictures_to_judge_and_night_is_the_rarest_group(seed: int) -> None:
    shots = list(draw.planned_shots(seed, count=draw.COUNT, extra_night=0))
    assert 0.2 * len(shots) > 200
    assert Counter(shot.label for shot in shots) == {"taco": len(shots) // 2, "burrito": len(shots) // 2}
    sizes = Counter(shot.lighting for shot in shots) + Counter(shot.camera for shot in shots)
    assert min(sizes, key=lambda group: sizes[group]) == "night"


def test_the_program_draws_into_the_folder_it_is_given(tmp_path: Path) -> None:
    program = [sys.executable, str(SAMPLES / "tacos" / "draw.py"), "--seed", "3", "--count", "4"]
    subprocess.run([*program, "--out", "pictures"], cwd=tmp_path, check=True)
    assert len(list((tmp_path / "pictures").glob("*/*.jpg"))) == 4
    assert (tmp_path / "groups.csv").is_file()
    assert (tmp_path / "smoke" / "taco-1.jpg").is_file()


def test_the_project_is_one_that_mltui_takes(tmp_path: Path) -> None:
    project = read_project(SAMPLES / "tacos")
    assert [step.name for step in pipeline(project)] == ["prepare", "train", "evaluate", "register"]
    drawn(tmp_path, count=2)
    assert all((tmp_path / str(case.input)).is_file() for case in project.smoke.cases)
    assert Counter(case.expect for case in project.smoke.cases) == {"taco": 6, "burrito": 6}
    prepare = parameters_for("prepare", project, excluded=["ab" * 32])
    read_parameters(Shares, prepare.pop("split"), what="the split")
    read_parameters(PrepareParameters, prepare, what="prepare")
