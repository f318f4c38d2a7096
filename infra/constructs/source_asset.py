"""A workload's source archive in the bucket that `cdk bootstrap` made."""

from __future__ import annotations

from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from contracts.table_schema import TableSchema
from infra.assets import source_archive
from infra.pipeline.context import TABLE_SCHEMA
from infra.settings import WorkloadSettings
from infra.settings.data import TableDataSettings


class SourceAsset(Construct):
    """`sourcedir.tar.gz` of a workload as a file asset, with the schema of its tables.

    A directory asset would be a zip, and `sagemaker_submit_directory` wants a tar.gz.
    """

    def __init__(self, scope: Construct, construct_id: str, *, workload: WorkloadSettings) -> None:
        super().__init__(scope, construct_id)
        with source_archive(source_dir=workload.code, texts=_texts(workload)) as archive:
            self.asset = s3_assets.Asset(self, "Archive", path=str(archive))


def _texts(workload: WorkloadSettings) -> dict[str, str]:
    data = workload.data
    return (
        {TABLE_SCHEMA: table_schema(data).to_json()} if isinstance(data, TableDataSettings) else {}
    )


def table_schema(data: TableDataSettings) -> TableSchema:
    """The schema as the prepare step reads it."""
    return TableSchema.from_document(
        {
            "schema_version": 1,
            "header": data.header,
            "delimiter": data.delimiter,
            "label": data.label,
            "columns": [
                column.model_dump(exclude_none=True, exclude_defaults=True, mode="json")
                for column in data.columns
            ],
        }
    )
