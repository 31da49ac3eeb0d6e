"""Data versions in, splits out: pictures and tables."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from step_runs import FEATURES, PICTURES, TABLE, Ran, loan_rows, picture_data, run_here, save_picture, table_data

from mltui.steps import prepare
from mltui.steps.contract import StepFailed
from mltui.steps.datasets import read_schema
from mltui.steps.splitting import Shares


def prepared(folder: Path, data: Path, **parameters: Any) -> Ran:
    return run_here(prepare.main, folder, parameters, data=data)


def all_rows(ran: Ran) -> list[dict[str, str]]:
    return ran.rows("training/rows.csv") + ran.rows("held_out/rows.csv")


def looks(ran: Ran, folder: str) -> set[bytes]:
    found = set()
    for row in ran.rows(f"{folder}/rows.csv"):
        with Image.open(ran.out / folder / row["file"]) as picture:
            found.add(picture.tobytes())
    return found


def test_pictures_are_named_by_content_and_copied_byte_by_byte(tmp_path: Path) -> None:
    data = picture_data(tmp_path / "data")
    ran = prepared(tmp_path / "run", data, **PICTURES)
    sources = {hashlib.sha256(file.read_bytes()).hexdigest() for file in data.glob("pictures/*/*")}
    for folder in ("training", "held_out"):
        for row in ran.rows(f"{folder}/rows.csv"):
            content = hashlib.sha256((ran.out / folder / row["file"]).read_bytes()).hexdigest()
            assert content in sources
            assert (row["row_id"], row["file"]) == (content[:16], f"pictures/{content[:16]}.png")
    assert ran.json("report/report.json")["rows"] == len(sources) == 80


def test_pictures_are_split_by_their_content(tmp_path: Path) -> None:
    ran = prepared(tmp_path / "run", picture_data(tmp_path / "data"), **PICTURES)
    shares = Shares(**PICTURES["split"])  # type: ignore[arg-type]
    for folder, row in [("training", row) for row in ran.rows("training/rows.csv")]:
        content = hashlib.sha256((ran.out / folder / row["file"]).read_bytes()).hexdigest()
        assert shares.split_of(content) == row["split"]


def test_attributes_of_pictures_reach_the_evaluation_alone(tmp_path: Path) -> None:
    ran = prepared(tmp_path / "run", picture_data(tmp_path / "data"), **PICTURES)
    assert list(ran.rows("training/rows.csv")[0]) == ["row_id", "split", "label", "file"]
    assert list(ran.rows("held_out/rows.csv")[0]) == ["row_id", "truth", "file", "attribute:light"]
    groups = ran.json("report/report.json")["bias"]["groups"]
    assert {each["group"]["light"]: sum(each["splits"].values()) for each in groups} == {"day": 52, "night": 28}


def test_classes_are_sorted_whatever_the_order_of_the_folders(tmp_path: Path) -> None:
    ran = prepared(tmp_path / "run", picture_data(tmp_path / "data"), **PICTURES)
    assert read_schema(ran.out / "training").classes == ("cold", "warm")
    assert ran.json("training/schema.json") == ran.json("held_out/schema.json")


def test_copies_of_a_picture_and_copies_under_two_labels_are_counted(tmp_path: Path) -> None:
    data = picture_data(tmp_path / "data")
    pictures = data / "pictures"
    shutil.copy(pictures / "cold/000.png", pictures / "cold/copy.png")
    shutil.copy(pictures / "cold/001.png", pictures / "warm/mistake.png")
    report = prepared(tmp_path / "run", data, **PICTURES).json("report/report.json")
    assert (report["rows"], report["duplicates"], report["conflicting_labels"]) == (79, 1, 2)


def test_a_picture_saved_anew_does_not_stand_in_two_splits(tmp_path: Path) -> None:
    data = picture_data(tmp_path / "data")
    for file in sorted(data.glob("pictures/*/*.png")):
        with Image.open(file) as picture:
            picture.save(file.with_suffix(".bmp"))
    ran = prepared(tmp_path / "run", data, **PICTURES)
    report = ran.json("report/report.json")
    assert report["duplicates"] == 0
    assert report["leaked"] > 0
    assert not looks(ran, "training") & looks(ran, "held_out")


def test_smoke_pictures_are_in_no_split(tmp_path: Path) -> None:
    data = picture_data(tmp_path / "data")
    smoke = hashlib.sha256((data / "pictures/warm/005.png").read_bytes()).hexdigest()
    ran = prepared(tmp_path / "run", data, **PICTURES, excluded=[smoke])
    assert ran.json("report/report.json")["excluded"] == 1
    assert smoke[:16] not in {row["row_id"] for row in all_rows(ran)}


def test_unreadable_pictures_are_counted_and_named(tmp_path: Path) -> None:
    data = picture_data(tmp_path / "data", per_class=60)
    whole = (data / "pictures/warm/007.png").read_bytes()
    (data / "pictures/warm/007.png").write_bytes(whole[: len(whole) // 2])
    unreadable = prepared(tmp_path / "run", data, **PICTURES).json("report/report.json")["unreadable"]
    assert unreadable == {"count": 1, "share": 1 / 120, "examples": ["warm/007.png"]}


def test_more_unreadable_pictures_than_the_limit_fail(tmp_path: Path) -> None:
    data = picture_data(tmp_path / "data")
    (data / "pictures/warm/007.png").write_bytes(b"no picture")
    with pytest.raises(StepFailed, match=r"1 of 80 rows cannot be read, for instance warm/007\.png"):
        prepared(tmp_path / "run", data, **PICTURES)


def test_a_picture_beyond_the_limits_is_unreadable(tmp_path: Path) -> None:
    data = picture_data(tmp_path / "data")
    save_picture(data / "pictures/cold/large.png", np.zeros((80, 80, 3)))
    ran = prepared(tmp_path / "run", data, **PICTURES, max_pixels=80 * 80 - 1, unreadable_limit=0.05)
    assert ran.json("report/report.json")["unreadable"]["examples"] == ["cold/large.png"]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("groups.csv", "file,light\ncold/gone.png,day\n", "names 1 pictures that are not there"),
        ("groups.csv", "picture,light\ncold/000.png,day\n", "no column file"),
        ("groups.csv", "file,light\ncold/000.png,day\ncold/000.png,night\n", "names one picture twice"),
        ("pictures/loose.png", "x", "1 pictures lie in no class folder of shots, for instance loose.png"),
    ],
)
def test_pictures_and_groups_that_do_not_match_fail(tmp_path: Path, file: str, text: str, message: str) -> None:
    data = picture_data(tmp_path / "data", per_class=5)
    (data / file).write_text(text)
    with pytest.raises(StepFailed, match=message):
        prepared(tmp_path / "run", data, **PICTURES, source="shots")


def test_hidden_files_and_what_lies_beside_the_class_folders_are_counted_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = picture_data(tmp_path / "data")
    pictures = data / "pictures"
    shutil.copy(pictures / "cold/000.png", pictures / "cold/.000.png")
    for name in ("README.md", "labels.csv", ".DS_Store"):
        (pictures / name).write_text("no picture")
    report = prepared(tmp_path / "run", data, **PICTURES).json("report/report.json")
    assert (report["rows"], report["unreadable"]["count"]) == (80, 0)
    assert report["ignored"] == {"count": 4, "examples": [".DS_Store", "README.md", "cold/.000.png", "labels.csv"]}
    assert "4 files are hidden or no pictures" in capsys.readouterr().out


def test_sensitive_attributes_are_not_in_training(tmp_path: Path) -> None:
    ran = prepared(tmp_path / "run", table_data(tmp_path / "data", loan_rows()), **TABLE)
    assert list(ran.rows("training/rows.csv")[0]) == ["row_id", "split", *FEATURES, "approved"]
    assert list(ran.rows("held_out/rows.csv")[0]) == ["row_id", "truth", *FEATURES, "attribute:sex"]
    assert "female" not in (ran.out / "training/rows.csv").read_text()


def test_a_sensitive_attribute_that_is_declared_a_feature_is_in_training(tmp_path: Path) -> None:
    data = table_data(tmp_path / "data", loan_rows())
    ran = prepared(tmp_path / "run", data, **{**TABLE, "features": ["income", "sex"]})
    assert list(ran.rows("training/rows.csv")[0]) == ["row_id", "split", "income", "sex", "approved"]
    assert "attribute:sex" in ran.rows("held_out/rows.csv")[0]


def test_rows_of_a_table_stay_in_their_split_when_rows_and_columns_are_added(tmp_path: Path) -> None:
    rows = loan_rows(300)
    before = prepared(tmp_path / "before", table_data(tmp_path / "a", rows[:200]), **TABLE)
    more = [{**row, "remark": "new"} for row in reversed(rows)]
    after = prepared(tmp_path / "after", table_data(tmp_path / "b", more), **TABLE)
    for path in ("training/rows.csv", "held_out/rows.csv"):
        places = {row["row_id"]: row.get("split", "held_out") for row in after.rows(path)}
        assert all(places[row["row_id"]] == row.get("split", "held_out") for row in before.rows(path))


def test_features_are_typed_by_their_values(tmp_path: Path) -> None:
    rows = loan_rows()
    rows[0]["income"] = "1e3"
    schema = read_schema(prepared(tmp_path / "run", table_data(tmp_path / "data", rows), **TABLE).out / "training")
    assert schema.features is not None
    income, debt, job = schema.features
    assert [income.as_json(), debt.as_json(), job.as_json()] == [
        {"name": "income", "type": "number", "nullable": False},
        {"name": "debt", "type": "number", "nullable": True},
        {"name": "job", "type": "category", "categories": ["none", "office", "shop floor"], "nullable": False},
    ]


def test_one_value_that_is_no_finite_number_makes_a_category(tmp_path: Path) -> None:
    rows = loan_rows()
    rows[0]["income"] = "nan"
    ran = prepared(tmp_path / "run", table_data(tmp_path / "data", rows), **TABLE)
    assert ran.json("training/schema.json")["features"][0]["type"] == "category"


def test_a_category_that_only_held_out_rows_have_is_not_known(tmp_path: Path) -> None:
    rows = loan_rows()
    shares = Shares(**TABLE["split"])  # type: ignore[arg-type]
    row = next(row for row in rows if shares.split_of(row["id"]) == "held_out")
    row["job"] = "astronaut"
    ran = prepared(tmp_path / "run", table_data(tmp_path / "data", rows), **TABLE)
    assert "astronaut" not in ran.json("held_out/schema.json")["features"][2]["categories"]
    assert "astronaut" in (ran.out / "held_out/rows.csv").read_text()


def test_the_same_row_under_two_keys_does_not_leak_into_training(tmp_path: Path) -> None:
    rows = loan_rows()
    copies = [{**row, "id": f"B{number}"} for number, row in enumerate(rows)]
    ran = prepared(tmp_path / "run", table_data(tmp_path / "data", rows + copies), **TABLE)
    assert ran.json("report/report.json")["leaked"] > 0
    seen = {tuple(row[name] for name in FEATURES) for row in ran.rows("training/rows.csv")}
    assert not seen & {tuple(row[name] for name in FEATURES) for row in ran.rows("held_out/rows.csv")}


def test_without_a_key_the_row_itself_decides(tmp_path: Path) -> None:
    rows = loan_rows(200)
    ran = prepared(tmp_path / "run", table_data(tmp_path / "data", [*rows, rows[3]]), **{**TABLE, "key": None})
    report = ran.json("report/report.json")
    assert (report["rows"], report["duplicates"]) == (200, 1)
    assert all(len(row["row_id"]) == 16 for row in all_rows(ran))


def test_a_key_for_rows_that_differ_fails(tmp_path: Path) -> None:
    rows = loan_rows(200)
    rows.append({**rows[5], "income": "1.00"})
    with pytest.raises(StepFailed, match="the key id is not unique: 'A0005'"):
        prepared(tmp_path / "run", table_data(tmp_path / "data", rows), **TABLE)


def test_a_key_with_two_targets_is_a_conflict(tmp_path: Path) -> None:
    rows = loan_rows(200)
    rows.append({**rows[5], "approved": "no" if rows[5]["approved"] == "yes" else "yes"})
    ran = prepared(tmp_path / "run", table_data(tmp_path / "data", rows), **TABLE)
    assert ran.json("report/report.json")["conflicting_labels"] == 2
    assert "A0005" not in {row["row_id"] for row in all_rows(ran)}


def test_rows_without_target_are_unreadable(tmp_path: Path) -> None:
    rows = loan_rows(300)
    rows[7]["approved"] = ""
    ran = prepared(tmp_path / "run", table_data(tmp_path / "data", rows), **TABLE)
    assert ran.json("report/report.json")["unreadable"] == {"count": 1, "share": 1 / 300, "examples": ["line 9"]}


def test_a_regression_needs_numbers_to_predict(tmp_path: Path) -> None:
    data = table_data(tmp_path / "data", loan_rows(300))
    ran = prepared(tmp_path / "run", data, **{**TABLE, "task": "regression", "target": "price"})
    assert ran.json("training/schema.json")["classes"] is None
    with pytest.raises(StepFailed, match="300 of 300 rows cannot be read"):
        prepared(tmp_path / "other", data, **{**TABLE, "task": "regression"})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"features": ["income", "dept"]}, "no column dept"),
        ({"features": []}, "no features are named"),
        ({"features": ["income", "income"]}, "names income twice|features name income twice"),
        ({"features": ["income", "approved"]}, "approved is the target and a feature"),
        ({"features": ["income", "id"]}, "id is the key and a feature"),
        ({"attributes": ["gender"]}, "no column gender"),
        ({"key": "number"}, "no column number"),
        ({"target": None}, "no target is named"),
        ({"split": {"seed": 7, "validation": 0.5, "held_out": 0.5}}, "leaves no rows to train on"),
        ({"split": {"seed": 7, "validation": 0.0, "held_out": 0.2}}, "the validation split has no rows"),
        ({"task": "clustering"}, "task of the prepare step is 'clustering'"),
    ],
)
def test_a_mistake_in_the_parameters_is_named(tmp_path: Path, wrong: dict[str, Any], message: str) -> None:
    data = table_data(tmp_path / "data", loan_rows(200))
    with pytest.raises(StepFailed, match=message):
        prepared(tmp_path / "run", data, **{**TABLE, **wrong})


def test_one_class_alone_fails(tmp_path: Path) -> None:
    data = table_data(tmp_path / "data", [{**row, "approved": "yes"} for row in loan_rows(200)])
    with pytest.raises(StepFailed, match="there are 1 classes"):
        prepared(tmp_path / "run", data, **TABLE)
