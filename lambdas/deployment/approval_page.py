"""The page that a person looks at before a deployment goes on: one HTML file, nothing beside it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from lambdas.deployment.approval_facts import ApprovalFacts, Figure
from lambdas.deployment.approval_page_style import STYLE, policy
from lambdas.shared.s3_uris import bucket_and_key

# Of metadata, in this order; others follow as they come.
_FIRST = ("promoted_from", "promoted_at", "dataset_version", "training_job", "git_commit")
# Metrics of which less is better.
_LESS = ("log_loss", "calibration_error", "latency")


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked of whom.

    Attributes:
        asked_at, ends_at: for people, in UTC.
        approve, reject: the commands that decide.
        execution: ARN of the deployment that waits.
        page_key: key of this page, to which the link to the evaluation is relative.
    """

    environment: str
    workload: str
    asked_at: str
    ends_at: str
    approve: str
    reject: str
    execution: str
    page_key: str


def render(facts: ApprovalFacts, ask: Ask) -> str:
    """The page."""
    group = str(facts.package["ModelPackageGroupName"])
    title = f"Deploy version {facts.version} of {ask.workload} to {ask.environment}?"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy()}">',
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            f'<p class="sub">{escape(group)}, asked at {escape(ask.asked_at)}</p>',
            f'<p class="ask">Nothing is made before somebody decides. Without a decision by '
            f"<b>{escape(ask.ends_at)}</b> the deployment ends, and what serves now goes on "
            "serving.</p>",
            _ways(ask),
            "<h2>What changes</h2>",
            _changes(facts),
            "<h2>How good it is</h2>",
            _figures(facts),
            _evaluation_link(facts, ask),
            "<h2>Where it comes from</h2>",
            _definitions(_lineage(facts)),
            f"<footer>{escape(ask.execution)}</footer>",
            "</body></html>",
            "",
        ]
    )


def _ways(ask: Ask) -> str:
    ways = (
        ("good", "Let it go on", ask.approve),
        ("bad", "End it, with nothing made", ask.reject),
    )
    return (
        '<div class="ways">'
        + "".join(
            f'<div class="way {mood}"><b>{escape(what)}</b><pre>{escape(command)}</pre></div>'
            for mood, what, command in ways
        )
        + "</div>"
    )


def _changes(facts: ApprovalFacts) -> str:
    serving, plan = facts.serving, facts.plan
    now = f"version {serving.version}" if serving else "nothing that has proved itself"
    since = f" since {serving.deployed_at}" if serving and serving.deployed_at else ""
    config = str(plan.get("endpoint", {}).get("EndpointConfigName", "-"))
    rows = [
        ("model", f"{now}{since}", f"version {facts.version}"),
        ("configuration", plan.get("previous_config") or "-", config),
        (
            "instances",
            "those of that configuration" if plan.get("previous_config") else "-",
            ", ".join(facts.variants) or "-",
        ),
    ]
    body = "".join(
        f"<tr><th>{escape(what)}</th><td>{escape(str(before))}</td><td>{escape(after)}</td></tr>"
        for what, before, after in rows
    )
    return (
        '<div class="wide"><table><thead><tr><th></th><th>now</th><th>then</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div><p>{escape(facts.strategy)}</p>"
    )


def _figures(facts: ApprovalFacts) -> str:
    if not facts.figures:
        return f"<p>{escape(facts.fault)}</p>"
    beside = bool(facts.compared_with)
    head = "<th>metric</th><th>new model</th><th>standard deviation</th>"
    head += "<th>champion</th><th>difference</th>" if beside else ""
    rows = "".join(_figure(figure, beside=beside) for figure in facts.figures)
    compared = f"; the champion is {facts.compared_with}" if beside else ", with no champion beside"
    return (
        f'<div class="wide"><table class="figures"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        f'<p class="note">On {facts.rows} held-out examples{escape(compared)}.</p>'
    )


def _figure(figure: Figure, *, beside: bool) -> str:
    deviation = "-" if figure.deviation is None else f"{figure.deviation:.2g}"
    cells = [escape(figure.name), f"{figure.value:.4g}", deviation]
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    if beside and figure.champion is None:
        row += "<td>-</td><td>-</td>"
    elif beside and figure.champion is not None:
        change = figure.value - figure.champion
        row += f"<td>{figure.champion:.4g}</td><td{_mood(figure.name, change)}>{change:+.2g}</td>"
    return f"<tr>{row}</tr>"


def _mood(metric: str, change: float) -> str:
    if not change:
        return ""
    less_is_better = any(word in metric for word in _LESS)
    return ' class="better"' if (change < 0) == less_is_better else ' class="worse"'


def _evaluation_link(facts: ApprovalFacts, ask: Ask) -> str:
    if not facts.report_page:
        return '<p class="note">There is no page of the evaluation.</p>'
    _, key = bucket_and_key(facts.report_page)
    link = posixpath.relpath(key, posixpath.dirname(ask.page_key))
    return (
        f'<p><a href="{escape(link)}">The page of the evaluation</a>, with its plots</p>'
        f'<p class="note">The link leads there where this page was fetched by its command, '
        f"which lays both side by side; else: aws s3 presign {escape(facts.report_page)}</p>"
    )


def _lineage(facts: ApprovalFacts) -> Mapping[str, str]:
    known = facts.lineage
    ordered = [name for name in _FIRST if name in known]
    ordered += [name for name in known if name not in ordered]
    containers = facts.package.get("InferenceSpecification", {}).get("Containers", [])
    model = {
        "model package": str(facts.package["ModelPackageArn"]),
        "model": ", ".join(str(each.get("ModelDataUrl", "-")) for each in containers),
        "image": ", ".join(str(each.get("Image", "-")) for each in containers),
    }
    return {**model, **{name.replace("_", " "): str(known[name]) for name in ordered}}


def _definitions(pairs: Mapping[str, str]) -> str:
    return f"<dl>{''.join(_pair(name, value) for name, value in _shown(pairs))}</dl>"


def _shown(pairs: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in pairs.items() if value)


def _pair(name: str, value: str) -> str:
    return f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
