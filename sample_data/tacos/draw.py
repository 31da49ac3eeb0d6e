"""Draws the demo's pictures: tacos and burritos by day, by lamp and, fewer and harder, at night.

    python draw.py --seed 7 --count 1600 --out pictures

writes `pictures/<class>/<name>.jpg`, and beside that folder `groups.csv` (file, lighting, camera) and `smoke/`. Each
picture depends on the seed and its own number alone: `--extra-night 200` adds night pictures and changes no other one.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = 160
CLASSES = ("burrito", "taco")
LIGHTING = {"day": 0.55, "lamp": 0.29, "night": 0.16}
CAMERAS = {"phone": 0.6, "compact": 0.4}
SMOKE_PER_CLASS = 6
QUALITY = 85
COUNT = 1600

DOWN, ACROSS = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j].astype(np.float32)

Colour = tuple[int, int, int]
Points = np.ndarray

FILLINGS: tuple[Colour, ...] = (
    (92, 150, 58),
    (60, 116, 44),
    (200, 58, 44),
    (118, 72, 44),
    (240, 196, 70),
    (245, 240, 225),
)
CORN: tuple[Colour, ...] = ((226, 178, 84), (214, 160, 70), (236, 196, 110))
FLOUR: tuple[Colour, ...] = ((232, 212, 172), (222, 196, 150), (240, 226, 196), (214, 178, 124))
TABLES: tuple[Colour, ...] = ((128, 84, 54), (92, 64, 48), (70, 80, 92), (112, 46, 44), (56, 92, 84))
CLOTHS: tuple[Colour, ...] = ((236, 234, 230), (150, 168, 190), (74, 76, 84))


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to take. `number` seeds it together with the project's seed and the name's `series`."""

    label: str
    lighting: str
    camera: str
    series: str
    number: int

    @property
    def name(self) -> str:
        prefix = "" if self.series == "base" else f"{self.series}-"
        return f"{self.label}/{prefix}{self.number:04d}.jpg"


@dataclass(frozen=True, slots=True)
class Pose:
    """Where food units (the food spans about -1 to 1) lie on the canvas, which is twice as large as the picture."""

    matrix: np.ndarray
    offset: np.ndarray
    is_clear: bool
    """Shows the food as most people know it: nothing odd, nothing cut off."""

    def place(self, points: Points) -> list[tuple[float, float]]:
        return [(float(x), float(y)) for x, y in points @ self.matrix.T + self.offset]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=COUNT, help="pictures, without the extra ones")
    parser.add_argument("--extra-night", type=int, default=0, help="night pictures to add")
    parser.add_argument("--out", type=Path, default=Path("pictures"))
    wanted = parser.parse_args()
    draw(wanted.out, seed=wanted.seed, count=wanted.count, extra_night=wanted.extra_night)


