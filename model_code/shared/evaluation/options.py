"""Arguments of the evaluation. Folders that are missing leave their part out of the report."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

from shared import arguments
from shared.arguments import Option
from shared.environment import ML
from shared.evaluation.models import MODULE_NAME

MESSAGE = f"{ML}/output/message"
METRICS = ("accuracy", "macro_f1", "auc")
_INPUT = f"{ML}/processing/input"
_LINEAGE = {
    "workload": "name of the workload",
    "dataset-version": "of the data that the model was trained on",
    "dataset-manifest": "S3 URI of that data's manifest",
    "tuning-job": "that found the hyperparameters",
    "training-job": "that made the model",
    "source": "S3 URI of the code that trained it",
    "image": "URI of the image that it was trained in",
    "git-commit": "of the code that trained it",
}


def _module(text: str) -> str:
    if not MODULE_NAME.fullmatch(text):
        raise ValueError(text)
    return text


def _number_or_none(low: float, high: float) -> Callable[[str], float | None]:
    def read(text: str) -> float | None:
        if not text:
            return None
        value = float(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return read


def _folder(name: str, holds: str) -> Option:
    return arguments.text(f"{name}-dir", default=f"{_INPUT}/{name}", help=f"folder with {holds}")


def _share(name: str, help: str) -> Option:
    return Option(
        name=name, read=_number_or_none(0, 1), allowed="a number from 0 to 1", default="", help=help
    )


OPTIONS = (
    arguments.choice("kind", ("image", "table"), default="image", help="what the rows are"),
    Option(
        name="predictor",
        read=_module,
        allowed="a module such as cifar_tensorflow.predictor",
        default="cifar_tensorflow.predictor",
        help="module that loads and asks the model",
    ),
    arguments.choice("gate-metric", METRICS, default="accuracy", help="figure that is compared"),
    _share("gate-floor", "least figure that the gate lets through, for the page"),
    _share("gate-margin", "by how much it may be below the champion's, for the page"),
    _folder("model", "model.tar.gz"),
    _folder("test", "the test data"),
    _folder("schema", "schema.json of a table"),
    _folder("champion", "champion.json, and model.tar.gz of the approved model"),
    _folder("tuning", "trials.json"),
    _folder("transform", "the batch transform's answers"),
    _folder("samples", "samples.json and the files that an endpoint is to be asked about"),
    arguments.text(
        "report-dir", default=f"{ML}/processing/output/report", help="where the report goes"
    ),
    arguments.text("message-file", default=MESSAGE, help="exit message"),
    *(
        Option(name=name, read=str, allowed="a text", default="", help=f"for the page: {help}")
        for name, help in _LINEAGE.items()
    ),
)


def lineage(given: Namespace) -> dict[str, str]:
    """What the model was made from, as far as the arguments tell."""
    names = [name.replace("-", "_") for name in _LINEAGE]
    return {name: getattr(given, name) for name in names if getattr(given, name)}
