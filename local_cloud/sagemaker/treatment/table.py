"""All families' treatments, by action."""

from __future__ import annotations

from local_cloud.sagemaker.treatment import (
    endpoint_configs,
    endpoints,
    experiments,
    model_packages,
    models,
    notebook_instances,
    pipelines,
    processing_jobs,
    runtime,
    search,
    tags,
    training_jobs,
    transform_jobs,
    tuning_jobs,
)
from local_cloud.sagemaker.treatment.rules import Family, Rule

CONTROL_PLANE: tuple[Family, ...] = (
    training_jobs.FAMILY,
    processing_jobs.FAMILY,
    tuning_jobs.FAMILY,
    transform_jobs.FAMILY,
    models.FAMILY,
    endpoint_configs.FAMILY,
    endpoints.FAMILY,
    model_packages.FAMILY,
    pipelines.FAMILY,
    experiments.FAMILY,
    search.FAMILY,
    notebook_instances.FAMILY,
    tags.FAMILY,
)
RUNTIME = runtime.FAMILY
"""``sagemaker-runtime``: its members travel in headers, in the address and in the body."""

RULES: dict[str, tuple[Rule, ...]] = {
    action: rules
    for family in (*CONTROL_PLANE, RUNTIME)
    for action, rules in family.actions.items()
}
