"""Read a failure: why a deployment did not go through, in plain words, and what to do next.

The state machine says why in its error and its cause, in the words of the service that refused
or of our functions. What is matched here are those words; what matches nothing is told as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of failure: the words that tell it, what they mean, and what to do."""

    words: str
    means: str
    do: str


KINDS: Sequence[Kind] = (
    Kind(
        r"^(rejected by|.*DeploymentRejected)",
        "a person looked at the deployment's page and said no",
        "nothing; a later model is asked about anew",
    ),
    Kind(
        r"not decided in time",
        "nobody answered the deployment's page before its time was over",
        "approve the package again, which asks again: make approve VERSION=<version>",
    ),
    Kind(
        r"smoke test|wrong.?answers",
        "the endpoint answered the held-out samples in another way than the model that was tested",
        "look at which samples differ (above); if the model is right, register it again with its "
        "own samples, else train anew",
    ),
    Kind(
        r"alarm|rolled back by|auto.?rollback",
        "an alarm rose while requests moved to the new model, and SageMaker took them back",
        "see which alarm it was and the container's log: aws logs tail "
        "/aws/sagemaker/Endpoints/<endpoint>",
    ),
    Kind(
        r"ping|health check|primary container|did not pass",
        "the new model's container never answered that it is healthy",
        "read the container's log: aws logs tail /aws/sagemaker/Endpoints/<endpoint>",
    ),
    Kind(
        r"ResourceLimitExceeded|quota",
        "the account may not run so many instances of this type",
        "ask for a higher quota (docs/operations.md), or take another serving.instance_type",
    ),
    Kind(
        r"InsufficientInstanceCapacity|insufficient capacity|unable to provision|no capacity",
        "AWS has no instance of this type free in these zones",
        "approve the package again later, or take another serving.instance_type",
    ),
    Kind(
        r"digest|sha256",
        "the model artifact is not the one that was registered",
        "do not deploy it; find out who replaced it (the bucket keeps versions), and train anew",
    ),
    Kind(
        r"AccessDenied|not authorized",
        "a role may not do what the deployment needs",
        "deploy the stacks again; look for a policy of the organisation that denies it",
    ),
    Kind(
        r"SplitIsOn|splits its requests",
        "two models share the requests, and that has to end first",
        "make end-split WINNER=new (or old), then approve the package again",
    ),
    Kind(
        r"Timeout|after [0-9]+ seconds|timed out",
        "it took longer than deployment.timeout_minutes allows",
        "look at the endpoint and the container's log; raise the limit if the model loads slowly",
    ),
)


@dataclass(frozen=True, kw_only=True)
class FailureView:
    """Attributes:
    means: in plain words; empty for a reason of no known kind.
    said: the reason as it was given, a line each.
    do: what to do next.
    """

    means: str
    said: tuple[str, ...]
    do: str


def read_failure(error: str, cause: str) -> FailureView:
    """What an execution's error and cause mean."""
    said = tuple(line.strip() for line in cause.split(" | ") if line.strip()) or (error,)
    # The first part is why; the others tell what was done about it.
    for text in (said[0], f"{error} {said[0]}"):
        for kind in KINDS:
            if re.search(kind.words, text, flags=re.IGNORECASE):
                return FailureView(means=kind.means, said=said, do=kind.do)
    return FailureView(
        means="",
        said=said,
        do="put the reason right, then approve the package again",
    )
