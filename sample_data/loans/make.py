"""Makes the demo's table: decisions on loan applications, all invented.

    python make.py --seed 7 --count 4000 --out applications.csv

The decision follows income, debt and history; it never looks at sex or age. Approval still differs between the groups,
because incomes and the length of credit histories do: that is what the bias breakdown has to show.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

COLUMNS = (
    "application_id",
    "income",
    "amount",
    "months",
    "debt_ratio",
    "history_years",
    "late_payments",
    "employment",
    "purpose",
    "sex",
    "age_band",
    "approved",
)
AGE_BANDS = {"18-29": 0.24, "30-44": 0.34, "45-64": 0.3, "65+": 0.12}
EMPLOYMENT = {"salaried": 0.62, "self_employed": 0.18, "temporary": 0.14, "none": 0.06}
PURPOSES = {"car": 0.34, "home": 0.26, "education": 0.16, "business": 0.14, "medical": 0.1}
EMPLOYMENT_WEIGHT = {"salaried": 0.5, "self_employed": 0.0, "temporary": -0.7, "none": -1.9}
PURPOSE_WEIGHT = {"car": 0.2, "home": 0.5, "education": 0.0, "business": -0.5, "medical": -0.1}
INCOME_BY_AGE = {"18-29": 0.76, "30-44": 1.04, "45-64": 1.14, "65+": 0.82}
YEARS_BY_AGE = {"18-29": 3.5, "30-44": 9.0, "45-64": 17.0, "65+": 22.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=4000, help="applications")
    parser.add_argument("--out", type=Path, default=Path("applications.csv"))
    wanted = parser.parse_args()
    make(wanted.out, seed=wanted.seed, count=wanted.count)


def make(file: Path, *, seed: int, count: int = 4000) -> None:
    rng = np.random.default_rng(seed)
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for number in range(1, count + 1):
            writer.writerow(application(rng) | {"application_id": f"A{number:05d}"})


def application(rng: np.random.Generator) -> dict[str, str]:
    age_band, sex = choice(rng, AGE_BANDS), choice(rng, {"female": 0.48, "male": 0.52})
    employment, purpose = choice(rng, EMPLOYMENT), choice(rng, PURPOSES)
    scale = (
        42_000 * INCOME_BY_AGE[age_band] * (0.88 if sex == "female" else 1.0) * (0.35 if employment == "none" else 1)
    )
    income = scale * rng.lognormal(0, 0.4)
    amount = 9_000 * (3.0 if purpose == "home" else 1.0) * rng.lognormal(0, 0.6)
    months = int(rng.choice([12, 24, 36, 48, 60, 84]))
    debt_ratio = float(rng.beta(2.2, 4.5))
    history_years = min(45.0, float(rng.gamma(2.0, YEARS_BY_AGE[age_band] / 2)))
    late_payments = int(rng.poisson(0.9))
    score = (
        1.9
        + 2.2 * np.log(income / 40_000)
        - 1.6 * np.log1p(amount / months / (income / 12) * 6)
        - 5.0 * (debt_ratio - 0.33)
        + 0.9 * np.log1p(history_years / 4)
        - 0.95 * late_payments
        + EMPLOYMENT_WEIGHT[employment]
        + PURPOSE_WEIGHT[purpose]
    )
    is_approved = rng.random() < 1 / (1 + np.exp(-1.6 * score))
    return {
        "income": str(round(income, -2)),
        "amount": str(round(amount, -2)),
        "months": str(months),
        "debt_ratio": f"{debt_ratio:.3f}",
        "history_years": "" if rng.random() < 0.03 else f"{history_years:.1f}",
        "late_payments": str(late_payments),
        "employment": employment,
        "purpose": purpose,
        "sex": sex,
        "age_band": age_band,
        "approved": "yes" if is_approved else "no",
    }


def choice(rng: np.random.Generator, shares: dict[str, float]) -> str:
    return str(rng.choice(list(shares), p=list(shares.values())))


if __name__ == "__main__":
    main()
