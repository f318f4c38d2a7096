"""The commands and their arguments."""

from __future__ import annotations

import argparse

from contracts.traffic_split import WINNERS

_DESCRIPTION = "What operators do with the deployments of a workload: docs/operators.md."


def parser() -> argparse.ArgumentParser:
    """One subcommand a command; each names the environment and the workload."""
    top = argparse.ArgumentParser(prog="rookery", description=_DESCRIPTION)
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--env", required=True, help="environment, such as dev")
    place.add_argument("--workload", required=True, help="such as churn-xgboost")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[place])

    for name, text in (
        ("approve", "let what waits for a person go on: a deployment, or a package"),
        ("reject", "end what waits for a person"),
    ):
        decision = command(name, text)
        decision.add_argument("--version", help="of the package, where several wait")
        decision.add_argument("--reason", default="", help="is kept with the decision")
    page = command("page", "fetch the page of a deployment that waits for a person")
    page.add_argument("--version", help="of the package, where several wait")
    page.add_argument("--folder", default=".local/pages", help="that it is laid in")
    promoted = command("promote", "bring a package here from the environment before")
    promoted.add_argument("--version", help="there; what is live there unless given")
    back = command("roll-back", "put the previous champion back")
    back.add_argument("--to", metavar="VERSION", help="an earlier version than the previous one")
    listed = command("deployments", "the last deployments and how they ended")
    listed.add_argument("--last", default="10", help="how many; 10 unless given")
    one = command("deployment", "what one deployment went through, and why it failed")
    one.add_argument("execution", help="its name or ARN, as `deployments` lists it")
    command("status", "variants, models and their shares")
    shift = command("shift", "give the new model another share of the requests")
    shift.add_argument("--share", required=True, help="a number from 0 to 1")
    end = command("end", "let the new or the old model serve alone")
    end.add_argument("--winner", required=True, help=" or ".join(WINNERS))
    return top
