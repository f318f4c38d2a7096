"""Processing job: judges a trained model by the held-out pictures.

Writes evaluation.json, which the gate and the registry read, and evaluation.html for people.

The model is asked through the very SavedModel signature that the endpoint serves.
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from contracts.evaluation_report import EvaluationReport, ServedModel
from shared import archives, arguments, class_names, faults
from shared.environment import ML
from shared.evaluation import report_page
from shared.faults import RefusedError

_INPUT = f"{ML}/processing/input"
_MESSAGE = f"{ML}/output/message"
_BATCH = 256
ARCHIVE = "model.tar.gz"

OPTIONS = (
    arguments.text("model-dir", default=f"{_INPUT}/model", help="folder with model.tar.gz"),
    arguments.text("test-dir", default=f"{_INPUT}/test", help="folder with the test TFRecords"),
    arguments.text(
        "report-dir", default=f"{ML}/processing/output/report", help="where evaluation.json goes"
    ),
    arguments.text("message-file", default=_MESSAGE, help="exit message"),
)


class Judged(NamedTuple):
    """The report, and its page (HTML)."""

    report: EvaluationReport
    page: str


def evaluate(model: Path, test: Path, *, size_bytes: int) -> Judged:
    """Judge the model in a folder, unpacked, by the pictures in another.

    Args:
        size_bytes: of the packed model.

    Raises:
        RefusedError: one of them is missing or damaged, or they do not fit together.
    """
    classes = class_names.read(model / "code")
    there = class_names.read(test)
    if classes != there:
        raise RefusedError(
            "model and test data do not fit together, one run of prepare.py must have made the "
            "data of both:",
            [f"the model knows the classes {list(classes)}, {test} has {list(there)}"],
        )
    # TensorFlow takes seconds to import, and what does not fit is refused without it.
    import tensorflow as tf

    from shared.evaluation import latency, scores
    from shared.evaluation.mistakes import WorstMistakes
    from shared.images import records
    from shared.tensorflow import saved_model

    served = tf.saved_model.load(str(model / saved_model.VERSION)).signatures["serving_bytes"]
    labels: list[Any] = []
    probabilities: list[Any] = []
    worst = WorstMistakes(classes)
    one: Any = None
    data = tf.data.TFRecordDataset(records.shard_files(test)).map(records.parse).batch(_BATCH)
    try:
        for encoded, label, key in data.prefetch(tf.data.AUTOTUNE):
            labels.append(label.numpy())
            probabilities.append(served(image_bytes=encoded)["probabilities"].numpy())
            worst.see(labels[-1], probabilities[-1], key.numpy(), encoded.numpy())
            one = encoded[:1]
    except tf.errors.OpError as error:
        raise RefusedError("data is damaged:", [f"{test}: {error.message}"]) from error
    if not labels:
        raise RefusedError("data is missing:", [f"{test}: its files hold no picture"])
    p50, p95 = latency.milliseconds(lambda: served(image_bytes=one)["probabilities"].numpy())
    mistakes = worst.worst_first()
    report = replace(
        scores.report(np.concatenate(labels), np.concatenate(probabilities), classes),
        mistakes=tuple(mistake for mistake, _ in mistakes),
        model=ServedModel(size_bytes=size_bytes, latency_ms_p50=p50, latency_ms_p95=p95),
    )
    facts = _facts(model / saved_model.CODE / saved_model.MODEL_FACTS)
    return Judged(report, report_page.render(report, mistakes, facts))


def _facts(path: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusedError("the model is damaged:", [f"{path.name}: {error}"]) from error
    return facts


def unpack(folder: Path, target: Path) -> None:
    """Unpack the one model.tar.gz of a folder; nothing in it can be written elsewhere.

    Raises:
        RefusedError: it is missing, damaged, or holds what a model must not.
    """
    archive = folder / ARCHIVE
    if not archive.is_file():
        raise RefusedError("the model is missing:", [f"{archive}: is missing"])
    try:
        with tarfile.open(archive, "r:gz") as tar:
            archives.extract(tar, target)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise RefusedError("the model is damaged:", [f"{archive}: {error}"]) from error


def main() -> int:
    """Exit status of the job."""
    argv = sys.argv[1:]
    return faults.run(
        lambda: _start(argv),
        message_file=Path(arguments.peek(argv, "message-file") or _MESSAGE),
    )


def _start(argv: Sequence[str]) -> None:
    options = Namespace(**arguments.parse(OPTIONS, argv, program="evaluate.py"))
    with tempfile.TemporaryDirectory() as temporary:
        unpack(Path(options.model_dir), Path(temporary))
        size = (Path(options.model_dir) / ARCHIVE).stat().st_size
        report, page = evaluate(Path(temporary), Path(options.test_dir), size_bytes=size)
    folder = Path(options.report_dir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(report.to_json(), encoding="utf-8")
    (folder / "evaluation.html").write_text(page, encoding="utf-8")
    figures = " ".join(f"{name}={metric.value:.4f}" for name, metric in report.metrics.items())
    print(f"{report.rows} held-out pictures: {figures}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
