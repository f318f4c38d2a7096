"""What every step of a workload's pipeline is made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from infra.pipeline.resources import PipelineResources
from infra.pipeline.variables import PIPELINE_EXECUTION_ID, Join, ParameterString
from infra.pipeline.workload_images import WorkloadImages, workload_images
from infra.settings.data import TableDataSettings
from infra.settings.environment import EnvironmentSettings
from infra.settings.workload import WorkloadSettings

DATASET_MANIFEST = ParameterString("DatasetManifest")
DATASET_VERSION = ParameterString("DatasetVersion")

TABLE_SCHEMA = "schema.json"
"""At the root of the code archive of a workload whose data are tables."""

XGBOOST_PREDICTOR = "shared.tables.xgboost_predictor"


@dataclass(frozen=True)
class PipelineContext:
    """A workload in an environment, and the resources that the stacks made for it."""

    workload: WorkloadSettings
    environment: EnvironmentSettings
    resources: PipelineResources

    @cached_property
    def images(self) -> WorkloadImages:
        """The images of the jobs and of the endpoint."""
        return workload_images(self.workload, self.environment.region, self.resources.own_image_uri)

    @property
    def is_table(self) -> bool:
        """Whether the data are tables rather than pictures."""
        return isinstance(self.workload.data, TableDataSettings)

    @property
    def predictor(self) -> str:
        """The module that loads the workload's models, for the evaluation."""
        package = self.workload.package
        return f"{package}.predictor" if package else XGBOOST_PREDICTOR

    def run_prefix(self, name: str) -> Join:
        """Where a run's files of one kind are, in the artifact bucket.

        S3 inputs take whatever begins with their prefix: no name may begin with another.
        """
        bucket = self.resources.artifact_bucket_name
        return Join("/", ("s3:/", bucket, self.workload.name, PIPELINE_EXECUTION_ID, name))

    @property
    def quarantine_prefix(self) -> Join:
        """Where a dataset version's bad files are put, in the data bucket."""
        bucket = self.resources.data_bucket_name
        return Join("/", ("s3:/", bucket, "quarantine", self.workload.name, DATASET_VERSION))

    @property
    def weights_prefix(self) -> str:
        """Where pretrained weights lie, the same for every run."""
        return f"s3://{self.resources.artifact_bucket_name}/{self.workload.name}/weights/"
