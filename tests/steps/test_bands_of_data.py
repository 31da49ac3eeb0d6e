"""Numbers that become groups before anything is trained, and pictures that are measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from step_runs import PICTURES, TABLE, Ran, loan_rows, picture_data, run_here, save_picture, table_data, write_rows

from mltui.bands import bands, quantile_edges
from mltui.steps import prepare
from mltui.steps.contract import StepFailed
from mltui.steps.measures import measured

EVERYTHING = ["brightness", "contrast", "sharpness", "size"]
BY_AGE = {**TABLE, "attributes": ["sex", "age"], "key": "id"}


def people(folder: Path, **changed: str) -> Path:
    rng = np.random.default_rng(5)
    rows = [{**row, "age": str(rng.integers(18, 80))} for row in loan_rows(400)]
    for place, cell in changed.items():
        rows[int(place[3:])]["age"] = cell
    return table_data(folder, rows)


def prepared(folder: Path, data: Path, **parameters: Any) -> Ran:
    return run_here(prepare.main, folder, parameters, data=data)


def by(ran: Ran, attribute: str) -> list[str]:
    groups = ran.json("report/report.json")["bias"]["groups"]
    return [each["group"][attribute] for each in groups if list(each["group"]) == [attribute]]


def test_a_number_becomes_bands_that_training_does_not_see(tmp_path: Path) -> None:
    given = {"age": {"edges": [25, 40, 60], "quantiles": 0}}
    ran = prepared(tmp_path / "run", people(tmp_path / "data", row7="", row9="NaN"), **BY_AGE, bands=given)
    assert by(ran, "age") == ["<25", "25–39", "40–59", "≥60", "missing"]
    told = [each["group"] for each in ran.json("report/report.json")["bias"]["proxies"] if each["attribute"] == "age"]
    assert told == by(ran, "age")
    assert {row["attribute:age"] for row in ran.rows("held_out/rows.csv")} <= set(by(ran, "age"))
    assert "age" not in ran.rows("training/rows.csv")[0]
    assert ran.json("report/report.json")["bands"]["age"]["of"] == "project"


def test_quantiles_are_those_of_the_rows_to_train_on_and_can_be_kept_for_later_data(tmp_path: Path) -> None:
    by_income = {**BY_AGE, "attributes": ["income"], "bands": {"income": {"edges": [], "quantiles": 4}}}
    data = people(tmp_path / "data")
    ran = prepared(tmp_path / "run", data, **by_income)
    made = ran.json("report/report.json")["bands"]["income"]
    incomes = [float(row["income"]) for row in ran.rows("training/rows.csv") if row["split"] == "train"]
    assert made["edges"] == list(quantile_edges(incomes, 4))
    assert made["names"] == list(bands(made["edges"], is_whole=False).names) == by(ran, "income")
    assert made["of"] == "training rows"
    assert any("." in row["income"] for row in ran.rows("held_out/rows.csv")), "as a feature it stays a number"
    kept = {"income": {"edges": [10.5, 20.5], "quantiles": 3, "of": "v1"}}
    later = prepared(tmp_path / "later", data, **{**by_income, "bands": kept})
    assert by(later, "income") == ["<10.5", "10.5 to <20.5", "≥20.5"]
    assert later.json("report/report.json")["bands"]["income"]["of"] == "v1"


def test_a_fraction_in_later_data_does_not_rename_bands(tmp_path: Path) -> None:
    kept = {"age": {"edges": [25, 40], "quantiles": 0, "names": ["<25", "25–39", "≥40"], "of": "v1"}}
    ran = prepared(tmp_path / "run", people(tmp_path / "data", row7="39.5"), **BY_AGE, bands=kept)
    assert by(ran, "age") == ["<25", "25–39", "≥40"]
    assert ran.json("report/report.json")["bands"] == kept


def test_a_text_among_the_numbers_is_told_with_line_and_column(tmp_path: Path) -> None:
    given = {"age": {"edges": [25], "quantiles": 0}}
    with pytest.raises(StepFailed, match=r"line 9 of table.csv, column age: “old” is no number"):
        prepared(tmp_path / "run", people(tmp_path / "data", row7="old"), **BY_AGE, bands=given)
    data = picture_data(tmp_path / "pictures", per_class=4)
    files = sorted(file.relative_to(data / "pictures").as_posix() for file in data.glob("pictures/*/*"))
    write_rows(data / "groups.csv", [{"file": name, "lux": "much" if name == files[2] else "3"} for name in files])
    with pytest.raises(StepFailed, match=r"line 4 of groups.csv, column lux: “much” is no number"):
        prepared(tmp_path / "lux", data, **PICTURES, bands={"lux": given["age"]})


def test_what_is_measured_of_a_picture_is_what_its_definition_says(tmp_path: Path) -> None:
    grey = np.full((40, 40, 3), 100, dtype=np.uint8)
    half = grey.copy()
    half[:, 20:] = 200
    board = np.where(np.indices((40, 40)).sum(axis=0)[..., None] % 2, 0, 255).repeat(3, axis=2)
    found = [_measured(tmp_path, pixels) for pixels in (grey, half, board)]
    assert [each["measured size"] for each in found] == ["1600"] * 3
    assert found[0] == {**found[0], "measured brightness": "100", "measured contrast": "0", "measured sharpness": "0"}
    assert [float(found[1][f"measured {name}"]) for name in ("brightness", "contrast")] == [150, 50]
    edges = [float(each["measured sharpness"]) for each in found]
    assert edges[1] == pytest.approx(2 * 100**2 / 38, rel=0.06), "two columns of 38 jump by 100, to either side"
    assert edges[2] > 100 * edges[1]
    red = np.zeros((40, 40, 3), dtype=np.uint8)
    red[..., 0] = 255
    assert float(_measured(tmp_path, red)["measured brightness"]) == pytest.approx(0.299 * 255, rel=1e-5)


def _measured(folder: Path, pixels: Any) -> dict[str, str]:
    save_picture(folder / "one.png", pixels)
    return measured((folder / "one.png").read_bytes(), np.asarray(pixels, dtype=np.uint8), EVERYTHING)


def test_pictures_without_groups_are_parted_by_what_differs_between_them(tmp_path: Path) -> None:
    data = picture_data(tmp_path / "data")
    (data / "groups.csv").unlink()
    for number, file in enumerate(sorted(data.glob("pictures/*/*.png"))):
        with Image.open(file) as picture:
            picture.point(lambda value, dim=number % 3: value * (dim + 1) // 3).save(file)
    ran = prepared(tmp_path / "run", data, **PICTURES, measured=EVERYTHING)
    made = ran.json("report/report.json")["bands"]
    assert list(made) == ["measured brightness", "measured contrast", "measured sharpness"], "all are of one size"
    low, high = made["measured brightness"]["edges"]
    assert made["measured brightness"]["names"] == [
        f"dark (<{low:g})",
        f"medium ({low:g} to <{high:g})",
        f"bright (≥{high:g})",
    ]
    assert by(ran, "measured brightness") == made["measured brightness"]["names"]
    assert all(len(each["group"]) == 1 for each in ran.json("report/report.json")["bias"]["groups"])
    assert list(ran.rows("training/rows.csv")[0]) == ["row_id", "split", "label", "file"]
