"""From the settings of serving to what the functions of deployment read."""

from __future__ import annotations

from contracts.documents import from_document, to_document
from contracts.serving import Serving
from infra.settings.serving import ServingSettings

# What the model package says; deployments do not ask.
_OF_THE_PACKAGE = {"content_types", "response_types"}


def serving_contract(settings: ServingSettings) -> Serving:
    """The same, with the defaults in place."""
    document = settings.model_dump(
        mode="json", exclude_none=True, exclude=_OF_THE_PACKAGE | {"split_share"}
    )
    document["rollout"] = to_document(settings.rollout.contract)
    document["first_share"] = settings.first_share
    return from_document(Serving, document, what="the serving of the settings")
