"""A workload's source archive in the bucket that `cdk bootstrap` made."""

from __future__ import annotations

from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from infra.assets import source_archive


class SourceAsset(Construct):
    """`sourcedir.tar.gz` of a workload as a file asset.

    A directory asset would be a zip, and `sagemaker_submit_directory` wants a tar.gz.

    Args:
        source_dir: the workload's code folder, relative to the repository root.
    """

    def __init__(self, scope: Construct, construct_id: str, *, source_dir: str) -> None:
        super().__init__(scope, construct_id)
        with source_archive(source_dir=source_dir) as archive:
            self.asset = s3_assets.Asset(self, "Archive", path=str(archive))
