"""The pictures of a training folder, decoded by the server's own code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mltui.serving.preprocessing import InvalidInput, PictureInput, Pixels, decode_picture
from mltui.steps.contract import Progress, StepFailed
from mltui.steps.datasets import TRAIN, VALIDATION
from mltui.steps.tables import read_table, require_columns

Indices = npt.NDArray[np.int64]

MOST_BYTES_IN_MEMORY = 1024**3


@dataclass(frozen=True, slots=True)
class PictureSet:
    files: tuple[Path, ...]
    labels: npt.NDArray[np.int64]
    """[N], each the place of its class among the classes."""
    train: Indices
    validation: Indices
    spec: PictureInput
    decoded: Pixels | None
    """[N, H, W, 3]; None where they do not fit into memory, and each batch is decoded anew."""

    def pixels(self, indices: Indices) -> Pixels:
        if self.decoded is not None:
            chosen: Pixels = self.decoded[indices]
            return chosen
        return np.stack([_decode(self.files[index], self.spec) for index in indices])


def read_pictures(
    folder: Path,
    classes: Sequence[str],
    spec: PictureInput,
    *,
    progress: Progress,
    most_bytes: int = MOST_BYTES_IN_MEMORY,
) -> PictureSet:
    columns, rows = read_table(folder / "rows.csv")
    require_columns(columns, ["row_id", "split", "label", "file"], file="training/rows.csv")
    place = {name: number for number, name in enumerate(classes)}
    strange = sorted({row["label"] for row in rows} - set(place))
    if strange:
        raise StepFailed(f"training/rows.csv has the class {strange[0]}, which schema.json does not name")
    files = tuple(folder / row["file"] for row in rows)
    splits = np.array([row["split"] for row in rows])
    return PictureSet(
        files=files,
        labels=np.array([place[row["label"]] for row in rows], dtype=np.int64),
        train=np.flatnonzero(splits == TRAIN),
        validation=np.flatnonzero(splits == VALIDATION),
        spec=spec,
        decoded=_decode_all(files, spec, progress) if _decoded_bytes(files, spec) <= most_bytes else None,
    )


def _decoded_bytes(files: Sequence[Path], spec: PictureInput) -> int:
    return len(files) * spec.height * spec.width * 3


def _decode_all(files: Sequence[Path], spec: PictureInput, progress: Progress) -> Pixels:
    pixels = np.empty((len(files), spec.height, spec.width, 3), dtype=np.uint8)
    for number, file in enumerate(files):
        pixels[number] = _decode(file, spec)
        if progress.is_due():
            progress.report(number + 1, len(files), unit="picture")
    return pixels


def _decode(file: Path, spec: PictureInput) -> Pixels:
    try:
        return decode_picture(file.read_bytes(), spec)
    except InvalidInput as error:
        raise StepFailed(f"the picture {file.name} cannot be read: {error.message}") from None
