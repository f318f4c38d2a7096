"""`python -m operate`: look at the split of an endpoint's requests, shift it, end it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from contracts import names
from contracts.traffic_split import WINNERS, End, Shift, SplitRequestError
from operate.account import Account
from operate.change import Deployments, check_split
from operate.endpoint_view import invocations, read_endpoint, version_of
from operate.errors import OperateError
from operate.tables import before_and_after, variants_table

_WIDTH = 160


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    top = argparse.ArgumentParser(prog="python -m operate", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    status = commands.add_parser("status", help="variants, models and their shares")
    shift = commands.add_parser("shift", help="give the new model another share of the requests")
    shift.add_argument("--share", required=True, help="a number from 0 to 1")
    end = commands.add_parser("end", help="let the new or the old model serve alone")
    end.add_argument("--winner", required=True, help=" or ".join(WINNERS))
    for command in (status, shift, end):
        command.add_argument("--env", required=True, help="environment, such as dev")
        command.add_argument("--workload", required=True, help="such as churn-xgboost")
    return top


def show_status(account: Account, console: Console, *, environment: str, workload: str) -> None:
    """Print the endpoint's variants. Raises OperateError."""
    sagemaker, cloudwatch = account.client("sagemaker"), account.client("cloudwatch")
    endpoint = read_endpoint(sagemaker, names.endpoint_name(environment, workload))
    models = {variant.model for variant in endpoint.variants}
    now = datetime.now(UTC)
    console.print(f"endpoint {endpoint.name} is {endpoint.status} with {endpoint.config}")
    console.print("a split is on" if endpoint.is_split else "no split is on")
    console.print(
        variants_table(
            endpoint,
            versions={model: version_of(sagemaker, model) for model in models},
            counts={
                variant.name: invocations(cloudwatch, endpoint.name, variant.name, now=now)
                for variant in endpoint.variants
            },
        )
    )
    console.print("requests: the share now; last hour: as CloudWatch counted, - for none")


def change(
    account: Account,
    console: Console,
    *,
    environment: str,
    workload: str,
    request: Shift | End,
) -> None:
    """Change the split, and print the shares before and after. Raises OperateError."""
    sagemaker = account.client("sagemaker")
    deployments = Deployments(
        states=account.client("stepfunctions"),
        state_machine_arn=account.state_machine_arn(environment, workload),
    )
    deployments.check_idle()
    before = read_endpoint(sagemaker, names.endpoint_name(environment, workload))
    check_split(before)
    execution = deployments.start(request, now=datetime.now(UTC))
    console.print(f"execution {execution}")
    try:
        output = deployments.follow(execution, console.print)
    except KeyboardInterrupt:
        raise OperateError(f"no longer followed, the execution goes on: {execution}") from None
    after = read_endpoint(sagemaker, before.name)
    if output["nothing_to_do"]:
        console.print("nothing to do, it was so before")
    for text in (output["summary"], output["smoke"], output["cleaned"]):
        if text:
            console.print(text)
    console.print(before_and_after(before, after))


def request_of(arguments: argparse.Namespace) -> Shift | End:
    """What is asked. Raises OperateError."""
    try:
        if arguments.command == "end":
            return End(arguments.winner)
        return Shift(_number(arguments.share))
    except SplitRequestError as error:
        raise OperateError(str(error)) from error


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise OperateError(f"share: {text!r} is no number; allowed is one from 0 to 1") from None


def main(argv: Sequence[str] | None = None, *, account: Account | None = None) -> int:
    """The exit status: 0, or 1 with a message on the standard error output."""
    arguments = parser().parse_args(argv)
    # Where no terminal says how wide it is, no name of a model is broken.
    width = None if sys.stdout.isatty() else _WIDTH
    console = Console(highlight=False, soft_wrap=True, markup=False, width=width)
    place = {"environment": arguments.env, "workload": arguments.workload}
    account = account or Account()
    try:
        if arguments.command == "status":
            show_status(account, console, **place)
        else:
            change(account, console, request=request_of(arguments), **place)
    except OperateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (ClientError, BotoCoreError) as error:
        print(f"error: AWS refused or did not answer: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
