"""The picture side of prepare: class folders and groups.csv in, copies named by content out."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mltui.serving.preprocessing import InvalidInput, PictureInput, decode_picture
from mltui.steps.banding import check_numbers
from mltui.steps.contract import Progress, StepFailed
from mltui.steps.datasets import ATTRIBUTE_PREFIX, HELD_OUT, TRAIN, VALIDATION
from mltui.steps.measures import measured
from mltui.steps.splitting import Candidate, Placed
from mltui.steps.tables import Row, read_loose_table, read_table, require_columns, write_table

COMPARED_SIDE = 128
"""Pictures count as copies of each other when they look the same, pixel by pixel, at this size."""


PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
"""By which a file that lies beside the class folders is taken for a picture out of its place."""


@dataclass(frozen=True, slots=True)
class PictureFiles:
    """All files of the source, sorted by path."""

    pictures: Sequence[Path]
    ignored: Sequence[str]
    """Names of hidden files, and of files beside the class folders that are no pictures."""


def picture_limits(*, max_bytes: int, max_pixels: int) -> PictureInput:
    """What the server would take, at the size that pictures are compared and measured at."""
    return PictureInput(COMPARED_SIDE, COMPARED_SIDE, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), max_bytes, max_pixels)


def read_candidates(
    data: Path, groups: Mapping[str, Row], spec: PictureInput, *, measures: Sequence[str], progress: Progress
) -> tuple[list[Candidate], list[str]]:
    """Readable pictures, and the names of those that the server would refuse; `groups` as `read_groups` gives them."""
    candidates, unreadable = [], []
    for number, (name, attributes) in enumerate(groups.items(), start=1):
        try:
            candidates.append(_candidate(data / "pictures" / name, name, attributes, spec, measures))
        except InvalidInput:
            unreadable.append(name)
        if progress.is_due() or number == len(groups):
            progress.report(number, len(groups), unit="picture")
    return candidates, unreadable


def find_pictures(data: Path, *, source: str) -> PictureFiles:
    """`source` is what the project calls the folder. Hidden files are what file managers leave behind."""
    folder = data / "pictures"
    if not folder.is_dir():
        raise StepFailed(f"the data has no folder {source}/", hint=f"Put pictures into {source}/<class>/.")
    files = [file.relative_to(folder) for file in sorted(folder.rglob("*")) if file.is_file()]
    hidden = {file for file in files if any(part.startswith(".") for part in file.parts)}
    beside = {file for file in files if len(file.parts) == 1} - hidden
    lost = sorted(file.name for file in beside if file.suffix.lower() in PICTURE_SUFFIXES)
    if lost:
        raise StepFailed(
            f"{len(lost)} pictures lie in no class folder of {source}, for instance {lost[0]}",
            hint=f"Put every picture into {source}/<class>/.",
        )
    ignored = hidden | beside
    return PictureFiles(
        [folder / file for file in files if file not in ignored],
        [file.as_posix() for file in files if file in ignored],
    )


def write_training_pictures(folder: Path, placed: Placed) -> None:
    chosen = [(split, row) for split in (TRAIN, VALIDATION) for row in placed.splits[split]]
    names = _copy(folder, (row for _, row in chosen))
    rows = ([row.row_id, split, row.label, names[row.row_id]] for split, row in chosen)
    write_table(folder / "rows.csv", ["row_id", "split", "label", "file"], rows)


def write_held_out_pictures(folder: Path, placed: Placed) -> None:
    chosen = placed.splits[HELD_OUT]
    names = _copy(folder, chosen)
    attributes = [ATTRIBUTE_PREFIX + name for name in (chosen[0].attributes if chosen else ())]
    rows = ([row.row_id, row.label, names[row.row_id], *row.attributes.values()] for row in chosen)
    write_table(folder / "rows.csv", ["row_id", "truth", "file", *attributes], rows)


def read_groups(data: Path, found: PictureFiles, *, numbers: Sequence[str] = ()) -> Mapping[str, Row]:
    """Attributes by `<class>/<file>`, empty where groups.csv says nothing of it; `numbers` have to be some."""
    names = [file.relative_to(data / "pictures").as_posix() for file in found.pictures]
    file = data / "groups.csv"
    if not file.is_file():
        return {name: {} for name in names}
    columns, rows = read_table(file)
    require_columns(columns, ["file", *numbers], file="groups.csv")
    for line, cells in read_loose_table(file)[1] if numbers else ():
        check_numbers(dict(zip(columns, cells, strict=True)), numbers, file="groups.csv", line=line)
    attributes = [name for name in columns if name != "file"]
    said = {row["file"]: {name: row[name] for name in attributes} for row in rows}
    strange = sorted(set(said) - set(names))
    if strange or len(said) < len(rows):
        problem = (
            f"{len(strange)} pictures that are not there, for instance {strange[0]}" if strange else "one picture twice"
        )
        raise StepFailed(f"groups.csv names {problem}", hint="It has one row per picture: <class>/<file>.")
    return {name: said.get(name, dict.fromkeys(attributes, "")) for name in names}


def _candidate(file: Path, name: str, attributes: Row, spec: PictureInput, measures: Sequence[str]) -> Candidate:
    data = file.read_bytes()
    pixels = decode_picture(data, spec)
    content = hashlib.sha256(data).hexdigest()
    return Candidate(
        row_id=content[:16],
        content_key=content,
        content_hash=content,
        label=name.partition("/")[0],
        fingerprint=hashlib.sha256(pixels.tobytes()).hexdigest(),
        attributes=attributes | measured(data, pixels, measures),
        file=file,
    )


def _copy(folder: Path, rows: Iterable[Candidate]) -> dict[str, str]:
    """Copies the bytes verbatim; name inside the folder by row id."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    names = {}
    for row in rows:
        if row.file is None:
            raise TypeError("a picture's candidate has a file")
        suffix = row.file.suffix.lower()
        names[row.row_id] = f"pictures/{row.row_id}{suffix if re.fullmatch('[.][a-z0-9]{1,5}', suffix) else ''}"
        shutil.copyfile(row.file, folder / names[row.row_id])
    return names
