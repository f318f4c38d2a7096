"""Prints a workload's pipeline definition, for a look or for a diff.

    python -m infra.pipeline --env local --workload cifar-tensorflow

Names of resources that only a deployment knows are written as examples.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from infra.checks.pipeline_definition import check_definition
from infra.pipeline.resources import PipelineResources
from infra.pipeline.workload_pipeline import build_definition
from infra.settings import ConfigurationError, EnvironmentSettings, load_settings

CONFIG = Path(__file__).resolve().parents[2] / "config"


def example_resources(environment: EnvironmentSettings, workload: str) -> PipelineResources:
    """Resources as a deployment would name them, with invented buckets, key and archive."""
    name = f"rookery-{environment.name}-{workload}"
    place = f"{environment.region}:{environment.account}"
    functions = f"arn:aws:lambda:{place}:function:{name}"
    key = "00000000-0000-0000-0000-000000000000"
    return PipelineResources(
        pipeline_name=name,
        role_arn=f"arn:aws:iam::{environment.account}:role/{name}-jobs",
        artifact_bucket_name=f"rookery-{environment.name}-artifacts-example",
        data_bucket_name=f"rookery-{environment.name}-data-example",
        kms_key_arn=f"arn:aws:kms:{place}:key/{key}",
        code_uri=f"s3://rookery-{environment.name}-assets-example/code.tar.gz",
        raise_epochs_function_arn=f"{functions}-raise-epochs",
        find_champion_function_arn=f"{functions}-find-champion",
        delete_model_function_arn=f"{functions}-delete-model",
        model_package_group_name=name,
        describe_image_function_arn=f"{functions}-describe-image",
        own_image_uri=f"{environment.account}.dkr.ecr.{environment.region}.amazonaws.com/{name}"
        f":{'0' * 64}",
    )


def main() -> int:
    """Print the definition; answer 1 and the faults if the configuration has any."""
    parser = argparse.ArgumentParser(prog="python -m infra.pipeline", description=__doc__)
    parser.add_argument("--env", default="local", help="environment (default: local)")
    parser.add_argument("--workload", help="workload (default: the environment's first)")
    arguments = parser.parse_args()
    try:
        settings = load_settings(CONFIG, arguments.env)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    workloads = {workload.name: workload for workload in settings.workloads}
    name = arguments.workload or settings.workloads[0].name
    if name not in workloads:
        print(f"{arguments.env} has no workload {name!r}: {', '.join(workloads)}", file=sys.stderr)
        return 1
    definition = build_definition(
        workload=workloads[name],
        environment=settings.environment,
        resources=example_resources(settings.environment, name),
    )
    check_definition(definition)
    print(json.dumps(definition, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
