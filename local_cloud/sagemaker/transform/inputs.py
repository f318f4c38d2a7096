"""The objects that a transform job reads, and the names of what it writes for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.sagemaker.errors import ApiError
from local_cloud.sagemaker.runner import objects, places
from local_cloud.sagemaker.runner.objects import DataError
from local_cloud.sagemaker.runner.places import S3Place


@dataclass(frozen=True)
class InputObject:
    """``name`` is the key's part after the prefix, which its output is named by."""

    place: S3Place
    name: str

    @property
    def label(self) -> str:
        """As SageMaker's own log lines call it."""
        return f"{self.place.bucket}/{self.place.key}"


def find(s3: Any, source: Mapping[str, Any]) -> list[InputObject]:
    """Every object of a TransformInput's S3DataSource, in the order of their keys, or of the
    manifest. Raises DataError: none there, not readable, no manifest."""
    place = places.parse(source["S3Uri"])
    if source["S3DataType"] == "ManifestFile":
        return _of_manifest(s3, place)
    keys = [key for key in objects.all_keys(s3, place) if not key.endswith("/")]
    if not keys:
        raise objects.NoObjectsError(place, s3.meta.region_name)
    return [InputObject(S3Place(place.bucket, key), _name(key, place.key)) for key in keys]


def _name(key: str, prefix: str) -> str:
    """With the prefix a/b, the object a/b/c is c, and a/b1 is b1."""
    if prefix.endswith("/") or key.startswith(f"{prefix}/"):
        return key.removeprefix(prefix).lstrip("/")
    return key.removeprefix(prefix.rpartition("/")[0]).lstrip("/")


def _of_manifest(s3: Any, place: S3Place) -> list[InputObject]:
    """Form: S3DataSource in the SageMaker API reference."""
    body = objects.read(s3, place)
    try:
        head, *names = json.loads(body)
        base = places.parse(head["prefix"])
        if not names or not all(isinstance(name, str) and name for name in names):
            raise ValueError("names are missing or no strings")
    except (ValueError, TypeError, KeyError, AttributeError, ApiError) as error:
        raise DataError(
            f"The manifest {place} cannot be read: {error}. Its form is "
            '[{"prefix": "s3://bucket/prefix/"}, "name", "name", ...]'
        ) from error
    return [InputObject(S3Place(base.bucket, f"{base.key}{name}"), name) for name in names]
