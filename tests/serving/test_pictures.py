"""Pictures: what is decoded, how it is turned, and what is refused."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image
from serving_models import encoded, picture_spec, plain

from mltui.serving.preprocessing import InvalidInput, PictureInput, decode_picture, picture_tensor

ORIENTATION = 0x0112
TURNS_BACK = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""What a camera does to an upright scene before it writes this orientation."""

LARGE = PictureInput(16, 12, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 50_000_000, 25_000_000)


def scene() -> Image.Image:
    """No two of its eight turns are alike."""
    picture = Image.new("RGB", (64, 48), "white")
    picture.paste((200, 0, 0), (0, 0, 32, 24))
    picture.paste((0, 0, 200), (32, 24, 64, 48))
    picture.paste((0, 200, 0), (0, 40, 8, 48))
    return picture


def refused(data: bytes, spec: PictureInput = LARGE) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        decode_picture(data, spec)
    return caught.value


def png(width: int, height: int, *, chunks: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """A PNG of these dimensions, with whatever chunks, that promises more than it holds."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    body = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "GIF"])
def test_every_format_shows_the_same_pixels(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    expected = decode_picture(encoded(scene()), LARGE).astype(int)
    found = decode_picture(encoded(scene(), kind, **options), LARGE).astype(int)
    assert abs(found - expected).max() <= 4


def test_a_picture_is_stretched_to_the_models_size() -> None:
    pixels = decode_picture(encoded(scene()), LARGE)
    assert pixels.shape == (12, 16, 3)
    assert pixels.dtype == np.uint8
    assert pixels[0, 0].tolist() == [200, 0, 0]
    assert pixels[-1, -1].tolist() == [0, 0, 200]


@pytest.mark.parametrize("orientation", sorted(TURNS_BACK))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_turned_picture_is_seen_upright(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    turned = encoded(scene().transpose(TURNS_BACK[orientation]), kind, exif=exif, **options)
    upright = decode_picture(encoded(scene(), kind, **options), LARGE).astype(int)
    assert abs(decode_picture(turned, LARGE).astype(int) - upright).max() <= 6


def test_an_orientation_that_nobody_knows_leaves_the_picture_as_it_is() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 77
    assert (decode_picture(encoded(scene(), exif=exif), LARGE) == decode_picture(encoded(scene()), LARGE)).all()


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_broken_exif_does_not_make_a_picture_unreadable() -> None:
    data = encoded(scene(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff broken")
    assert decode_picture(data, LARGE).shape == (12, 16, 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_is_white(mode: str) -> None:
    picture = Image.new(mode, (30, 30), 0)
    assert (decode_picture(encoded(picture), LARGE) == 255).all()


def test_a_transparent_colour_of_a_palette_is_white() -> None:
    picture = Image.new("P", (30, 30), 3)
    picture.putpalette([0, 0, 0] * 256)
    assert (decode_picture(encoded(picture, "GIF", transparency=3), LARGE) == 255).all()
    assert (decode_picture(encoded(picture, "PNG", transparency=3), LARGE) == 255).all()


def test_half_transparent_red_is_pink_and_keeps_no_dark_edge() -> None:
    picture = Image.new("RGBA", (32, 24), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 128), (0, 0, 16, 24))
    pixels = decode_picture(encoded(picture), LARGE)
    assert pixels[6, 2].tolist() == pytest.approx([255, 127, 127], abs=1)
    assert pixels[..., 0].min() >= 254


@pytest.mark.parametrize(("mode", "colour", "shown"), [("L", 90, 90), ("1", 1, 255), ("P", 0, 0)])
def test_grey_and_palettes_become_rgb(mode: str, colour: int, shown: int) -> None:
    picture = Image.new(mode, (30, 30), colour)
    if mode == "P":
        picture.putpalette([0, 0, 0] * 256)
    assert (decode_picture(encoded(picture), LARGE) == shown).all()


def test_cmyk_becomes_rgb() -> None:
    pixels = decode_picture(encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG"), LARGE)
    assert pixels[5, 5].tolist() == pytest.approx([255, 0, 0], abs=6)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_brightness(kind: str) -> None:
    grey = Image.fromarray(np.full((30, 30), 0x8040, dtype=np.uint16))
    assert (decode_picture(encoded(grey, kind), LARGE) == 0x80).all()


def test_thirty_two_bits_have_no_known_range_and_are_refused() -> None:
    error = refused(encoded(Image.new("F", (30, 30), 0.5), "TIFF"))
    assert (error.status, error.code) == (400, "unreadable_picture")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_a_moving_picture_the_first_frame_is_seen(kind: str) -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("blue", "red", "red")]
    options = {"lossless": True} if kind == "WEBP" else {}
    moving = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, **options)
    assert decode_picture(moving, LARGE)[3, 3].tolist() == [0, 0, 255]


def test_a_large_jpeg_looks_as_when_it_is_decoded_in_full() -> None:
    """Decoding at a part of the size is for speed and memory, not for another picture."""
    smooth = scene().resize((1600, 1200), Image.Resampling.BICUBIC)
    fast = decode_picture(encoded(smooth, "JPEG", quality=95), LARGE).astype(int)
    full = decode_picture(encoded(smooth), LARGE).astype(int)
    assert abs(fast - full).max() <= 8


@pytest.mark.parametrize(("size", "side"), [((1, 60_000), 160), ((60_000, 1), 160), ((1, 1), 64), ((3, 2), 64)])
def test_pictures_of_any_proportion_are_stretched(size: tuple[int, int], side: int) -> None:
    spec = PictureInput(side, side, (0, 0, 0), (1, 1, 1), 10**7, 25_000_000)
    pixels = decode_picture(plain("red", size), spec)
    assert pixels.shape == (side, side, 3)
    assert (pixels == (255, 0, 0)).all()


def test_too_many_bytes_are_refused() -> None:
    assert refused(b"x" * 101, picture_spec(max_bytes=100)).status == 413


def test_too_many_pixels_are_refused_from_the_header_alone() -> None:
    error = refused(png(5001, 5000))
    assert (error.status, error.code) == (413, "too_many_pixels")


def test_a_picture_of_exactly_the_allowed_pixels_passes() -> None:
    assert decode_picture(plain("red", (100, 50)), picture_spec(max_pixels=5000)).shape == (8, 8, 3)
    assert refused(plain("red", (101, 50)), picture_spec(max_pixels=5000)).code == "too_many_pixels"


@pytest.mark.parametrize("size", [(65_536, 1), (1, 65_536), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_bombs_are_refused_whatever_their_shape(size: tuple[int, int]) -> None:
    assert refused(png(*size)).status == 413


def test_a_jpeg_of_very_many_scans_is_refused() -> None:
    data = encoded(scene(), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    assert decode_picture(data, LARGE).shape == (12, 16, 3)
    assert refused(data[:at] + data[at:-2] * 200 + data[-2:]).status == 400


def test_text_chunks_that_unpack_to_very_much_are_refused_or_skipped() -> None:
    bomb = b"comment\0\0" + zlib.compress(b"\0" * 90_000_000)
    assert refused(png(10, 10, chunks=((b"zTXt", bomb),))).status == 400


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_a_truncated_picture_is_refused(kind: str) -> None:
    rng = np.random.default_rng(5)
    noise = Image.fromarray(rng.integers(0, 255, (90, 90, 3), dtype=np.uint8))
    data = encoded(noise, kind)
    for share in (0.05, 0.3, 0.7):
        assert refused(data[: int(len(data) * share)]).status == 400


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"hello", b"<svg/>", b"%PDF-1.7", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"GIF89a"]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert refused(data).status == 400


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_broken_picture_is_refused_or_read_but_nothing_else(kind: str) -> None:
    rng = np.random.default_rng(11)
    good = np.frombuffer(encoded(scene(), kind), dtype=np.uint8)
    for _ in range(150):
        broken = good.copy()
        at = rng.integers(0, len(good), rng.integers(1, 12))
        broken[at] = rng.integers(0, 255, len(at))
        try:
            assert decode_picture(broken.tobytes(), LARGE).shape == (12, 16, 3)
        except InvalidInput as error:
            assert 400 <= error.status < 500  # noqa: PT017 (either outcome is right)


def test_a_phone_photograph_takes_little_memory() -> None:
    """Twelve megapixels in full would be 48 MB; in a process of its own, since the peak is the process's."""
    program = (
        "import sys; from mltui.serving.preprocessing import *; from mltui.serving.memory import peak_memory_bytes;"
        "data = sys.stdin.buffer.read(); spec = PictureInput(160, 160, (0,)*3, (1,)*3, 10**8, 25_000_000);"
        "before = peak_memory_bytes(); decode_picture(data, spec); print(peak_memory_bytes() - before)"
    )
    photograph = encoded(scene().resize((4000, 3000)), "JPEG")
    grown = subprocess.run([sys.executable, "-c", program], input=photograph, capture_output=True, check=True).stdout
    assert int(grown) < 12_000_000


def test_the_tensor_is_scaled_by_mean_and_deviation() -> None:
    spec = PictureInput(2, 1, (0.5, 0.0, 0.25), (0.5, 1.0, 0.25), 100, 100)
    pixels = np.array([[[[255, 51, 0], [0, 255, 255]]]], dtype=np.uint8)
    tensor = picture_tensor(pixels, spec)
    assert tensor.dtype == np.float32
    assert tensor.shape == (1, 3, 1, 2)
    assert tensor.flags.c_contiguous
    assert tensor[0, :, 0, :].T.tolist() == [pytest.approx([1, 0.2, -1]), pytest.approx([-1, 1, 3])]
