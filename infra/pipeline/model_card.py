"""The model card that is registered with a model package.

Its content is a JSON text by SageMaker's schema of model cards, simplified as the API reference
of ModelPackageModelCard says: the package itself holds what is left out. Values that only a run
knows are joined in by the pipeline.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from infra.pipeline.context import DATASET_MANIFEST, PipelineContext
from infra.pipeline.steps import TrainingStep
from infra.pipeline.variables import Join, PipelineVariable, Text

_MARK = "\x00"


def model_card(
    context: PipelineContext,
    *,
    train: TrainingStep,
    reached: PipelineVariable,
    rows: PipelineVariable,
    hyperparameters: Mapping[str, Text],
) -> Join:
    """The card's content, a text that the running pipeline completes."""
    workload = context.workload
    gate = workload.gate
    margin = f", at most {gate.margin} below the approved model's" if gate.compare else ""
    card = {
        "intended_uses": {
            "purpose_of_model": workload.description or workload.name,
        },
        "training_details": {
            "training_job_details": {
                "training_arn": train.property("TrainingJobArn"),
                "training_datasets": [DATASET_MANIFEST],
                "training_environment": {"container_image": [context.images.train]},
                "hyper_parameters": [
                    {"name": name, "value": value} for name, value in hyperparameters.items()
                ],
            },
        },
        "evaluation_details": [
            {
                "name": "Held-out data",
                "evaluation_observation": Join(
                    "", ("On ", rows, " examples that neither tuning nor training saw")
                ),
                "datasets": [DATASET_MANIFEST],
                "metric_groups": [
                    {
                        "name": "gate",
                        "metric_data": [
                            {
                                "name": gate.metric,
                                "type": "number",
                                "value": _Number(reached),
                                "notes": f"The gate wants {gate.floor} or better{margin}",
                            }
                        ],
                    }
                ],
            }
        ],
        "additional_information": {
            "custom_details": {
                "workload": workload.name,
                "environment": context.environment.name,
                "source": context.resources.code_uri,
                **({"git_commit": context.resources.git_commit} if _commit(context) else {}),
            }
        },
    }
    return _text(card)


def _commit(context: PipelineContext) -> str | None:
    return context.resources.git_commit


class _Number:
    """A variable that stands in the JSON text as a number, without quotes."""

    def __init__(self, value: PipelineVariable) -> None:
        self.value = value


def _text(card: Mapping[str, Any]) -> Join:
    """The card as one text of known pieces and variables.

    Variables hold ARNs, S3 URIs, numbers and hyperparameters: none needs escaping in JSON.
    """
    variables: list[PipelineVariable] = []

    def mark(value: Any) -> str:
        quoted = not isinstance(value, _Number)
        variable = value.value if isinstance(value, _Number) else value
        if not isinstance(variable, PipelineVariable):
            raise TypeError(f"{variable!r} does not belong in a model card")
        variables.append(variable)
        return _MARK if quoted else f"{_MARK}{_MARK}"

    whole = json.dumps(card, default=mark, separators=(",", ":"))
    mark_in_json = json.dumps(_MARK)[1:-1]
    whole = whole.replace(f'"{mark_in_json}{mark_in_json}"', _MARK).replace(mark_in_json, _MARK)
    pieces = whole.split(_MARK)
    values: list[Any] = [pieces[0]]
    for variable, piece in zip(variables, pieces[1:], strict=True):
        values += [variable, piece]
    return Join("", tuple(values))
