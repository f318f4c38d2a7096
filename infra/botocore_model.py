"""SageMaker's API as botocore describes it: shapes, enumerations, patterns. Read offline."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.loaders
import botocore.model


@cache
def sagemaker_model() -> Any:
    """The service model (`botocore.model.ServiceModel`), loaded once a process.

    The loader is used without a session, so no profile, credential or region is looked at.
    """
    loader: Any = botocore.loaders.Loader  # botocore has no type hints
    model: Any = botocore.model.ServiceModel
    return model(loader().load_service_model("sagemaker", "service-2"), "sagemaker")
