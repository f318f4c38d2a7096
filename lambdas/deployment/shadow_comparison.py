"""Whether a model that got a copy of the traffic may take the place of the one that answered.

What both answered to the same request is in the files of data capture; how long they took and how
often they failed is in CloudWatch (ModelLatency in microseconds, Invocation5XXErrors).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.captured import Captured, Payload
from contracts.predictions import PredictionsError, labels_of

_EXAMPLES = 3
_SHOWN = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a shadow has to keep to.

    Attributes:
        min_requests: that both answered, before anything can be said.
        max_disagreement_percent: of those requests, which may be answered otherwise.
        max_latency_ratio: of the shadow's p99 to that of the model that answered.
        max_5xx_percent: of the shadow's requests.
    """

    min_requests: int
    max_disagreement_percent: float
    max_latency_ratio: float
    max_5xx_percent: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """What CloudWatch counted of one variant.

    Attributes:
        p99_microseconds: of ModelLatency; None where nothing was counted.
    """

    requests: int
    errors_5xx: int
    p99_microseconds: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What both variants answered to the same requests.

    Attributes:
        differing: requests that were answered otherwise.
        examples: the first few of them, for people.
    """

    compared: int
    differing: int
    examples: tuple[str, ...] = ()


def compare_answers(
    production: Iterable[Captured], shadow: Iterable[Captured], *, classes: Sequence[str]
) -> Answers:
    """Pair what was captured by the request's content, each capture once, and compare labels.

    Args:
        classes: names by class index, which answers in CSV need; may be empty.
    """
    waiting: dict[str, list[Payload]] = defaultdict(list)
    for captured in production:
        if captured.answer is not None:
            waiting[captured.digest].append(captured.answer)
    compared = differing = 0
    examples: list[str] = []
    for captured in shadow:
        if captured.answer is None or not waiting[captured.digest]:
            continue
        answered = waiting[captured.digest].pop()
        compared += 1
        old, new = _labels(answered, classes), _labels(captured.answer, classes)
        if old != new:
            differing += 1
            if len(examples) < _EXAMPLES:
                examples.append(f"{_short(old)} became {_short(new)}")
    return Answers(compared=compared, differing=differing, examples=tuple(examples))


def judge_shadow(
    *, answers: Answers, production: Served, shadow: Served, limits: Limits
) -> tuple[bool, str]:
    """Whether the shadow passes, and why or why not, for people."""
    lines = [
        f"{answers.differing} of {answers.compared} requests that both models answered were "
        f"answered otherwise; allowed are {limits.max_disagreement_percent:g} %",
        f"the shadow failed {shadow.errors_5xx} of {shadow.requests} requests; allowed are "
        f"{limits.max_5xx_percent:g} %",
    ]
    faults = []
    if answers.compared < limits.min_requests:
        faults.append(
            f"only {answers.compared} requests were answered by both, {limits.min_requests} are "
            "needed: lengthen serving.shadow.minutes, raise sample_percent, or wait for more "
            "traffic"
        )
    elif 100 * answers.differing > limits.max_disagreement_percent * answers.compared:
        faults.append("the answers differ too often: " + "; ".join(answers.examples))
    if 100 * shadow.errors_5xx > limits.max_5xx_percent * shadow.requests:
        faults.append("the shadow fails too often")
    ratio = _ratio(shadow.p99_microseconds, production.p99_microseconds)
    if ratio is None:
        lines.append("CloudWatch has no latency of both models to compare")
    else:
        lines.append(
            f"p99 of the latency is {ratio:.2f} times that of the model that serves; allowed is "
            f"{limits.max_latency_ratio:g}"
        )
        if ratio > limits.max_latency_ratio:
            faults.append("the shadow is too slow")
    verdict = f"NOT PASSED: {'; '.join(faults)}" if faults else "passed"
    return not faults, "\n".join([f"Shadow: {verdict}", *(f"  {line}" for line in lines)])


def _labels(payload: Payload, classes: Sequence[str]) -> list[str] | bytes:
    """The classes that were answered; the answer itself where it holds none."""
    try:
        return labels_of(payload.body, payload.content_type, classes)
    except PredictionsError:
        return payload.body.strip()


def _short(answer: list[str] | bytes) -> str:
    text = ", ".join(answer) if isinstance(answer, list) else answer.decode(errors="replace")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None
