"""Writes image_uris.json, the pinned table of AWS's framework images, from the SageMaker SDK.

Run it after an upgrade of the SDK, or to add a framework version:

    python -m infra.pipeline.generate_image_uris

The SDK is needed here only (requirements-dev.txt); its image data is packaged, so nothing is
looked up. Synthesis reads the table.
"""

from __future__ import annotations

import json
from typing import Any

from infra.pipeline.images import TABLE

FRAMEWORKS = {("tensorflow", "2.19.0", "py312")}
"""Framework, version in full (the short tags move) and Python version of each image set."""

INSTANCE_TYPES = {"cpu": "ml.c5.xlarge", "gpu": "ml.g5.xlarge"}
"""An instance type of each kind: the SDK chooses the processor by it."""


def table() -> dict[str, Any]:
    """Registries by region, and repository and tag by framework, version, use and processor."""
    frameworks: dict[str, Any] = {}
    registries: dict[str, str] = {}
    for framework, version, python in sorted(FRAMEWORKS):
        scopes: dict[str, Any] = {}
        for scope in ("training", "inference"):
            for region in _regions(framework, version, scope):
                for processor in INSTANCE_TYPES:
                    uri = _uri(framework, version, python, scope, processor, region)
                    registry, _, image = uri.partition("/")
                    if registries.setdefault(region, registry) != registry:
                        raise ValueError(f"{region} has two registries: {registry} is one")
                    if scopes.setdefault(scope, {}).setdefault(processor, image) != image:
                        raise ValueError(f"{image} in {region} is another image elsewhere")
        frameworks.setdefault(framework, {})[version] = {"python": python, **scopes}
    return {"frameworks": frameworks, "registries": dict(sorted(registries.items()))}


def _regions(framework: str, version: str, scope: str) -> list[str]:
    from sagemaker.core import image_uris

    sdk: Any = image_uris
    config = sdk.config_for_framework(framework)
    return sorted(config[scope]["versions"][version]["registries"])


def _uri(framework: str, version: str, python: str, scope: str, processor: str, region: str) -> str:
    from sagemaker.core import image_uris

    retrieve: Any = image_uris.retrieve
    return str(
        retrieve(
            framework,
            region,
            version=version,
            # Inference images have no Python version in their tags.
            py_version=python if scope == "training" else None,
            instance_type=INSTANCE_TYPES[processor],
            image_scope=scope,
        )
    )


def main() -> None:
    """Write the table beside this module."""
    text = json.dumps(table(), indent=2, sort_keys=True) + "\n"
    TABLE.write_text(text, encoding="utf-8")
    print(f"wrote {TABLE}")


if __name__ == "__main__":
    main()
