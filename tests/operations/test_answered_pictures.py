"""Pictures of smoke cases and held-out rows, from real files in the store."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping

import pytest
from PIL import Image
from registry.registry_values import NOW, add_version, digest

from mltui.domain.release import Stage
from mltui.domain.run import WorkState
from mltui.domain.version import ModelVersion
from mltui.operations.standing.state import require_version
from mltui.operations.versions.pictures import (
    MOST_SHOWN,
    Picture,
    held_out_pictures,
    newest_answers,
    smoke_pictures,
)
from mltui.workspace import Workspace

SCHEMA = {
    "kind": "picture", "width": 96, "height": 48, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
    "max_bytes": 100_000, "max_pixels": 1_000_000,
}  # fmt: skip
RED, BLUE = (255, 0, 0), (0, 0, 255)
ORIENTATION = 0x0112


def png(colour: tuple[int, int, int], *, shade: int = 0) -> bytes:
    """Each `shade` is another content."""
    return _saved(Image.new("RGB", (64, 64), (*colour[:1], shade, *colour[2:])))


def upside_down() -> bytes:
    """Blue above red for who heeds its EXIF, red above blue in its pixels."""
    picture = Image.new("RGB", (64, 64), RED)
    picture.paste(BLUE, (0, 32, 64, 64))
    exif = Image.Exif()
    exif[ORIENTATION] = 3
    return _saved(picture, exif=exif)


def _saved(picture: Image.Image, **given: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", **given)  # type: ignore[arg-type]
    return file.getvalue()


def version_of(workspace: Workspace, smoke: Mapping[str, bytes], rows: list[tuple[bytes, str, str, float]]) -> int:
    """Id of a version; `rows` are picture, truth, answer and the score of `taco`."""
    ids = [hashlib.sha256(content).hexdigest()[:16] for content, *_ in rows]
    told = ["row_id,truth,prediction,score:burrito,score:taco"]
    told += [f"{id},{truth},{said},{1 - taco},{taco}" for id, (_, truth, said, taco) in zip(ids, rows, strict=True)]
    store = workspace.store
    held_out = [(f"pictures/{id}.png", content) for id, (content, *_) in zip(ids, rows, strict=True)]
    data = [(f"pictures/{truth}/photo-{place}.png", content) for place, (content, truth, *_) in enumerate(rows)]
    with workspace.registry.write() as tx:
        return add_version(
            tx,
            input_schema=SCHEMA,
            smoke=store.put_entries([("cases.json", b"{}"), *smoke.items()]),
            evaluation=store.put_entries([("evaluation.csv", "\n".join(told).encode())]),
            held_out=store.put_entries(held_out),
            data=store.put_entries(data),
        ).id


def found(workspace: Workspace, id: int) -> ModelVersion:
    return require_version(workspace, f"v{id}")


def answer(case: str, *, is_right: bool) -> dict[str, object]:
    return {"case": case, "expected": "taco", "answered": "taco" if is_right else "burrito", "score": 0.75,
            "is_right": is_right}  # fmt: skip


def pixel(picture: Picture | None, row: int) -> tuple[int, ...]:
    assert picture is not None
    return tuple(picture.pixels[3 * picture.width * row :][:3])


def test_smoke_pictures_are_small_and_upright_and_the_wrong_ones_come_first(workspace: Workspace) -> None:
    version = found(workspace, version_of(workspace, {"smoke/a.png": png(RED), "smoke/b.png": upside_down()}, []))
    shown = smoke_pictures(
        workspace, version, [answer("smoke/a.png", is_right=True), answer("smoke/b.png", is_right=False)]
    )
    assert [each.file for each in shown] == ["smoke/b.png", "smoke/a.png"]
    turned = shown[0].picture
    assert turned is not None
    assert (turned.width, turned.height, len(turned.pixels)) == (48, 24, 3 * 48 * 24)
    assert (pixel(turned, 0), pixel(turned, 23)) == (BLUE, RED)
    assert (shown[0].truth, shown[0].answer, shown[0].score, shown[0].problem) == ("taco", "burrito", 0.75, "")


def test_what_cannot_be_shown_is_told_in_words(workspace: Workspace) -> None:
    large = b"\x89PNG" + bytes(200_000)
    smoke = {"smoke/broken.png": b"no picture", "smoke/large.png": large, "smoke/gone.png": png(BLUE)}
    version = found(workspace, version_of(workspace, smoke, []))
    workspace.store.path(hashlib.sha256(smoke["smoke/gone.png"]).hexdigest()).unlink()
    cases = [*smoke, "smoke/never.png"]
    shown = smoke_pictures(workspace, version, [answer(case, is_right=False) for case in cases])
    assert [each.picture for each in shown] == [None] * 4
    broken, too_large, gone, never = (each.problem for each in shown)
    assert "not a picture that can be read" in broken
    assert "200,004 bytes, more than the 100,000 allowed" in too_large
    assert gone == "it is missing"
    assert "not among the files" in never


def test_a_smoke_tree_that_is_gone_leaves_the_answers(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        version = add_version(tx, input_schema=SCHEMA, smoke=digest(77))
    (shown,) = smoke_pictures(workspace, version, [answer("smoke/a.png", is_right=True)])
    assert (shown.file, shown.picture) == ("smoke/a.png", None)
    assert shown.problem


def test_held_out_pictures_begin_with_the_most_confident_mistakes(workspace: Workspace) -> None:
    rows = [
        (png(RED, shade=1), "taco", "taco", 0.9), (png(RED, shade=2), "burrito", "taco", 0.6),
        (png(RED, shade=3), "taco", "burrito", 0.1), (png(RED, shade=4), "burrito", "burrito", 0.3),
        *((png(BLUE, shade=shade), "burrito", "taco", 0.55) for shade in range(5)),
    ]  # fmt: skip
    shown = held_out_pictures(workspace, found(workspace, version_of(workspace, {}, rows)))
    assert (shown.rows, shown.wrong, shown.problem) == (9, 7, "")
    assert [each.is_right for each in shown.shown] == [False] * 5 + [True] * 2
    assert [each.score for each in shown.shown][:2] == pytest.approx([0.9, 0.6])
    first = shown.shown[0]
    assert (first.file, first.truth, first.answer) == ("pictures/taco/photo-2.png", "taco", "burrito")
    assert pixel(first.picture, 0) == (255, 3, 0)


def test_right_ones_fill_up_where_mistakes_are_few(workspace: Workspace) -> None:
    rows = [(png(RED, shade=shade), "taco", "taco", 0.9) for shade in range(12)]
    shown = held_out_pictures(workspace, found(workspace, version_of(workspace, {}, rows)))
    assert (shown.wrong, len(shown.shown)) == (0, MOST_SHOWN)


def test_an_evaluation_that_is_gone_is_a_problem_and_no_error(workspace: Workspace) -> None:
    with workspace.registry.write() as tx:
        version = add_version(tx, input_schema=SCHEMA)
    assert held_out_pictures(workspace, version).problem


def test_the_newest_smoke_of_a_release_is_shown() -> None:
    done = [
        Stage(1, name, WorkState.SUCCEEDED, NOW, NOW, data={"answers": [{"case": name}]} if name != "bake" else {})
        for name in ("smoke", "production smoke", "bake")
    ]
    assert newest_answers(done) == [{"case": "production smoke"}]
    assert newest_answers([]) == ()
