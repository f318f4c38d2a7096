"""Writes image_uris.json, the pinned table of AWS's images, from the SageMaker SDK.

Run it after an upgrade of the SDK, or to add a version:

    python -m infra.pipeline.generate_image_uris

The SDK is needed here only (requirements-dev.txt); its image data is packaged, so nothing is
looked up. Synthesis reads the table.
"""

from __future__ import annotations

import json
from typing import Any

from infra.pipeline.images import TABLE

FRAMEWORKS = (
    ("tensorflow", "training", "2.19.0", "py312"),
    ("tensorflow", "inference", "2.19.0", None),
    # AWS's newest for training; for inference it stops at 2.6.
    ("pytorch", "training", "2.10.0", "py313"),
    ("pytorch", "inference", "2.6.0", "py312"),
)
"""Framework, use, version in full (the short tags move), and Python version where tags have it."""

ALGORITHMS = (("xgboost", "3.2-0"), ("xgboost", "3.0-5"))
"""Built-in algorithm and version: one image for every use and processor."""

INSTANCE_TYPES = {"cpu": "ml.c5.xlarge", "gpu": "ml.g5.xlarge"}
"""An instance type of each kind: the SDK chooses the processor by it."""


def table() -> dict[str, Any]:
    """Repository and tag by name, use, version and processor; registries by name and region."""
    images: dict[str, Any] = {}
    registries: dict[str, dict[str, str]] = {}
    wanted = [*FRAMEWORKS]
    wanted += [
        (name, use, version, None)
        for name, version in ALGORITHMS
        for use in ("training", "inference")
    ]
    for name, use, version, python in wanted:
        entry: dict[str, str] = {"python": python} if python else {}
        for region in _regions(name, version, use):
            for processor, instance_type in INSTANCE_TYPES.items():
                uri = _uri(name, version, python, use, instance_type, region)
                registry, _, image = uri.partition("/")
                if registries.setdefault(name, {}).setdefault(region, registry) != registry:
                    raise ValueError(f"{name} in {region} has two registries: {registry} is one")
                if entry.setdefault(processor, image) != image:
                    raise ValueError(f"{image} in {region} is another image elsewhere")
        images.setdefault(name, {}).setdefault(use, {})[version] = entry
    return {"images": images, "registries": registries}


def _regions(name: str, version: str, use: str) -> list[str]:
    from sagemaker.core import image_uris

    sdk: Any = image_uris
    config = sdk.config_for_framework(name)
    return sorted(config[use]["versions"][version]["registries"])


def _uri(
    name: str, version: str, python: str | None, use: str, instance_type: str, region: str
) -> str:
    from sagemaker.core import image_uris

    retrieve: Any = image_uris.retrieve
    return str(
        retrieve(
            name,
            region,
            version=version,
            py_version=python,
            instance_type=instance_type,
            image_scope=use,
        )
    )


def main() -> None:
    """Write the table beside this module."""
    text = json.dumps(table(), indent=2, sort_keys=True) + "\n"
    TABLE.write_text(text, encoding="utf-8")
    print(f"wrote {TABLE}")


if __name__ == "__main__":
    main()
