"""What can be measured of a picture itself, so that groups come about which nobody labelled.

All but the size are of the luma Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), 0 to 255, of the picture as the server
decodes it: upright, over white, stretched to one size, so that large and small pictures can be compared.

Prepare measures, and evaluate finds the bands among the attributes of its rows: prepare has decoded each picture
already, the edges are of the rows to train on, which evaluate never sees, and the data are told by the same bands.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from mltui.bands import MEASURED, WORDS, is_measured
from mltui.serving.preprocessing import PICTURE_FORMATS, Pixels

_WEIGHTS = np.array([0.299, 0.587, 0.114])

Luma = npt.NDArray[np.float64]


def measured(data: bytes, pixels: Pixels, names: Sequence[str]) -> dict[str, str]:
    """Attribute → number as text; `pixels` [H, W, 3] are the decoded `data`."""
    luma = pixels @ _WEIGHTS
    return {MEASURED + name: f"{_size(data) if name == 'size' else _OF_LUMA[name](luma):.6g}" for name in names}


def words_of(attribute: str) -> tuple[str, str, str] | None:
    return WORDS.get(attribute.removeprefix(MEASURED)) if is_measured(attribute) else None


def _brightness(luma: Luma) -> float:
    return float(luma.mean())


def _contrast(luma: Luma) -> float:
    """Standard deviation (Peli 1990, "RMS contrast")."""
    return float(luma.std())


def _sharpness(luma: Luma) -> float:
    """Variance of the Laplacian over the four neighbours (Pech-Pacheco et al. 2000); small where nothing is sharp."""
    inner = luma[1:-1, 1:-1]
    laplacian = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * inner
    return float(laplacian.var())


def _size(data: bytes) -> int:
    """Pixels of the file's picture, whatever it is stretched to."""
    with Image.open(io.BytesIO(data), formats=PICTURE_FORMATS) as picture:
        return picture.width * picture.height


_OF_LUMA: Mapping[str, Callable[[Luma], float]] = {
    "brightness": _brightness,
    "contrast": _contrast,
    "sharpness": _sharpness,
}
