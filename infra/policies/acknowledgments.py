"""Every finding of cdk-nag that stays, and why. Run this module to print them.

An acknowledgment names one kind of finding at one kind of place; what it does not name stops
the synth. `tests/synth` fails for one that no longer acknowledges anything.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AcknowledgedFinding:
    """A kind of finding that is accepted.

    Attributes:
        rule: rule as cdk-nag names it, such as `AwsSolutions-SQS3`.
        finding: regular expression for the whole of what stands in brackets after the rule
            (only AwsSolutions-IAM4 and IAM5 have it), or the empty string.
        path: regular expression for the whole construct path.
        reason: why it is right as it is.
    """

    rule: str
    finding: str
    path: str
    reason: str


_BUCKET = r"<[A-Za-z0-9]*Bucket[A-Za-z0-9]*\.Arn>"

ACKNOWLEDGED: tuple[AcknowledgedFinding, ...] = (
    AcknowledgedFinding(
        rule="AwsSolutions-SQS3",
        finding="",
        path=r".*/[A-Za-z]*DeadLetters/Queue/Resource",
        reason="This is the dead-letter queue, of an event rule or of a state machine, which "
        "the check does not see; an alarm tells when anything lands in it.",
    ),
)


def main() -> None:
    """Print the acknowledgments and their number."""
    for known in ACKNOWLEDGED:
        finding = f"[{known.finding}]" if known.finding else ""
        print(f"{known.rule}{finding}\n    at {known.path}\n    {known.reason}")
    print(f"{len(ACKNOWLEDGED)} acknowledgments of cdk-nag findings")


if __name__ == "__main__":
    main()
