"""Makes the demo's table: prices of homes that were sold, all invented.

    python make.py --seed 7 --count 3000 --extra-harbour 600 --out sales.csv

The district is no feature of the model. By the harbour a price follows the water as nowhere else, and few homes are
sold there: the average error hides it, the breakdown by district shows it. `--extra-harbour` adds sales there and
changes no other row.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

COLUMNS = (
    "sale_id",
    "area_m2",
    "rooms",
    "floor",
    "built",
    "centre_km",
    "water_m",
    "condition",
    "energy_class",
    "district",
    "price",
)
DISTRICTS = {"old_town": 0.22, "station": 0.3, "hillside": 0.2, "outskirts": 0.25, "harbour": 0.03}
CENTRE_KM = {"old_town": 0.8, "station": 2.0, "hillside": 3.5, "outskirts": 7.0, "harbour": 2.2}
CONDITIONS = {"new": 0.15, "renovated": 0.3, "good": 0.4, "worn": 0.15}
CONDITION_WORTH = {"new": 38.0, "renovated": 24.0, "good": 0.0, "worn": -34.0}
ENERGY_CLASSES = {"A": 0.12, "B": 0.2, "C": 0.28, "D": 0.24, "E": 0.16}
ENERGY_WORTH = {"A": 14.0, "B": 8.0, "C": 0.0, "D": -7.0, "E": -16.0}
NOISE = 24.0
"""Standard deviation of what no column tells, in thousands."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=3000, help="sales")
    parser.add_argument("--extra-harbour", type=int, default=0, help="further sales by the harbour")
    parser.add_argument("--out", type=Path, default=Path("sales.csv"))
    wanted = parser.parse_args()
    make(wanted.out, seed=wanted.seed, count=wanted.count, extra_harbour=wanted.extra_harbour)


def make(file: Path, *, seed: int, count: int = 3000, extra_harbour: int = 0) -> None:
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for number, row in enumerate(sales(seed=seed, count=count, extra_harbour=extra_harbour), start=1):
            writer.writerow({"sale_id": f"S{number:05d}"} | row)


def sales(*, seed: int, count: int, extra_harbour: int) -> Iterator[dict[str, str]]:
    rng, extra = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    for _ in range(count):
        yield sale(rng, choice(rng, DISTRICTS))
    for _ in range(extra_harbour):
        yield sale(extra, "harbour")


def sale(rng: np.random.Generator, district: str) -> dict[str, str]:
    """Price in thousands."""
    area = min(220.0, 26 + rng.gamma(4.0, 15.0))
    rooms = max(1, min(8, round(area / 27 + rng.normal(0, 0.6))))
    floor, built = int(rng.integers(0, 9)), int(rng.integers(1890, 2024))
    centre = CENTRE_KM[district] * rng.lognormal(0, 0.25)
    water = float(rng.uniform(5, 300)) if district == "harbour" else float(rng.uniform(60, 4000))
    condition, energy = choice(rng, CONDITIONS), choice(rng, ENERGY_CLASSES)
    price = (
        60
        + 3.4 * area
        + 6 * rooms
        + 2.5 * floor
        - 17 * centre
        + 0.25 * max(0, built - 1960)
        + CONDITION_WORTH[condition]
        + ENERGY_WORTH[energy]
        + rng.normal(0, NOISE)
    )
    if district == "harbour":
        price += 290 * np.exp(-water / 80) - 65
    return {
        "area_m2": f"{area:.0f}",
        "rooms": str(rooms),
        "floor": str(floor),
        "built": "" if rng.random() < 0.02 else str(built),
        "centre_km": f"{centre:.1f}",
        "water_m": f"{water:.0f}",
        "condition": condition,
        "energy_class": energy,
        "district": district,
        "price": f"{max(40.0, price):.1f}",
    }


def choice(rng: np.random.Generator, shares: dict[str, float]) -> str:
    return str(rng.choice(list(shares), p=list(shares.values())))


if __name__ == "__main__":
    main()
