"""Whether a request names what the variant has: a model of many, a container of several.

Sources: "Invoke a multi-model endpoint" and "Invoke a multi-container endpoint with direct
invocation" in the SageMaker developer guide; where AWS's words are known, these.
"""

from __future__ import annotations

import uuid

from local_cloud.sagemaker.hosting.plan import VariantPlan, containers_of, multi_model
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.runtime_errors import ValidationError


def check(endpoint: str, plan: VariantPlan, question: Question) -> None:
    """Raises ValidationError."""
    _check_model(endpoint, plan, question.model)
    _check_container(endpoint, plan, question.container)


def _check_model(endpoint: str, plan: VariantPlan, target: str | None) -> None:
    if multi_model(plan):
        if target is None:
            raise ValidationError(f"Request {uuid.uuid4()} is missing a target model header.")
    elif target is not None:
        raise ValidationError(
            f"Endpoint {endpoint} is not a multi-model endpoint and does not support target model "
            "header.",
            error_code="TARGET_MODEL_HEADER_NOT_SUPPORTED",
        )


def _check_container(endpoint: str, plan: VariantPlan, target: str | None) -> None:
    direct = plan.get("direct", False)
    if target is not None and not direct:
        raise ValidationError(
            f"Endpoint {endpoint} is not configured for direct invocation of its containers "
            "(InferenceExecutionConfig.Mode Direct) and takes no TargetContainerHostname."
        )
    if not direct:
        return
    names = list(containers_of(plan))
    if target is None:
        raise ValidationError(
            f"Endpoint {endpoint} is configured for direct invocation of its containers: give one "
            f"as TargetContainerHostname. It has: {', '.join(names)}."
        )
    if target not in names:
        raise ValidationError(
            f"TargetContainerHostname {target} does not exist in endpoint {endpoint}. It has: "
            f"{', '.join(names)}."
        )
