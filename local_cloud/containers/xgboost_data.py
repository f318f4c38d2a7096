"""The channels of a training job of the built-in XGBoost, as matrices.

Source: ``algorithm_mode/channel_validation.py`` and ``data_utils.py`` of
https://github.com/aws/sagemaker-xgboost-container. XGBoost's own text loader reads the files, as
there: an empty CSV field is a missing value, libsvm indices count from 0.
"""

from __future__ import annotations

import csv
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xgboost

from local_cloud.containers import xgboost_content_types
from local_cloud.containers.xgboost_content_types import CSV, LIBSVM, ContentTypeError
from local_cloud.containers.xgboost_errors import UserError

logger = logging.getLogger("xgboost_training")
TRAIN, VALIDATION = "train", "validation"
MAX_DEPTH = 3
"""Folders deeper below a channel are left out, as in the container."""
_TITLES = {TRAIN: "training", VALIDATION: "validation"}


def channel_faults(channels: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What is wrong with the channels of inputdataconfig.json."""
    faults = []
    kinds = {}
    if TRAIN not in channels:
        faults.append(f"Missing required channel: {TRAIN}")
    for name, channel in channels.items():
        if name not in _TITLES:
            faults.append(f"Extraneous channel found: {name}")
            continue
        try:
            kinds[name] = xgboost_content_types.parse(channel.get("ContentType"))
        except ContentTypeError as error:
            faults.append(f"Channel {name}: {error}")
    if len(set(kinds.values())) > 1:
        faults.append(
            "The channels must have one content type, since the algorithm reads them all by that "
            "of the train channel: " + ", ".join(f"{name} is {kinds[name]}" for name in kinds)
        )
    return faults


def load(name: str, folder: Path, content_type: str | None, *, weights: bool) -> xgboost.DMatrix:
    """A channel's files as one matrix; ``weights``: the second CSV column is each row's weight.

    Raises UserError: nothing there, or not what the content type says.
    """
    kind = xgboost_content_types.parse(content_type)
    files = _files(folder)
    if not any(file.stat().st_size for file in files):
        raise UserError([f"No data in {_TITLES[name]} channel path {folder}"])
    faults = [fault for file in files if (fault := _first_line_fault(file, kind))]
    if faults:
        raise UserError(faults)
    with tempfile.TemporaryDirectory() as linked:
        # XGBoost reads the files of one folder, and takes ? and # in their names for its own.
        for number, file in enumerate(files):
            (Path(linked) / f"part-{number:05d}").symlink_to(file)
        try:
            matrix = xgboost.DMatrix(f"{linked}?{_format(files, kind, weights)}")
        except (xgboost.core.XGBoostError, ValueError) as error:
            raise UserError(
                [f"Failed to load {kind} data with exception:\n{brief(error)}"]
            ) from error
    if not matrix.get_label().size:
        raise UserError(
            [
                "Got input data without labels. Please check the input data set. "
                f"({_TITLES[name]} channel)"
            ]
        )
    return matrix


def brief(error: Exception) -> str:
    """XGBoost's message without its stack trace of C++ frames."""
    return str(error).split("Stack trace:")[0].strip()


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = []
    for root, folders, names in os.walk(folder):
        if len(Path(root).relative_to(folder).parts) + 1 >= MAX_DEPTH:
            if folders:
                logger.warning("Files in folders below %s are not loaded.", root)
            folders.clear()
        found += [Path(root) / name for name in names]
    hidden = [file for file in found if file.name.startswith(".")]
    if hidden:
        raise UserError(
            [f"Hidden file found in the data path! Remove that before training. ({hidden[0]})"]
        )
    return sorted(found)


def _format(files: list[Path], kind: str, weights: bool) -> str:
    if kind == LIBSVM:
        return "format=libsvm"
    first = next(file for file in files if file.stat().st_size)
    delimiter = csv.Sniffer().sniff(_first_line(first)).delimiter
    logger.info("Determined delimiter of CSV input is '%s'", delimiter)
    column = "&weight_column=1" if weights else ""
    return f"format=csv&label_column=0&delimiter={delimiter}{column}"


def _first_line(file: Path) -> str:
    with file.open(encoding="utf-8", errors="replace") as opened:
        return opened.readline().rstrip("\r\n")


def _first_line_fault(file: Path, kind: str) -> str:
    line = _first_line(file)
    if not line:
        return ""
    if kind == CSV:
        return _csv_fault(line, file.name)
    if all(_is_libsvm(number, word) for number, word in enumerate(line.split())):
        return ""
    return (
        f"First line '{line[:50]}...' of file '{file.name}' is not 'LIBSVM' format. Please "
        "ensure the file is in 'LIBSVM' format."
    )


def _csv_fault(line: str, name: str) -> str:
    """The container takes a header for a row of zeros; its first releases refused one, so."""
    try:
        delimiter = csv.Sniffer().sniff(line).delimiter
    except csv.Error as error:
        return f"Could not determine delimiter on line {line[:50]}:\n{error}"
    if delimiter.isalnum() or delimiter == ".":
        # What the sniffer finds in a line of one field.
        return f"Could not determine delimiter on line {line[:50]}"
    wrong = next((field for field in line.split(delimiter) if not _is_number(field)), None)
    if wrong is None:
        return ""
    return (
        f"Non-numeric value '{wrong}' found in the header line '{line[:50]}...' of file "
        f"'{name}'. CSV format require no header line in it. If header line is already removed, "
        "XGBoost does not accept non-numeric value in the data."
    )


def _is_number(field: str) -> bool:
    if not field.strip():
        return True
    try:
        float(field)
    except ValueError:
        return False
    return True


def _is_libsvm(number: int, word: str) -> bool:
    """``<label>`` or ``<label>:<weight>`` first, then ``<index>:<value>`` or ``qid:<group>``."""
    left, colon, right = word.partition(":")
    if number == 0:
        return bool(left) and _is_number(left) and (not colon or _is_number(right))
    return bool(colon) and (left.isdigit() or left == "qid") and _is_number(right)
