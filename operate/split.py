"""Commands about a split of an endpoint's requests: look at it, shift it, end it."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console

from contracts import names
from contracts.traffic_split import End, Shift, SplitRequestError
from operate.account import Account
from operate.change import Deployments, check_split
from operate.endpoint_view import invocations, read_endpoint, version_of
from operate.errors import OperateError
from operate.tables import before_and_after, variants_table


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


def change_split(
    account: Account,
    console: Console,
    *,
    environment: str,
    workload: str,
    request: Shift | End,
) -> None:
    """Change the split, and print the shares before and after. Raises OperateError."""
    sagemaker = account.client("sagemaker")
    deployments = Deployments.of(account, environment, workload)
    deployments.check_idle()
    before = read_endpoint(sagemaker, names.endpoint_name(environment, workload))
    check_split(before)
    output = deployments.run(request.as_input(), console.print, now=datetime.now(UTC))
    after = read_endpoint(sagemaker, before.name)
    if output["nothing_to_do"]:
        console.print("nothing to do, it was so before")
    for text in (output["summary"], output["smoke"], output["cleaned"]):
        if text:
            console.print(text)
    console.print(before_and_after(before, after))


def shift_to(share: str) -> Shift:
    """Raises OperateError where `share` is none."""
    try:
        return Shift(float(share))
    except SplitRequestError as error:
        raise OperateError(str(error)) from error
    except ValueError:
        raise OperateError(f"share: {share!r} is no number; allowed is one from 0 to 1") from None


def end_for(winner: str) -> End:
    """Raises OperateError where `winner` is none."""
    try:
        return End(winner)
    except SplitRequestError as error:
        raise OperateError(str(error)) from error
