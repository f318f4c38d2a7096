"""What a plan says: the one answer of the function `plan` that the whole state machine goes by.

| member | meaning |
|---|---|
| kind | deployment, shift, end, roll_back, pause or resume; model where there is no endpoint |
| nothing_to_do | the execution ends well at once |
| summary, headline, next | for people: what is done; the notice's subject; commands for later |
| make_model, model | whether CreateModel is called, and its request |
| make_config, endpoint_config | the same of CreateEndpointConfig |
| update | whether the endpoint is created or updated; not where it serves as asked already |
| endpoint_exists, endpoint | UpdateEndpoint or CreateEndpoint, and its request |
| shift | UpdateEndpointWeightsAndCapacities' request |
| new_share | of the requests, which a new model beside the old one has once it is done |
| target_variant | the only variant that the smoke test asks; empty for any |
| shadow | what comes before the change (`plan_shadow`); {} where nothing does |
| samples, evaluation_report | S3 URIs of the served model's held-out files and its report; or "" |
| bake | whether the state machine itself lets it serve a while; an update bakes in SageMaker |
| probe | whether the samples are sent while the endpoint is updated |
| model_package | ARN of the package that is deployed; or "" |
| previous_config, weights | what serves before: configuration or None, weights of its variants |
| made | names of configuration and model that a roll-back removes; or "" |
| champion | the champion record from then on, but for `deployed_at`; {} where it stays |
| keep | names of models and configurations that the clean-up leaves |
| rejected_package, rejected_reason | what the clean-up rejects in the registry, and why; or "" |
"""

from __future__ import annotations

from typing import Any

Plan = dict[str, Any]


def plan_of(kind: str, **members: Any) -> Plan:
    """A plan that makes nothing and asks for nothing but what `members` say."""
    return {
        "kind": kind,
        "nothing_to_do": False,
        "headline": "",
        "next": "",
        "make_model": False,
        "make_config": False,
        "update": True,
        "endpoint_exists": True,
        "new_share": 0,
        "target_variant": "",
        "shadow": {},
        "samples": "",
        "evaluation_report": "",
        "bake": False,
        "probe": False,
        "model_package": "",
        "made": {"config": "", "model": ""},
        "champion": {},
        "keep": [],
        "rejected_package": "",
        "rejected_reason": "",
        **members,
    }


def nothing(summary: str, **members: Any) -> Plan:
    """The plan of an event that changes nothing; `summary` says why."""
    return {"nothing_to_do": True, "summary": summary, "keep": [], **members}
