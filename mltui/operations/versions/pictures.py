"""Pictures of smoke cases and of held-out rows, small enough to be drawn in cells. Reads only.

A picture that cannot be read, or whose blob is gone, is a sentence, not an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mltui.domain.release import Stage
from mltui.domain.version import ModelVersion
from mltui.errors import MltuiError, NotFound
from mltui.operations.versions.evaluations import table_at_hand
from mltui.operations.versions.held_out import files_by_row_id, original_names
from mltui.serving.description import InvalidInput, ModelInvalid, PictureInput
from mltui.store import Store, TreeEntry
from mltui.workspace import Workspace

if TYPE_CHECKING:
    from mltui.analysis.table import EvaluationTable

LONGEST_SIDE = 48
"""Pixels; a picture on the screen has 16 cells across."""
MISSING = "it is missing"
"""The problem of a picture that was kept and is not there any more."""
MOST_SHOWN = 8
MOST_WRONG = 5
"""Of the held-out pictures, so that some right ones are beside them."""


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    height: int
    pixels: bytes
    """RGB, row by row; upright, and stretched as the server does it."""


@dataclass(frozen=True, slots=True)
class AnsweredPicture:
    file: str
    truth: str
    answer: str
    score: float | None
    """Of the answer."""
    is_right: bool
    picture: Picture | None
    problem: str
    """Why there is no picture; empty where there is one."""


@dataclass(frozen=True, slots=True)
class HeldOutPictures:
    rows: int
    wrong: int
    shown: tuple[AnsweredPicture, ...]
    """The most confident mistakes, then the most confident right answers."""
    problem: str = ""
    """Why none is shown."""


def has_pictures(version: ModelVersion) -> bool:
    return version.input_schema.get("kind") == "picture"


def newest_answers(stages: Sequence[Stage]) -> Sequence[Mapping[str, Any]]:
    """Of the newest smoke of a release; empty before the first."""
    smoked = [stage.data["answers"] for stage in stages if stage.data.get("answers") and "smoke" in stage.name]
    return smoked[-1] if smoked else ()


def smoke_pictures(
    workspace: Workspace, version: ModelVersion, answers: Sequence[Mapping[str, Any]]
) -> tuple[AnsweredPicture, ...]:
    """The wrong ones first; `answers` as a smoke stage records them."""
    first = sorted(answers, key=lambda each: bool(each.get("is_right")))[:MOST_SHOWN]
    try:
        files = {entry.path: entry for entry in workspace.store.tree(version.smoke).entries}
    except MltuiError as error:
        return tuple(_answered(each, None, error.message) for each in first)
    return tuple(
        _answered(each, *try_picture(workspace.store, version, files.get(str(each.get("case"))))) for each in first
    )


def _answered(answer: Mapping[str, Any], picture: Picture | None, problem: str) -> AnsweredPicture:
    return AnsweredPicture(
        file=str(answer.get("case", "")),
        truth=str(answer.get("expected", "")),
        answer=str(answer.get("answered", "")),
        score=answer.get("score"),
        is_right=bool(answer.get("is_right")),
        picture=picture,
        problem=problem,
    )


def held_out_pictures(workspace: Workspace, version: ModelVersion) -> HeldOutPictures:
    """For a version that `has_pictures`."""
    if version.task != "classification":
        return HeldOutPictures(0, 0, (), "mistakes are told apart from right answers in a classification only")
    try:
        table = table_at_hand(workspace.store, version)
        kept = files_by_row_id(workspace.store.tree(version.held_out))
    except MltuiError as error:
        return HeldOutPictures(0, 0, (), error.message)
    wrong, right = _most_confident(table)
    places = [*wrong[:MOST_WRONG], *right[: MOST_SHOWN - min(len(wrong), MOST_WRONG)]]
    names = original_names(workspace.store, version, {str(table.row_ids[place]) for place in places})
    return HeldOutPictures(
        rows=len(table),
        wrong=len(wrong),
        shown=tuple(_held_out(workspace.store, version, table, place, kept=kept, names=names) for place in places),
    )


def _most_confident(table: EvaluationTable) -> tuple[list[int], list[int]]:
    """Places of the wrong and of the right rows; without scores in the order of the table."""
    order = sorted(range(len(table)), key=lambda place: -(_score(table, place) or 0.0))
    is_right = table.truth == table.prediction
    return [place for place in order if not is_right[place]], [place for place in order if is_right[place]]


def _score(table: EvaluationTable, place: int) -> float | None:
    return None if table.scores is None else float(table.scores[place, int(table.prediction[place])])


def _held_out(
    store: Store,
    version: ModelVersion,
    table: EvaluationTable,
    place: int,
    *,
    kept: Mapping[str, TreeEntry],
    names: Mapping[str, str],
) -> AnsweredPicture:
    row_id = str(table.row_ids[place])
    entry = kept.get(row_id)
    picture, problem = try_picture(store, version, entry)
    return AnsweredPicture(
        file=names.get(row_id) or (row_id if entry is None else entry.path),
        truth=table.classes[table.truth[place]],
        answer=table.classes[table.prediction[place]],
        score=_score(table, place),
        is_right=bool(table.truth[place] == table.prediction[place]),
        picture=picture,
        problem=problem,
    )


def try_picture(store: Store, version: ModelVersion, entry: TreeEntry | None) -> tuple[Picture | None, str]:
    """The picture, or None and why."""
    if entry is None:
        return None, "it is not among the files that were kept"
    try:
        return _decoded(store, entry, PictureInput.from_json(version.input_schema)), ""
    except NotFound:
        return None, MISSING
    except MltuiError as error:
        return None, error.message
    except InvalidInput as error:
        return None, error.message
    except ModelInvalid as error:
        return None, f"the version's input schema cannot be read: {error}"


def _decoded(store: Store, entry: TreeEntry, spec: PictureInput) -> Picture:
    from mltui.serving.preprocessing import decode_picture  # loads Pillow and numpy

    if entry.size > spec.max_bytes:
        raise InvalidInput(413, "too_many_bytes", f"{entry.size:,} bytes, more than the {spec.max_bytes:,} allowed")
    scale = min(1.0, LONGEST_SIDE / max(spec.width, spec.height))
    small = replace(spec, width=max(1, round(spec.width * scale)), height=max(1, round(spec.height * scale)))
    pixels = decode_picture(store.read_bytes(entry.sha256), small)
    return Picture(width=small.width, height=small.height, pixels=pixels.tobytes())
