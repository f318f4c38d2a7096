"""What a process of a container image sees: the image's own files, laid out for it alone, and of
this machine what its programs need."""

from __future__ import annotations

from pathlib import Path

from local_cloud.sagemaker.runner import image_files
from local_cloud.sagemaker.runner.images import Image
from local_cloud.sagemaker.runner.view import View
from local_cloud.settings import LocalCloudSettings


def view_of(
    image: Image | None,
    settings: LocalCloudSettings | None,
    *,
    ml: Path,
    scratch: Path,
    names: Path | None = None,
    network: bool = True,
) -> View:
    """``ml``, ``scratch``, ``names`` and ``network`` are as :class:`View` has them; the state of
    the local cloud with these settings is hidden."""
    files = None
    if image is not None and image.files is not None:
        files = image_files.lay_out(image.files, scratch=scratch, ml=ml, python=image.python)
    return View(
        ml=ml,
        scratch=scratch,
        hidden=() if settings is None else settings.private,
        shown=(
            *(() if settings is None else settings.public),
            *(() if image is None else image.shown),
        ),
        names=names,
        files=files,
        network=network,
    )
