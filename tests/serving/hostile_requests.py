"""Requests that nobody means well with, made from a seeded generator: the same number, the same request."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from random import Random

from PIL import Image
from serving_models import encoded, plain

PICTURES = [plain("red", (40, 30), kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")] + [
    encoded(Image.new("RGB", (64, 64), "green"), "JPEG", progressive=True),
    encoded(Image.new("RGBA", (20, 20), (1, 2, 3, 4))),
    encoded(Image.new("CMYK", (20, 20)), "JPEG"),
    encoded(Image.new("RGB", (20, 20)), "TIFF", compression="tiff_lzw"),
]
METHODS = [b"GET", b"POST", b"HEAD", b"PUT", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI", b"BREW", b"post", b"", b"P\0ST"]
PATHS = [
    b"/predict", b"/ready", b"/live", b"/", b"*", b"", b"//predict", b"/predict?a=%zz", b"/%00", b"/%ff%fe",
    b"/\xc3\xa4",
    b"http://elsewhere/predict", b"/predict#x", b"elsewhere:443", b"/" + b"a" * 70_000, b"/../../etc/passwd",
    b"/predict\t",
]  # fmt: skip
VERSIONS = [
    b"HTTP/1.1",
    b"HTTP/1.0",
    b"HTTP/0.9",
    b"HTTP/2.0",
    b"HTTP/9.9",
    b"HTTP/1.1 ",
    b"FTP/1.1",
    b"",
    b"HTTP/1.11",
]
FIELDS = [
    b"host: x", b"host: x\r\nhost: y", b"content-length: 5", b"content-length: -5",
    b"content-length: 5\r\ncontent-length: 6",
    b"content-length: 99999999999999999999999", b"content-length: 0x10", b"content-length: +3", b"content-length:",
    b"transfer-encoding: chunked", b"transfer-encoding: chunked\r\ncontent-length: 3",
    b"transfer-encoding: gzip, chunked",
    b"transfer-encoding: identity", b"transfer-encoding: chunked, chunked", b"expect: 100-continue",
    b"expect: the-worst",
    b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x", b"connection: upgrade\r\nupgrade: h2c",
    b"connection: close", b"connection: keep-alive, close, te", b"x: " + b"y" * 9000, b": empty", b"no colon",
    b" folded: x",
    b"x-a: b\r\n c", b"x\0: y", b"x: \0\x01\x02\x7f", b"x: \xff\xfe", b"x-request-id: \xc3\xa4",
    b"x-request-id: " + b"a" * 99,
    b"x-request-id: a\r\nx-request-id: b", b"content-type: \xff", b"content-type: application/json;" + b";" * 999,
    b"content-type: multipart/form-data", b"content-encoding: gzip", b"range: bytes=0-99999", b"te: trailers", b"\r",
    b"accept: " + b"*/*," * 500,
]  # fmt: skip
BODIES = [
    b"",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"hello",
    b"zz\r\n",
    b"-1\r\n",
    b"ffffffffffffffff\r\nx",
    b"5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n",
]
NUMBERS = [
    "1e999",
    "-1e999",
    "1" * 400,
    "NaN",
    "-Infinity",
    "1e-999",
    "-0",
    "0x10",
    "01",
    "1.",
    ".5",
    "1e",
    "3e38",
    "1_0",
]
VALUES = [
    None,
    True,
    "",
    "car",
    "\ud800",
    "\0",
    "é" * 500,
    [],
    {},
    [[]],
    {"a": {"b": 1}},
    0,
    -1,
    1.5,
    2**63,
    2**64,
    10**30,
    3.4e38,
]
NAMES = ["income", "age", "purpose", "region", "", "sex", "__class__", "income ", "INCOME", "\u202e", "a" * 3000]
TYPES = [
    b"application/json",
    b"application/json; charset=utf-16",
    b"text/plain",
    b"image/png",
    b"application/x-www-form-urlencoded",
    b"",
    b"/",
]


def picture_request(random: Random) -> bytes:
    """A complete request whose body is a damaged picture, a bomb or no picture at all."""
    return request(
        random.choice([_damaged, _damaged, _damaged, _bomb, _spliced, _noise])(random), _picture_type(random)
    )


def row_request(random: Random) -> bytes:
    """A complete request whose body is nearly a row."""
    make = random.choice([_wrong_row, _wrong_row, _wrong_numbers, _deep, _damaged_json, _noise])
    return request(make(random), random.choice([b"application/json"] * 5 + TYPES))


def broken_request(random: Random) -> bytes:
    """Anything but proper HTTP; often it has no end."""
    return random.choice([_odd_head, _odd_head, _odd_head, _flipped, _noise, _several])(random)


def request(body: bytes, content_type: bytes) -> bytes:
    head = b"POST /predict HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n" % len(body)
    return head + (b"content-type: %s\r\n" % content_type if content_type else b"") + b"\r\n" + body


def _picture_type(random: Random) -> bytes:
    return random.choice([b"image/jpeg", b"image/png", b"application/octet-stream", b"", b"x/y", random.choice(TYPES)])


def _damaged(random: Random) -> bytes:
    data = bytearray(random.choice(PICTURES))
    for _ in range(random.randint(1, 30)):
        data[random.randrange(len(data))] = random.randrange(256)
    return bytes(data[: random.randint(1, len(data))] if random.random() < 0.3 else data)


def _spliced(random: Random) -> bytes:
    first, second = random.choice(PICTURES), random.choice(PICTURES)
    return first[: random.randrange(len(first))] + second[random.randrange(len(second)) :]


def _bomb(random: Random) -> bytes:
    width, height = random.choice(
        [(65_535, 65_535), (2**31 - 1, 1), (1, 70_000), (900, 900), (0, 0), (2**32 - 1, 2**32 - 1)]
    )
    head = struct.pack(
        ">IIBBBBB", width, height, random.choice([1, 8, 16, 3]), random.choice([0, 2, 3, 4, 6, 9]), 0, 0, 0
    )
    text = (
        random.choice([b"zTXt", b"iCCP", b"iTXt", b"eXIf", b"PLTE", b"tRNS"]),
        b"x\0\0" + zlib.compress(bytes(3_000_000)),
    )
    parts = [(b"IHDR", head), text, (b"IDAT", zlib.compress(bytes(random.choice([0, 10, 2_500_000])))), (b"IEND", b"")]
    chunks = [struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d)) for kind, d in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _noise(random: Random) -> bytes:
    return random.randbytes(random.choice([0, 1, 3, 50, 2000]))


def _wrong_row(random: Random) -> bytes:
    row = {"income": 1, "age": None, "purpose": "car", "region": None}
    for _ in range(random.randint(0, 3)):
        row[random.choice(NAMES)] = random.choice(VALUES)
    if random.random() < 0.2:
        del row[random.choice(list(row))]
    return json.dumps(row, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")


def _wrong_numbers(random: Random) -> bytes:
    numbers = random.choice(NUMBERS), random.choice([*NUMBERS, "1"])
    return b'{"income": %s, "age": %s, "purpose": "car", "region": null}' % tuple(n.encode() for n in numbers)


def _deep(random: Random) -> bytes:
    depth = random.choice([50, 2000, 100_000])
    return random.choice([b"[" * depth, b'{"income":' * depth, b"[" * depth + b"]" * depth])


def _damaged_json(random: Random) -> bytes:
    data = bytearray(_wrong_row(random))
    data[random.randrange(len(data))] = random.randrange(256)
    return bytes(data)


def _odd_head(random: Random) -> bytes:
    line = b" ".join(
        [random.choice(METHODS[:4] + METHODS), random.choice(PATHS), random.choice(VERSIONS[:1] * 8 + VERSIONS)]
    )
    fields = b"\r\n".join(random.choice(FIELDS) for _ in range(random.randint(0, 6)))
    end = random.choice([b"\r\n\r\n"] * 4 + [b"\n\n", b"\r\n", b""])
    return line + random.choice([b"\r\n"] * 6 + [b"\n", b"\r"]) + fields + end + random.choice(BODIES)


def _flipped(random: Random) -> bytes:
    data = bytearray(request(plain("red"), b"image/png"))
    for _ in range(random.randint(1, 8)):
        data[random.randrange(130)] = random.randrange(256)
    return bytes(data)


def _several(random: Random) -> bytes:
    makers: list[Callable[[Random], bytes]] = [_odd_head, _flipped, lambda _: b"GET /live HTTP/1.1\r\nhost: x\r\n\r\n"]
    return b"".join(random.choice(makers)(random) for _ in range(random.randint(2, 5)))
