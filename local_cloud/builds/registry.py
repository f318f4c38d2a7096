"""Pushes images to ECR and pulls them from there, by ECR's API and with the caller's credentials.

The manifest goes to ECR. The files stay in the local cloud's state folder, under their digest:
the layer calls are made for what they ask of the caller's policies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local_cloud.builds import image_folder
from local_cloud.builds.errors import BuildError

_NAME = re.compile(
    r"(?P<repository>[a-z0-9]+(?:[._/-][a-z0-9]+)*)(?::(?P<tag>[\w][\w.-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_LAYER_CONTENT = b"the files lie in the local cloud's state folder"


@dataclass(frozen=True, kw_only=True)
class ImageName:
    """An image of this account's registry; ``digest`` wins over ``tag``."""

    repository: str
    tag: str
    digest: str | None

    @property
    def image_id(self) -> Mapping[str, str]:
        return {"imageDigest": self.digest} if self.digest else {"imageTag": self.tag}


def name_of(uri: str, registry: str) -> ImageName | None:
    """None where the address is of another registry, or is none."""
    host, _, rest = uri.partition("/")
    match = _NAME.fullmatch(rest)
    if host != registry or match is None:
        return None
    return ImageName(
        repository=match["repository"], tag=match["tag"] or "latest", digest=match["digest"]
    )


def push(ecr: Any, name: ImageName, folder: Path, images_dir: Path) -> str:
    """Answers the digest. Raises BuildError in the registry's words."""
    try:
        _push_layer(ecr, name.repository, folder)
        # Before ECR tells others of it.
        image_folder.keep(folder, images_dir)
        ecr.put_image(
            repositoryName=name.repository,
            imageManifest=image_folder.manifest(folder),
            imageManifestMediaType=image_folder.MANIFEST_TYPE,
            imageTag=name.tag,
        )
    except ClientError as error:
        raise BuildError(_words(error, name)) from error
    return image_folder.digest_of(image_folder.manifest(folder))


def pull(ecr: Any, name: ImageName, images_dir: Path) -> Path:
    """The folder of an image. Raises LookupError where ECR has no such image, or ClientError."""
    answer = ecr.batch_get_image(repositoryName=name.repository, imageIds=[dict(name.image_id)])
    if not answer["images"]:
        raise LookupError("Requested image not found")
    digest = image_folder.digest_of(answer["images"][0]["imageManifest"])
    folder = image_folder.place(images_dir, digest)
    if not folder.is_dir():
        raise LookupError(
            f"ECR has its manifest ({digest}), but this local cloud has none of its files: it "
            "runs images that a build of its own pushed"
        )
    return folder


def _push_layer(ecr: Any, repository: str, folder: Path) -> None:
    layer = image_folder.layer_digest(folder)
    ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=[layer])
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    ecr.upload_layer_part(
        repositoryName=repository,
        uploadId=upload,
        partFirstByte=0,
        partLastByte=len(_LAYER_CONTENT) - 1,
        layerPartBlob=_LAYER_CONTENT,
    )
    ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[layer])


def _words(error: ClientError, name: ImageName) -> str:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code == "RepositoryNotFoundException":
        return f"name unknown: {message}"
    if code == "ImageTagAlreadyExistsException":
        return (
            f"tag invalid: The image tag '{name.tag}' already exists in the '{name.repository}' "
            "repository and cannot be overwritten because the repository is immutable."
        )
    return f"denied: {message}" if "AccessDenied" in code else f"{code}: {message}"
