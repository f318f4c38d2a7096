"""Bring the very same package into this environment: copy, verify, register."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from contracts import names
from lambdas.promotion.claim import Claim, ClaimStore
from lambdas.promotion.copying import Copier
from lambdas.promotion.errors import PromotionRefused
from lambdas.promotion.registration import registration_request
from lambdas.promotion.settings import PromoteSettings
from lambdas.promotion.source import Source, SourcePackage
from lambdas.shared.aws_errors import is_missing
from lambdas.shared.s3_uris import bucket_and_key

# Metadata of a package that name S3 prefixes which this environment needs as well: to ask the
# endpoint, to watch what it answers, and to train on from the model.
_PREFIXES = ("samples", "baseline", "checkpoints")
_REPORT = "evaluation_report"


@dataclass(frozen=True, kw_only=True)
class Promoter:
    """Attributes:
    source: the environment that packages come from.
    copier: from its bucket into this environment's.
    sagemaker, s3: boto3 clients of this environment.
    """

    settings: PromoteSettings
    source: Source
    copier: Copier
    sagemaker: Any
    s3: Any
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def promote(self, workload: str, version: int | None) -> dict[str, Any]:
        """Promote one version, or without one what is live in the source.

        Returns:
            What was done; see `_answer`. The same again where it was done before.

        Raises:
            PromotionRefused: nothing is registered, for this reason.
            ClientError: AWS refuses; asking again goes on.
        """
        if workload not in self.settings.workloads:
            raise PromotionRefused(
                f"{workload} is not a workload of both {self.settings.source} and "
                f"{self.settings.environment}; those are {', '.join(self.settings.workloads)}"
            )
        package = self.source.read(workload, version)
        run = names.promoted_run(self.settings.source, package.version, package.digest)
        prefix = f"{names.artifact_prefix(workload)}{run}/"
        store = ClaimStore(
            s3=self.s3, bucket=self.settings.artifact_bucket, key=f"{prefix}promotion.json"
        )
        claim, registered = self._claim(store, package)
        if registered is not None:
            return self._answer(workload, package, registered, copied=0)
        moved, copied, digest = self._copy(workload, package, prefix)
        request = registration_request(
            package.described,
            group=names.model_package_group_name(self.settings.environment, workload),
            run=run,
            moved=moved,
            claim=claim,
            model_sha256=digest,
        )
        arn = self.sagemaker.create_model_package(**request)["ModelPackageArn"]
        store.replace(replace(claim, package=arn))
        registered = self.sagemaker.describe_model_package(ModelPackageName=arn)
        return self._answer(workload, package, registered, copied=copied)

    def _claim(
        self, store: ClaimStore, package: SourcePackage
    ) -> tuple[Claim, Mapping[str, Any] | None]:
        """The claim of this package, with what was registered by it.

        It is a new one where what was registered was deleted since.
        """
        now = self.clock().isoformat(timespec="seconds")
        new = Claim(promoted_from=package.arn, promoted_at=now)
        claim = store.make(new)
        registered = self._describe(claim.package) if claim.package else None
        if claim.package and registered is None:
            store.replace(new)
            return new, None
        return claim, registered

    def _copy(
        self, workload: str, package: SourcePackage, prefix: str
    ) -> tuple[dict[str, str], int, str]:
        """Copy all that the package names.

        Returns:
            The URIs there with those here, how many objects that were, the model's SHA-256.
        """
        container = _container(package)
        place = _Place(workload, self.settings.artifact_bucket, prefix)
        model = str(container["ModelDataUrl"])
        wanted = package.metadata.get("model_sha256", "")
        tag = str(container.get("ModelDataETag", ""))
        if not wanted and not tag:
            raise PromotionRefused(
                f"{package.arn} says neither the SHA-256 nor the entity tag of its model, so that "
                "it cannot be known to be the same; register it anew by the pipeline"
            )
        moved = {model: place.uri_of(model)}
        digest, _ = self.copier.copy(model, place.key_of(model), sha256=wanted, entity_tag=tag)
        copied = 1
        for name in _PREFIXES:
            if uri := package.metadata.get(name):
                copied += self.copier.copy_prefix(uri, place.key_of(uri.rstrip("/") + "/"))
                moved[uri] = place.uri_of(uri)
        if uri := package.metadata.get(_REPORT):
            # With the page and the plots beside it.
            folder = uri.rpartition("/")[0] + "/"
            copied += self.copier.copy_prefix(folder, place.key_of(folder))
            moved[uri] = place.uri_of(uri)
        return moved, copied, digest

    def _describe(self, arn: str) -> Mapping[str, Any] | None:
        try:
            described: Mapping[str, Any] = self.sagemaker.describe_model_package(
                ModelPackageName=arn
            )
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        return described

    def _answer(
        self,
        workload: str,
        package: SourcePackage,
        registered: Mapping[str, Any],
        *,
        copied: int,
    ) -> dict[str, Any]:
        group, version = registered["ModelPackageGroupName"], registered["ModelPackageVersion"]
        status = registered["ModelApprovalStatus"]
        proof = (
            f"which serves in {self.settings.source}"
            if package.live
            else f"of which {self.settings.source} has no record that it serves there"
        )
        return {
            "workload": workload,
            "promoted_from": package.arn,
            "package": registered["ModelPackageArn"],
            "version": version,
            "status": status,
            "model_sha256": registered["CustomerMetadataProperties"]["model_sha256"],
            "copied_objects": copied,
            "nothing_to_do": copied == 0,
            "summary": f"Version {package.version} of {self.settings.source}, {proof}, is version "
            f"{version} of {group}: {status}",
        }


@dataclass(frozen=True)
class _Place:
    """Where what lay below a run of the source lies here."""

    workload: str
    bucket: str
    prefix: str

    def key_of(self, uri: str) -> str:
        """Raises PromotionRefused for what lies elsewhere."""
        _, key = bucket_and_key(uri)
        below = names.artifact_prefix(self.workload)
        rest = key.removeprefix(below).partition("/")[2]
        if not key.startswith(below) or not rest:
            raise PromotionRefused(
                f"{uri} does not lie below {below}<run>/, where promotion may read; register the "
                "package by the pipeline"
            )
        return self.prefix + rest

    def uri_of(self, uri: str) -> str:
        return f"s3://{self.bucket}/{self.key_of(uri)}"


def _container(package: SourcePackage) -> Mapping[str, Any]:
    containers = package.described.get("InferenceSpecification", {}).get("Containers", [])
    if len(containers) != 1 or not containers[0].get("ModelDataUrl"):
        raise PromotionRefused(
            f"{package.arn} is not one container with one model artifact, as pipelines register"
        )
    found: Mapping[str, Any] = containers[0]
    return found
