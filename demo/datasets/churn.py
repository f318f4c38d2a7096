"""Customers who stay or leave: a made-up table whose concept drifts between two deliveries.

    python -m demo.datasets.churn --delivery 1 --rows 4000 --out first.csv

Both deliveries have the same columns and the same spread of each: nothing that looks at one
column after the other sees a change. What changes is why people leave.

    delivery 1   newcomers leave where the monthly charge is high; who has been a customer for
                 long does not mind
    delivery 2   a competitor courts those who have been customers for long: now they leave where
                 the charge is high, and newcomers, on a promotion, do not mind

Support calls, late payments and short contracts make people leave in both. With XGBoost (depth
4, 60 rounds) on 4,000 rows a delivery, ROC AUC on 4,000 other rows:

    model of delivery 1 on data of delivery 1   0.89
    model of delivery 1 on data of delivery 2   0.53
    model of delivery 2 on data of delivery 2   0.92

The file has a header line, some empty fields (`data_gb`), some rows twice, and some that cannot
be right, as deliveries have them: a text for a number, a negative charge, a field too few, an
answer other than yes and no. The prepare step quarantines those.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path

LABEL = "churned"
STAYS, LEAVES = CLASSES = ("no", "yes")
FEATURES = (
    "tenure_months",
    "monthly_charge",
    "contract_months",
    "support_calls",
    "late_payments",
    "data_gb",
)
COLUMNS = (*FEATURES, LABEL)
DELIVERIES = (1, 2)
SEED = 2026

MISSING_EVERY = 97
REPEATED_EVERY = 499
BAD_EVERY = 401

Row = list[str]


def rows(delivery: int, count: int, *, seed: int = SEED) -> Iterator[Row]:
    """`count` lines of a delivery, good and bad, as texts in the order of COLUMNS.

    More rows of the same seed begin with the same rows.
    """
    chance = random.Random(f"{seed}/{delivery}")  # noqa: S311 - not for secrets
    row: Row = []
    for number in range(1, count + 1):
        if row and number % REPEATED_EVERY == 0:
            yield row
            continue
        row = _customer(chance, delivery)
        if number % MISSING_EVERY == 0:
            row[FEATURES.index("data_gb")] = ""
        if number % BAD_EVERY == 0:
            yield _spoiled(row, number // BAD_EVERY)
            row = []
            continue
        yield row


def write_churn(file: Path, *, delivery: int, count: int, seed: int = SEED) -> int:
    """Write `count` rows below a header, answer `count`. The same bytes each time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.part")
    with unfinished.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows(delivery, count, seed=seed))
    unfinished.replace(file)
    return count


def _customer(chance: random.Random, delivery: int) -> Row:
    tenure = 1 + int(95 * chance.random() ** 1.5)
    charge = 20 + 100 * chance.random()
    contract = chance.choice((1, 12, 24))
    calls = min(9, int(-1.6 * math.log(1 - chance.random())))
    late = min(5, int(-0.9 * math.log(1 - chance.random())))
    data = -30 * math.log(1 - chance.random())

    newcomer = 1 / (1 + math.exp((tenure - 24) / 4))
    minds_price = newcomer if delivery == 1 else 1 - newcomer
    leaning = (
        minds_price * (charge - 70) / 9
        - 2.2 * (1 - minds_price)
        + 0.5 * (calls - 1)
        + 0.4 * late
        - {1: 0.0, 12: 0.4, 24: 0.9}[contract]
    )
    leaves = chance.random() < 1 / (1 + math.exp(-leaning))
    return [
        str(tenure),
        f"{charge:.2f}",
        str(contract),
        str(calls),
        str(late),
        f"{data:.3f}",
        LEAVES if leaves else STAYS,
    ]


def _spoiled(row: Row, turn: int) -> Row:
    """One of the ways in which a delivered row cannot be right."""
    spoiled = list(row)
    match turn % 4:
        case 0:
            spoiled[FEATURES.index("tenure_months")] = "n/a"
        case 1:
            charge = FEATURES.index("monthly_charge")
            spoiled[charge] = f"-{spoiled[charge]}"
        case 2:
            del spoiled[FEATURES.index("late_payments")]
        case _:
            spoiled[-1] = "perhaps"
    return spoiled


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m demo.datasets.churn",
        description="Write one delivery of made-up customers as CSV.",
    )
    parser.add_argument("--delivery", type=int, choices=DELIVERIES, required=True)
    parser.add_argument("--rows", type=int, default=4000, help="lines below the header")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, required=True, help="the CSV file to write")
    given = parser.parse_args()
    if given.rows < 1:
        parser.error(f"--rows: {given.rows} is not allowed; give 1 or more")
    count = write_churn(given.out, delivery=given.delivery, count=given.rows, seed=given.seed)
    print(f"{count} rows of delivery {given.delivery} in {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
