"""Which data the demo uploads for which workload; nothing here is about models.

A workload of a user's own is not in it: `--data FOLDER` uploads a folder as it is.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from demo.configuration import layout_of
from demo.datasets.churn import write_churn
from demo.datasets.digits import write_digits
from demo.datasets.iris import write_iris
from demo.datasets.textured_shapes import write_cub_200_2011, write_folders
from demo.errors import DemoError

CUSTOMERS = 4000
CUSTOMERS_FILE = "customers.csv"
SHAPES_A_CLASS = 60


@dataclass(frozen=True)
class Delivery:
    """Data that arrives at one time, and starts one run.

    Attributes:
        what: what it is, for people.
        write: puts the files into an empty folder, as they are to lie below the upload prefix.
    """

    what: str
    write: Callable[[Path], object]


@dataclass(frozen=True)
class DemoData:
    """The data of a workload, and an honest word on where it is not the real thing."""

    deliveries: tuple[Delivery, ...]
    simulated: str = ""


def data_of(workload: str, folder: Path | None = None) -> DemoData:
    """What to upload for a workload: the folder, where one is given.

    Raises:
        DemoError: the demo has no data for this workload, or the folder has none.
    """
    if folder is not None:
        return DemoData((_as_it_is(folder),))
    if workload not in CATALOG:
        raise DemoError(
            f"the demo has no data for the workload `{workload}`, only for "
            f"{', '.join(CATALOG)}. Name a folder with yours: "
            f"make demo WORKLOAD={workload} DEMO_ARGS='--data FOLDER'"
        )
    return CATALOG[workload]()


def _as_it_is(folder: Path) -> Delivery:
    if not folder.is_dir() or not any(path.is_file() for path in folder.rglob("*")):
        raise DemoError(f"--data: {folder} is no folder with files in it")

    def copy(target: Path) -> None:
        shutil.copytree(folder, target, dirs_exist_ok=True)

    return Delivery(f"the files of {folder}", copy)


def _digits() -> DemoData:
    return DemoData(
        (Delivery("1,797 scanned digits of scikit-learn, 32x32 RGB PNG", write_digits),)
    )


def _iris() -> DemoData:
    return DemoData((Delivery("Fisher's 150 irises, one CSV file without header", write_iris),))


def _customers() -> DemoData:
    def delivery(number: int, reason: str) -> Delivery:
        def write(folder: Path) -> None:
            # The same name both times: the second delivery takes the first one's place.
            write_churn(folder / CUSTOMERS_FILE, delivery=number, count=CUSTOMERS)

        return Delivery(f"delivery {number}: {CUSTOMERS} made-up customers, {reason}", write)

    return DemoData(
        (
            delivery(1, "among whom newcomers leave where the charge is high"),
            delivery(2, "among whom now the long-standing ones leave instead"),
        ),
        simulated="the customers are made up by a seeded program",
    )


def _shapes(workload: str) -> DemoData:
    layout = layout_of(workload)
    write = write_cub_200_2011 if layout == "cub-200-2011" else write_folders

    def shapes(folder: Path) -> int:
        return write(folder, per_class=SHAPES_A_CLASS)

    what = f"{10 * SHAPES_A_CLASS} synthetic pictures of textured shapes, layout {layout}"
    return DemoData(
        (Delivery(what, shapes),),
        simulated="the pictures are synthetic textured shapes, not birds",
    )


CATALOG: dict[str, Callable[[], DemoData]] = {
    "cifar-tensorflow": _digits,
    "cifar-custom-container": _digits,
    "birds-tensorflow": lambda: _shapes("birds-tensorflow"),
    "birds-pytorch": lambda: _shapes("birds-pytorch"),
    "iris-xgboost": _iris,
    "iris-sklearn-byoc": _iris,
    "churn-xgboost": _customers,
}
