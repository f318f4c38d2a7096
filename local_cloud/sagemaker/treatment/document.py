"""The table as a page for people: docs/local-sagemaker-api.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from local_cloud.sagemaker import runtime_headers, validation
from local_cloud.sagemaker.treatment import coverage
from local_cloud.sagemaker.treatment.rules import Family, Rule
from local_cloud.sagemaker.treatment.table import CONTROL_PLANE, RUNTIME

COMMAND = "python -m local_cloud.sagemaker.treatment --write"
_INTRODUCTION = f"""\
<!-- Written by `{COMMAND}`; change local_cloud/sagemaker/treatment/ instead. -->
# What the local SageMaker takes of each request

For [the local cloud](local-cloud.md): every action of SageMaker that it has, and what it makes of
every member of the action's request.

- **Works**: the member does what it does on AWS. `[]` are the items of a list. A member stands for
  all below it, but for those that are named elsewhere.
- **Accepted and ignored**: it may be given, Describe answers it, and it has no effect. A request
  that uses one is told of in `local-cloud.log` (each member once), and in the log of its job.
- **Refused**: a request that uses it fails with a ValidationException that names all such members
  with their reasons. What is empty or `false` counts as not used.

Actions that are not here answer with an error that names them and this page. Other rules of
SageMaker (patterns, ranges, what excludes what) hold besides.
"""


def page() -> str:
    """The whole page, as Markdown."""
    families = (*CONTROL_PLANE, RUNTIME)
    parts = [_INTRODUCTION, _summary(families), *(_family(family) for family in families)]
    return "\n".join(parts)


def _summary(families: Sequence[Family]) -> str:
    rows = [
        "| | actions | members that work | ignored | refused |",
        "|---|---|---|---|---|",
        *(_summary_row(family) for family in families),
    ]
    total = [sum(counts) for counts in zip(*(_counts(family) for family in families), strict=True)]
    actions = sum(len(family.actions) for family in families)
    rows.append(f"| **all** | **{actions}** | {' | '.join(f'**{count}**' for count in total)} |")
    note = (
        "Members are counted at every depth, for each action anew. Single values that are refused "
        "do not count.\n"
    )
    return "\n".join([*rows, "", note])


def _summary_row(family: Family) -> str:
    link = f"[{family.title}](#{family.title.lower().replace(' ', '-')})"
    counts = " | ".join(str(count) for count in _counts(family))
    return f"| {link} | {len(family.actions)} | {counts} |"


def _counts(family: Family) -> tuple[int, int, int]:
    verdicts = [
        verdict
        for action, rules in family.actions.items()
        for verdict in coverage.verdicts(rules, _input_shape(family, action)).values()
    ]
    return verdicts.count("works"), verdicts.count("ignored"), verdicts.count("refused")


def _input_shape(family: Family, action: str) -> object:
    if family is RUNTIME:
        return runtime_headers.MODEL.operation(action).input_shape
    return validation.operation(action).input_shape


def _family(family: Family) -> str:
    plain = {name: rules for name, rules in family.actions.items() if _is_plain(rules)}
    lines = [f"## {family.title}", ""]
    for name, rules in family.actions.items():
        if name not in plain:
            lines += _action(name, rules)
    if plain:
        lines += ["| everything works of | members |", "|---|---|"]
        lines += [f"| {name} | {_codes(rules)} |" for name, rules in plain.items()]
        lines.append("")
    return "\n".join(lines)


def _is_plain(rules: Iterable[Rule]) -> bool:
    return all(rule.verdict == "works" and not rule.why for rule in rules)


def _action(name: str, rules: Sequence[Rule]) -> Iterator[str]:
    yield from (f"### {name}", "")
    alike = _alike(rules)
    rules = [rule for rule in rules if _head(rule) not in alike]
    working = [rule for rule in rules if rule.verdict == "works"]
    if working:
        repeated = [f"- `{one}`: all as in `{other}`" for one, other in alike.items()]
        yield from ("**Works**", "", *_working(working), *repeated, "")
    for title, verdict in (("Accepted and ignored", "ignored"), ("Refused", "refused")):
        chosen = [rule for rule in rules if rule.verdict == verdict]
        if chosen:
            yield from (f"| {title} | why |", "|---|---|", *_reasons(chosen), "")


def _alike(rules: Sequence[Rule]) -> dict[str, str]:
    """Structure -> the one before it that the same is said of, member by member."""
    said: dict[str, list[Rule]] = {}
    for rule in rules:
        if "." in rule.path:
            said.setdefault(_head(rule), []).append(replace(rule, path=rule.path.partition(".")[2]))
    found: dict[str, str] = {}
    heads = list(said)
    for position, one in enumerate(heads):
        for other in heads[:position]:
            if len(said[one]) > 1 and said[one] == said[other] and other not in found:
                found[one] = other
    return found


def _head(rule: Rule) -> str:
    return rule.path.partition(".")[0]


def _working(rules: Sequence[Rule]) -> Iterator[str]:
    """A line for each structure, and one for each remark."""
    plain = [rule for rule in rules if not rule.why]
    for place, members in groupby(sorted(plain, key=_place), key=_place):
        inside = f"in `{place}`: " if place else ""
        names = ", ".join(f"`{rule.path.rpartition('.')[2]}`" for rule in members)
        yield f"- {inside}{names}"
    yield from (f"- `{rule.path}` ({rule.why})" for rule in rules if rule.why)


def _place(rule: Rule) -> str:
    return rule.path.rpartition(".")[0]


def _reasons(rules: Sequence[Rule]) -> Iterator[str]:
    """A row for each reason, in the order in which reasons first come."""
    for why in dict.fromkeys(rule.why for rule in rules):
        yield f"| {_codes(rule for rule in rules if rule.why == why)} | {why} |"


def _codes(rules: Iterable[Rule]) -> str:
    return ", ".join(_code(rule) for rule in rules)


def _code(rule: Rule) -> str:
    values = " or ".join(f"`{value}`" for value in rule.values)
    return f"`{rule.path}`" + (f" {values}" if values else "")
