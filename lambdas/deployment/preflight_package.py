"""Whether the model package is the approved one, and what it names is there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lambdas.deployment.findings import Findings, fault, note
from lambdas.shared.aws_errors import error_code
from lambdas.shared.s3_uris import bucket_and_key

_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_CHUNK_BYTES = 1 << 20
_BUILD = "deploy the images stack, which builds it again, or approve another package"
_NO_OBJECT = ("NoSuchKey", "NoSuchBucket", "404")
_DENIED = ("AccessDenied", "AccessDeniedException", "403")


@dataclass(frozen=True, kw_only=True)
class PackageCheck:
    """Checks packages. `sagemaker`, `ecr` and `s3` are boto3 clients.

    Attributes:
        account: this one, whose images are looked at. Which images are in AWS's own registries
            is pinned when the app is built.
    """

    sagemaker: Any
    ecr: Any
    s3: Any
    account: str

    def check(self, arn: str) -> Findings:
        """Check the package that the event named. Raises ClientError."""
        described = self.sagemaker.describe_model_package(ModelPackageName=arn)
        findings = Findings()
        if described["ModelPackageArn"] != arn:
            findings += fault(f"SageMaker answers with {described['ModelPackageArn']} for {arn}")
        approval = described.get("ModelApprovalStatus")
        if approval != "Approved":
            findings += fault(f"{arn} is {approval} now: approve it again to deploy it")
        containers = described.get("InferenceSpecification", {}).get("Containers", [])
        if not containers:
            return findings + fault(f"{arn} names no container: register it by the pipeline")
        digest = described.get("CustomerMetadataProperties", {}).get("model_sha256", "")
        for container in containers:
            findings += self._image(container)
            findings += self._artifact(container, digest)
        return findings

    def _image(self, container: Mapping[str, Any]) -> Findings:
        uri: str = container.get("Image", "")
        match = _IMAGE.fullmatch(uri)
        if match is None or match["account"] != self.account:
            return Findings()
        image = {"imageDigest": match["digest"], "imageTag": match["tag"] or "latest"}
        wanted = "imageDigest" if match["digest"] else "imageTag"
        try:
            answer = self.ecr.batch_get_image(
                registryId=match["account"],
                repositoryName=match["repository"],
                imageIds=[{wanted: image[wanted]}],
            )
        except ClientError as error:
            if error_code(error) == "RepositoryNotFoundException":
                return fault(f"its image {uri} does not exist, nor its repository: {_BUILD}")
            if error_code(error) in _DENIED:
                return note(f"Not checked: the image {uri} may not be looked at")
            raise
        return (
            Findings() if answer["images"] else fault(f"its image {uri} does not exist: {_BUILD}")
        )

    def _artifact(self, container: Mapping[str, Any], expected: str) -> Findings:
        uri = container.get("ModelDataUrl", "")
        if not uri:
            return Findings()
        try:
            bucket, key = bucket_and_key(uri)
            found = self._digest(bucket, key) if expected else self._is_there(bucket, key)
        except ClientError as error:
            if error_code(error) in _NO_OBJECT:
                return fault(
                    f"its model {uri} does not exist: it was deleted after its registration; "
                    "approve another package, or train again"
                )
            if error_code(error) in _DENIED:
                return note(f"Not checked: the model {uri} may not be read here")
            raise
        except ValueError as error:
            return fault(str(error))
        if not expected:
            return note(
                "Not checked: the digest of the model, which its package is too old to have"
            )
        if found != expected:
            return fault(
                f"its model {uri} is not the one that was evaluated: its sha256 is {found}, the "
                f"registry says {expected}; it was replaced: approve another package"
            )
        return Findings()

    def _digest(self, bucket: str, key: str) -> str:
        digest = hashlib.sha256()
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"]
        for chunk in iter(lambda: body.read(_CHUNK_BYTES), b""):
            digest.update(chunk)
        return digest.hexdigest()

    def _is_there(self, bucket: str, key: str) -> str:
        self.s3.head_object(Bucket=bucket, Key=key)
        return ""
