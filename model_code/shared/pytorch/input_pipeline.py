"""Feeds pictures to training: read by their place in the tar files, decoded by worker processes.

Order and augmentation follow from seed and epoch alone, so that a resumed training sees what an
uninterrupted one would have seen, with however many workers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from shared import class_names
from shared.faults import RefusedError
from shared.images.tar_index import TarIndex
from shared.pytorch import pictures
from shared.pytorch.augmentation import Augment
from shared.pytorch.processes import Processes

MEASURED_TOGETHER = 256
_MOST_WORKERS = 8

Place = tuple[int, int]
"""Epoch and number of a picture."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """The pictures of one channel.

    Attributes:
        folder: what shared.images.prepare wrote: *.tar and classes.json.
        image_shape: rows, columns, channels that every picture must have.
    """

    folder: Path
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    index: TarIndex = field(repr=False)

    @classmethod
    def open(cls, folder: Path) -> Split:
        """Look at a channel.

        Raises:
            RefusedError: files are missing or empty, a label is none of the classes, or the
                first record is no picture.
        """
        classes = class_names.read(folder)
        index = TarIndex.of(folder)
        if not len(index):
            raise RefusedError("data is missing:", [f"{folder}: its files hold no picture"])
        for number, label in enumerate(index.labels):
            if not 0 <= label < len(classes):
                told = f"label {label}; every label must be one of the {len(classes)} classes"
                raise RefusedError("data is damaged:", [f"{index.place(number)}: {told}"])
        rows, columns, channels = _decoded(index, 0).shape
        return cls(
            folder=folder, classes=classes, image_shape=(rows, columns, channels), index=index
        )

    @property
    def size(self) -> int:
        """How many pictures there are."""
        return len(self.index)

    @property
    def label_counts(self) -> tuple[int, ...]:
        """How many pictures each class has, by label."""
        counts = np.bincount(np.frombuffer(self.index.labels, np.int32), minlength=self._known)
        return tuple(int(count) for count in counts)

    @property
    def _known(self) -> int:
        return len(self.classes)

    def steps(self, batch_size: int, processes: int = 1) -> int:
        """Steps an epoch. The last, smaller batch counts from half a batch on: a few pictures
        alone would move the weights as much as a whole batch does."""
        return max(1, round(-(-self.size // processes) / batch_size))


class _Pictures(Dataset[tuple[Any, int]]):
    """Pixels uint8 [3, rows, columns] and label, for epoch and number of a picture."""

    def __init__(self, split: Split, augment: Augment | None, seed: int) -> None:
        self._split = split
        self._augment = augment
        self._seed = seed

    def __getitem__(self, place: Place) -> tuple[Any, int]:
        epoch, number = place
        pixels = _decoded(self._split.index, number)
        if pixels.shape != self._split.image_shape:
            told = f"has the shape {pixels.shape}, others have {self._split.image_shape}"
            raise RefusedError("data is damaged:", [f"{self._split.index.place(number)}: {told}"])
        if self._augment is not None:
            pixels = self._augment(pixels, np.random.default_rng([self._seed, epoch, number]))
        return torch.from_numpy(pixels.copy()), self._split.index.labels[number]


class TrainingBatches:
    """Batches (pixels uint8 [n, 3, rows, columns], labels [n]) of a process, epoch by epoch."""

    def __init__(
        self,
        split: Split,
        processes: Processes,
        *,
        batch_size: int,
        augment: Augment,
        seed: int,
        workers: int | None = None,
    ) -> None:
        self.steps = split.steps(batch_size, processes.count)
        self._sampler: DistributedSampler[Any] = DistributedSampler(
            range(split.size),  # type: ignore[arg-type]  # only its length is asked
            num_replicas=processes.count,
            rank=processes.rank,
            seed=seed,
        )
        self._places = _PlacesOfAnEpoch(self._sampler, batch_size, self.steps)
        self._loader = _loader(_Pictures(split, augment, seed), self._places, processes, workers)

    def of(self, epoch: int) -> Iterator[Any]:
        """One pass; as many batches in every process."""
        self._sampler.set_epoch(epoch)
        self._places.epoch = epoch
        for pixels, labels in self._loader:
            yield pixels.permute(0, 3, 1, 2), labels


class _PlacesOfAnEpoch:
    """A batch sampler whose places tell workers the epoch too: they live longer than one."""

    def __init__(self, sampler: DistributedSampler[Any], batch_size: int, steps: int) -> None:
        self.epoch = 0
        self._sampler = sampler
        self._batch_size = batch_size
        self._steps = steps

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[list[Place]]:
        places = [(self.epoch, int(number)) for number in self._sampler]
        if len(places) == 1:
            # Batch normalisation needs more than one value of each channel.
            places *= 2
        for step in range(self._steps):
            yield places[step * self._batch_size : (step + 1) * self._batch_size]


class _OwnPlaces:
    """Batches of places that take each picture once, over all processes together."""

    def __init__(self, size: int, processes: Processes) -> None:
        numbers = range(processes.rank, size, processes.count)
        self._batches = [
            [(0, number) for number in numbers[first : first + MEASURED_TOGETHER]]
            for first in range(0, len(numbers), MEASURED_TOGETHER)
        ]

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[list[Place]]:
        return iter(self._batches)


class MeasuringBatches:
    """This process's share of a split, never augmented: each picture in one process, once."""

    def __init__(self, split: Split, processes: Processes, *, workers: int | None = None) -> None:
        places = _OwnPlaces(split.size, processes)
        self._loader = _loader(_Pictures(split, None, 0), places, processes, workers)

    def __iter__(self) -> Iterator[Any]:
        for pixels, labels in self._loader:
            yield pixels.permute(0, 3, 1, 2), labels


def check_fit(train: Split, validation: Split) -> None:
    """Raises RefusedError where the two were not prepared together."""
    faults = []
    if train.classes != validation.classes:
        faults.append(
            f"{validation.folder}: has the classes {list(validation.classes)}, "
            f"{train.folder} has {list(train.classes)}"
        )
    if train.image_shape != validation.image_shape:
        faults.append(
            f"{validation.folder}: has pictures of {validation.image_shape}, "
            f"{train.folder} of {train.image_shape}"
        )
    if faults:
        raise RefusedError(
            "the channels do not fit together, one run of preparation must make them:", faults
        )


def _decoded(index: TarIndex, number: int) -> np.ndarray[Any, Any]:
    try:
        return pictures.decode(index.read(number))
    except (OSError, ValueError, SyntaxError) as error:
        fault = f"{index.place(number)}: {error}; expected PNG or JPEG"
        raise RefusedError("data is damaged:", [fault]) from error


def _loader(data: Any, places: Any, processes: Processes, workers: int | None) -> DataLoader[Any]:
    cores = (os.cpu_count() or 1) // processes.local_count
    # Without a GPU the cores are busy with the network, and small pictures decode quickly.
    wanted = (min(_MOST_WORKERS, cores) if processes.on_gpu else 0) if workers is None else workers
    return DataLoader(
        data,
        batch_sampler=places,
        num_workers=wanted,
        pin_memory=processes.on_gpu,
        persistent_workers=wanted > 0,
    )