def draw(pictures: Path, *, seed: int, count: int = COUNT, extra_night: int = 0) -> None:
    """Writes the pictures, and beside their folder `groups.csv` and `smoke/`."""
    shots = list(planned_shots(seed, count=count, extra_night=extra_night))
    for label in CLASSES:
        (pictures / label).mkdir(parents=True, exist_ok=True)
    for shot in shots:
        take(shot, seed=seed).save(pictures / shot.name, quality=QUALITY)
    with (pictures.parent / "groups.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "lighting", "camera"])
        writer.writerows([shot.name, shot.lighting, shot.camera] for shot in shots)
    smoke = pictures.parent / "smoke"
    smoke.mkdir(exist_ok=True)
    for label in CLASSES:
        for number in range(1, SMOKE_PER_CLASS + 1):
            shot = Shot(label, "day", "compact", "smoke", number)
            take(shot, seed=seed + 1_000_003).save(smoke / f"{label}-{number}.jpg", quality=QUALITY)


def planned_shots(seed: int, *, count: int, extra_night: int) -> Iterator[Shot]:
    rng = np.random.default_rng([seed, 0])
    for number in range(1, count + 1):
        lighting = str(rng.choice(list(LIGHTING), p=list(LIGHTING.values())))
        camera = str(rng.choice(list(CAMERAS), p=list(CAMERAS.values())))
        yield Shot(CLASSES[number % 2], lighting, camera, "base", number)
    rng = np.random.default_rng([seed, 1])
    for number in range(1, extra_night + 1):
        camera = str(rng.choice(list(CAMERAS), p=list(CAMERAS.values())))
        yield Shot(CLASSES[number % 2], "night", camera, "night", number)


def take(shot: Shot, *, seed: int) -> Image.Image:
    series = ("base", "night", "smoke").index(shot.series)
    rng = np.random.default_rng([seed, 2 + series, shot.number, CLASSES.index(shot.label)])
    is_clear = shot.series == "smoke"
    canvas = table(rng)
    brush = ImageDraw.Draw(canvas)
    pose = random_pose(rng, is_clear=is_clear)
    FOODS[shot.label](brush, rng, pose)
    if not is_clear and rng.random() < 0.35:
        napkin(brush, rng)
    return develop(canvas.reduce(2), shot, rng)


def random_pose(rng: np.random.Generator, *, is_clear: bool) -> Pose:
    turn = rng.uniform(-0.4, 0.4) if is_clear else rng.normal(0, 0.6)
    scale = SIZE * (rng.uniform(0.66, 0.8) if is_clear else rng.uniform(0.55, 0.9))
    squash = rng.uniform(0.9, 1.0) if is_clear else rng.uniform(0.7, 1.0)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    tilt = np.array([[1.0, rng.uniform(-0.15, 0.15)], [0.0, squash]])
    shift = rng.normal(0, 4 if is_clear else 16, 2)
    return Pose(rotation @ tilt * scale, np.array([SIZE, SIZE]) + shift, is_clear)


def draw_taco(brush: ImageDraw.ImageDraw, rng: np.random.Generator, pose: Pose) -> None:
    shell = vary(rng, FLOUR if rng.random() < 0.1 and not pose.is_clear else CORN, 14)
    height, opening, sag = rng.uniform(0.55, 1.0), rng.uniform(0.06, 0.3), rng.uniform(-0.05, 0.12)
    angles = np.linspace(0, np.pi, 28)
    arc = np.stack([np.cos(angles), height * np.sin(angles) ** rng.uniform(0.8, 1.1) - height / 2], axis=1)
    edge_x = np.linspace(-1, 1, 14)
    edge = np.stack([edge_x, sag * (1 - edge_x**2) - height / 2 + rng.normal(0, 0.012, 14)], axis=1)
    front = np.concatenate([arc, edge])
    brush.polygon(pose.place(front * [0.97, 0.9] - [0, opening]), fill=shade(shell, 0.72))
    scatter(brush, rng, pose, centre=(0.0, -height / 2 - opening * 0.45), spread=(0.8, opening * 0.5 + 0.03))
    brush.polygon(pose.place(front), fill=shell, outline=shade(shell, 0.8))
    toast(brush, rng, pose, shell, spread=(0.6, height * 0.22))


def draw_burrito(brush: ImageDraw.ImageDraw, rng: np.random.Generator, pose: Pose) -> None:
    wrap = vary(rng, CORN if rng.random() < 0.08 and not pose.is_clear else FLOUR, 14)
    radius, bend = rng.uniform(0.28, 0.5), rng.uniform(-0.3, 0.3)
    spine_x = np.linspace(-1 + radius, 1 - radius, 16)
    spine = np.stack([spine_x, bend * (spine_x**2 - 0.25)], axis=1)
    ends, down = np.linspace(-np.pi / 2, np.pi / 2, 10), np.array([0, radius])
    cap = np.stack([np.cos(ends), np.sin(ends)], axis=1) * radius
    outline = np.concatenate([spine[-1] + cap, spine[::-1] + down, spine[0] - cap, spine - down])
    brush.polygon(pose.place(outline), fill=wrap, outline=shade(wrap, 0.8))
    seam_x = rng.uniform(-0.4, 0.4)
    seam_y = bend * (seam_x**2 - 0.25)
    seam = np.array([[seam_x - 0.4, seam_y + radius * 0.9], [seam_x + 0.4, seam_y - radius * 0.9]])
    brush.line(pose.place(seam), fill=shade(wrap, 0.78), width=3)
    toast(brush, rng, pose, wrap, spread=(0.55, radius * 0.4))
    finish = rng.random()
    if finish < 0.5:
        cut = spine[-1] + cap * [rng.uniform(0.3, 0.6), 0.95]
        brush.polygon(pose.place(np.concatenate([cut, spine[-1] - (cap * [0.3, 0.95])])), fill=shade(wrap, 0.7))
        scatter(brush, rng, pose, centre=(float(spine[-1][0]), float(spine[-1][1])), spread=(0.1, radius * 0.6))
    elif finish < 0.75:
        foil = np.concatenate([spine[:7] + down, spine[6::-1] - down, spine[0] - cap])
        brush.polygon(pose.place(foil), fill=vary(rng, ((186, 188, 194),), 14), outline=(140, 142, 148))


FOODS: dict[str, Callable[[ImageDraw.ImageDraw, np.random.Generator, Pose], None]] = {
    "burrito": draw_burrito,
    "taco": draw_taco,
}


def scatter(
    brush: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    pose: Pose,
    *,
    centre: tuple[float, float],
    spread: tuple[float, float],
) -> None:
    """Fillings: small ellipses around `centre`."""
    around = np.linspace(0, 2 * np.pi, 9)[:-1]
    circle = np.stack([np.cos(around), np.sin(around)], axis=1)
    for _ in range(int(rng.integers(8, 22))):
        at = np.array(centre) + rng.uniform(-1, 1, 2) * spread
        shape = circle * rng.uniform(0.03, 0.12, 2)
        brush.polygon(pose.place(at + shape), fill=vary(rng, FILLINGS, 16))


def toast(
    brush: ImageDraw.ImageDraw, rng: np.random.Generator, pose: Pose, base: Colour, *, spread: tuple[float, float]
) -> None:
    """Darker spots where the pan was."""
    around = np.linspace(0, 2 * np.pi, 8)[:-1]
    circle = np.stack([np.cos(around), np.sin(around)], axis=1)
    for _ in range(int(rng.integers(0, 9))):
        at = rng.normal(0, 0.5, 2) * spread
        brush.polygon(pose.place(at + circle * rng.uniform(0.02, 0.09, 2)), fill=shade(base, rng.uniform(0.7, 0.92)))


def table(rng: np.random.Generator) -> Image.Image:
    """A table top, mostly with boards or a checked cloth, and a plate on two of three."""
    span = 2 * SIZE
    base = vary(rng, TABLES, 18)
    canvas = Image.new("RGB", (span, span), base)
    brush = ImageDraw.Draw(canvas)
    pattern, step = rng.random(), int(rng.integers(24, 70))
    line = shade(base, rng.uniform(0.6, 1.35))
    for at in range(int(rng.integers(step)), span, step):
        if pattern < 0.7:
            brush.line([(0, at), (span, at + int(rng.integers(-12, 13)))], fill=line, width=int(rng.integers(2, 9)))
        if pattern < 0.3:
            brush.line([(at, 0), (at, span)], fill=line, width=int(rng.integers(2, 9)))
    if rng.random() < 0.66:
        x, y = rng.normal(SIZE, 26, 2)
        radius = rng.uniform(0.6, 1.0) * SIZE
        plate = vary(rng, CLOTHS, 18)
        brush.ellipse([x - radius, y - radius, x + radius, y + radius], fill=plate, outline=shade(plate, 0.8), width=5)
    return canvas


def napkin(brush: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Something that hides a corner of the picture: a napkin, a cup, a bowl of salsa."""
    side = rng.integers(0, 2, 2) * 2 * SIZE
    x, y = side + rng.normal(0, 30, 2)
    radius = rng.uniform(0.25, 0.6) * SIZE
    brush.ellipse([x - radius, y - radius, x + radius, y + radius], fill=vary(rng, CLOTHS + FILLINGS, 20))


def develop(picture: Image.Image, shot: Shot, rng: np.random.Generator) -> Image.Image:
    """Blur, light and grain. At night hardly any colour is left, and grain covers the edges."""
    blur = rng.uniform(0.3, 1.3 if shot.camera == "phone" else 0.9)
    light = np.asarray(picture.filter(ImageFilter.BoxBlur(blur)), dtype=np.float32) / 255
    slope = rng.normal(0, 0.12, 2).astype(np.float32)
    falloff = 1 + slope[0] * ACROSS + slope[1] * DOWN
    tint, exposure, grain = np.ones(3), rng.uniform(0.85, 1.1), rng.uniform(0.01, 0.035)
    if shot.lighting == "lamp":
        tint, exposure, grain = np.array([1.08, 0.92, 0.7]), rng.uniform(0.7, 1.0), rng.uniform(0.02, 0.045)
        spot = rng.normal(0, 0.5, 2).astype(np.float32)
        falloff = falloff * np.exp(-0.25 * ((ACROSS - spot[0]) ** 2 + (DOWN - spot[1]) ** 2))
    if shot.lighting == "night":
        grey = light.mean(axis=2, keepdims=True)
        light = grey + np.float32(rng.uniform(0.05, 0.3)) * (light - grey)
        tint, exposure, grain = np.array([0.8, 0.9, 1.2]), rng.uniform(0.24, 0.5), rng.uniform(0.06, 0.1)
    if shot.camera == "phone":
        grain *= 1.2
    light = light * (falloff[:, :, None] * (tint * exposure).astype(np.float32))
    light += np.float32(grain) * rng.standard_normal(light.shape, dtype=np.float32)
    return Image.fromarray(np.clip(light * 255, 0, 255).astype(np.uint8))


def vary(rng: np.random.Generator, colours: tuple[Colour, ...], amount: float) -> Colour:
    base = (
        np.array(colours[int(rng.integers(len(colours)))])
        + rng.normal(0, amount, 3) * 0.5
        + rng.normal(0, amount * 0.7)
    )
    red, green, blue = np.clip(base, 0, 255).astype(int)
    return int(red), int(green), int(blue)


def shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, int(part * factor)) for part in colour)
    return red, green, blue


if __name__ == "__main__":
    main()
