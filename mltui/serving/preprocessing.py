"""From bytes and rows to tensors: one code for training, evaluation and the server. Needs numpy and Pillow only."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, TiffImagePlugin, UnidentifiedImageError, WebPImagePlugin

from mltui.serving.description import Feature, InvalidInput, ModelDescription, ModelInvalid, PictureInput, RowInput
from mltui.serving.rows import row_from_text, row_tensors

__all__ = [
    "Feature",
    "InvalidInput",
    "ModelDescription",
    "ModelInvalid",
    "PictureInput",
    "Pixels",
    "RowInput",
    "decode_picture",
    "fit_pixels",
    "picture_tensor",
    "row_from_text",
    "row_tensors",
]

Pixels: TypeAlias = npt.NDArray[np.uint8]

PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
LONGEST_SIDE = 65_535
"""Of a picture that is sent in; longer ones make the resampling tables large, whatever their area."""
MOST_JPEG_SCANS = 100
"""A progressive JPEG repeats work over the whole picture for each scan; usual ones have about ten."""

# Else the first picture pays for these, and one of no known format for all of Pillow's plugins.
Image.preinit()
_PLUGINS = (TiffImagePlugin, WebPImagePlugin)

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SWAPS_SIDES = frozenset({5, 6, 7, 8})

# What Pillow's decoders raise on broken files, from its sources and from fuzzing.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    AssertionError,
    struct.error,
    zlib.error,
)


def decode_picture(data: bytes, spec: PictureInput) -> Pixels:
    """RGB pixels [height, width, 3] of the first frame, upright, alpha over white, stretched; raises `InvalidInput`.

    Bytes and pixels are counted before anything is decoded. A JPEG that is much larger than the model's picture is
    decoded at 1/2, 1/4 or 1/8 of its size, never below twice the model's.
    """
    if len(data) > spec.max_bytes:
        raise InvalidInput(413, "too_many_bytes", f"{len(data)} bytes, more than the {spec.max_bytes} that are allowed")
    try:
        with _open(data) as picture:
            _check_extent(picture, data, spec)
            return _decode(picture, spec)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidInput(
            413, "too_many_pixels", f"more than the {spec.max_pixels} pixels that are allowed"
        ) from error
    except _BROKEN as error:
        raise InvalidInput(400, "unreadable_picture", f"the picture is broken: {error}") from error
    except MemoryError as error:
        raise InvalidInput(413, "too_many_pixels", "the picture does not fit into memory") from error


def fit_pixels(pixels: Pixels, spec: PictureInput) -> Pixels:
    """Pixels of any size as if they came in a file without loss: [height, width, 3] at the model's size."""
    picture = Image.fromarray(pixels)
    _check_extent(picture, b"", spec)
    return np.array(_stretch(picture, (spec.width, spec.height)), dtype=np.uint8)


def _open(data: bytes) -> Image.Image:
    if not data:
        raise InvalidInput(400, "empty_body", "there are no bytes to read a picture from")
    try:
        return Image.open(io.BytesIO(data), formats=PICTURE_FORMATS)
    except UnidentifiedImageError as error:
        message = f"not a picture that can be read; these can: {', '.join(PICTURE_FORMATS)}"
        raise InvalidInput(400, "unreadable_picture", message) from error


def _check_extent(picture: Image.Image, data: bytes, spec: PictureInput) -> None:
    width, height = picture.size
    if width * height > spec.max_pixels:
        message = f"{width} × {height} pixels, more than the {spec.max_pixels} that are allowed"
        raise InvalidInput(413, "too_many_pixels", message)
    if max(width, height) > LONGEST_SIDE:
        raise InvalidInput(413, "too_many_pixels", f"a side of more than {LONGEST_SIDE} pixels")
    if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > MOST_JPEG_SCANS:
        raise InvalidInput(400, "unreadable_picture", f"a JPEG of more than {MOST_JPEG_SCANS} scans")


def _decode(picture: Image.Image, spec: PictureInput) -> Pixels:
    longer_side = 2 * max(spec.width, spec.height)
    picture.draft(None, (longer_side, longer_side))
    picture.load()
    orientation = _orientation(picture)
    size = (spec.height, spec.width) if orientation in _SWAPS_SIDES else (spec.width, spec.height)
    resized = _over_white(_stretch(_eight_bits(picture), size))
    upright = resized.transpose(_TURNS[orientation]) if orientation in _TURNS else resized
    return np.array(upright, dtype=np.uint8)


def _orientation(picture: Image.Image) -> int:
    """1 where EXIF is missing or broken. Asked after `load`, since a PNG may hold it behind the pixels."""
    try:
        value = picture.getexif().get(_ORIENTATION_TAG, 1)
    except _BROKEN:
        return 1
    return value if isinstance(value, int) else 1


def _eight_bits(picture: Image.Image) -> Image.Image:
    """As RGB or RGBA. Pillow clips grey of 16 bits at 255; here the upper eight are taken, as it does for colour."""
    if picture.mode.startswith("I;16"):
        grey = (np.asarray(picture) >> 8).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if picture.mode in ("I", "F"):
        raise InvalidInput(400, "unreadable_picture", f"pixels of 32 bits (mode {picture.mode}) have no known range")
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def _stretch(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Pillow resizes the width first; a narrow, tall picture would grow by that, so it gets its height first."""
    if picture.width < size[0] and picture.height > size[1]:
        picture = picture.resize((picture.width, size[1]), Image.Resampling.BILINEAR)
    return picture.resize(size, Image.Resampling.BILINEAR)


def _over_white(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":
        return picture
    white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, picture).convert("RGB")


def picture_tensor(pixels: Pixels, spec: PictureInput) -> npt.NDArray[np.float32]:
    """[N, H, W, 3] of 0–255 → [N, 3, H, W]: divided by 255, minus mean, divided by std."""
    planes = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).astype(np.float32)  # whole planes are worked on fastest
    planes /= np.float32(255)
    planes -= _for_planes(spec.mean)
    planes /= _for_planes(spec.std)
    return planes


def _for_planes(values: tuple[float, float, float]) -> npt.NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)[:, np.newaxis, np.newaxis]
