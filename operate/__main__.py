"""`rookery`, or `python -m operate`: what operators do with deployments."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from contracts.deployment_approval import APPROVED, REJECTED
from operate.account import Account
from operate.arguments import parser
from operate.decide import decide
from operate.errors import OperateError
from operate.promote import promote
from operate.roll_back import roll_back
from operate.show_deployments import show_deployment, show_deployments
from operate.show_page import show_page
from operate.split import change_split, end_for, shift_to, show_status

_WIDTH = 160
_DECISIONS = {"approve": APPROVED, "reject": REJECTED}


def run(arguments: argparse.Namespace, account: Account, console: Console) -> None:
    """Do what the arguments ask. Raises OperateError, or what botocore raises."""
    place = {"environment": arguments.env, "workload": arguments.workload}
    match arguments.command:
        case "approve" | "reject" as command:
            decide(
                account,
                console,
                decision=_DECISIONS[command],
                version=arguments.version,
                reason=arguments.reason,
                **place,
            )
        case "page":
            show_page(account, console, version=arguments.version, folder=arguments.folder, **place)
        case "promote":
            promote(account, console, version=arguments.version, **place)
        case "roll-back":
            roll_back(account, console, version=arguments.to, **place)
        case "deployments":
            show_deployments(account, console, last=arguments.last, **place)
        case "deployment":
            show_deployment(account, console, execution=arguments.execution, **place)
        case "status":
            show_status(account, console, **place)
        case "shift":
            change_split(account, console, request=shift_to(arguments.share), **place)
        case "end":
            change_split(account, console, request=end_for(arguments.winner), **place)


def main(argv: Sequence[str] | None = None, *, account: Account | None = None) -> int:
    """The exit status: 0, or 1 with a message on the standard error output."""
    arguments = parser().parse_args(argv)
    # Where no terminal says how wide it is, no name of a model is broken.
    width = None if sys.stdout.isatty() else _WIDTH
    console = Console(highlight=False, soft_wrap=True, markup=False, width=width)
    try:
        run(arguments, account or Account(), console)
    except OperateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (ClientError, BotoCoreError) as error:
        print(f"error: AWS refused or did not answer: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
