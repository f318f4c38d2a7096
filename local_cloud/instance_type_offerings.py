"""EC2's DescribeInstanceTypeOfferings, which MiniStack does not have, over its other actions.

Offered is every EC2 type behind an instance type of SageMaker's endpoints, in each zone that
DescribeAvailabilityZones names, unless the state folder's instance-types.toml says otherwise.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from local_cloud import instance_types
from local_cloud.json_api.api import HttpAnswer
from local_cloud.json_api.errors import ApiError
from local_cloud.settings import LocalCloudSettings

ACTION = "DescribeInstanceTypeOfferings"
ZONES = "abc"
"""As MiniStack's DescribeAvailabilityZones has them."""
LOCATION_TYPES = ("region", "availability-zone")
FILTER_NAME = re.compile(r"^(Filter\.\d+)\.Name$")
FILTERS = ("instance-type", "location")
XML = {"Content-Type": "application/xml"}
Parameters = dict[str, str]
Offering = tuple[str, str]


class InstanceTypeOfferings:
    """MiniStack's handler for EC2; ``others`` takes the actions that are not here."""

    def __init__(self, settings: LocalCloudSettings, others: Callable[..., Any]) -> None:
        self._settings = settings
        self._others = others

    async def __call__(
        self, method: str, path: str, headers: dict[str, str], body: bytes | str, query: Any
    ) -> HttpAnswer:
        parameters = _parameters(body, query)
        if parameters.get("Action") != ACTION:
            answer: HttpAnswer = await self._others(method, path, headers, body, query)
            return answer
        try:
            offerings = await asyncio.to_thread(self._offerings, parameters)
            return 200, dict(XML), _answer(offerings, parameters)
        except ApiError as error:
            return error.status, dict(XML), _error(error)

    def _offerings(self, parameters: Parameters) -> list[Offering]:
        """(EC2 type, location); raises ApiError."""
        location_type = parameters.get("LocationType", "region")
        if location_type not in LOCATION_TYPES:
            raise ApiError(
                "InvalidParameterValue",
                f"The local cloud does not have the location type {location_type}. "
                f"It has: {', '.join(LOCATION_TYPES)}.",
            )
        filters = _filters(parameters)
        region = self._settings.region
        return [
            (ec2_type, location)
            for ec2_type, zones in self._zones()
            for location in (
                zones if location_type == "availability-zone" else [region][: len(zones)]
            )
            if _passes(filters, {"instance-type": ec2_type, "location": location})
        ]

    def _zones(self) -> Iterator[tuple[str, list[str]]]:
        everywhere = [f"{self._settings.region}{letter}" for letter in ZONES]
        said = instance_types.read(self._settings.state_dir).offerings
        for name in instance_types.known_types():
            yield name.removeprefix("ml."), said.get(name, everywhere)


def _parameters(body: bytes | str, query: Any) -> Parameters:
    text = body if isinstance(body, str) else body.decode(errors="replace")
    given = {**query, **parse_qs(text)}
    return {
        name: value[0] if isinstance(value, list) else str(value) for name, value in given.items()
    }


def _filters(parameters: Parameters) -> dict[str, list[str]]:
    """Filter name -> patterns; raises ApiError for a filter that is not there."""
    found: dict[str, list[str]] = {}
    for name, value in parameters.items():
        if named := FILTER_NAME.match(name):
            prefix = f"{named[1]}.Value."
            found[value] = [v for n, v in parameters.items() if n.startswith(prefix)]
    unknown = sorted(found.keys() - set(FILTERS))
    if unknown:
        raise ApiError("InvalidParameterValue", f"The filter '{unknown[0]}' is invalid")
    return found


def _passes(filters: dict[str, list[str]], offering: dict[str, str]) -> bool:
    return all(
        any(fnmatchcase(offering[name], pattern) for pattern in patterns)
        for name, patterns in filters.items()
    )


def _answer(offerings: list[Offering], parameters: Parameters) -> bytes:
    start, size = _page(parameters, len(offerings))
    location_type = escape(parameters.get("LocationType", "region"))
    items = "".join(
        f"<item><instanceType>{escape(ec2_type)}</instanceType>"
        f"<locationType>{location_type}</locationType><location>{escape(location)}</location></item>"
        for ec2_type, location in offerings[start : start + size]
    )
    more = start + size < len(offerings)
    token = f"<nextToken>{start + size}</nextToken>" if more else ""
    return _xml(
        f"{ACTION}Response", f"<instanceTypeOfferingSet>{items}</instanceTypeOfferingSet>{token}"
    )


def _page(parameters: Parameters, count: int) -> tuple[int, int]:
    """First and number of the asked-for page; raises ApiError."""
    token, size = parameters.get("NextToken", "0"), parameters.get("MaxResults", "1000")
    if not token.isdigit() or int(token) > count:
        raise ApiError("InvalidNextToken", f"The token '{token}' is invalid")
    if not size.isdigit() or not 5 <= int(size) <= 1000:
        raise ApiError("InvalidParameterValue", f"MaxResults {size} is not within 5 to 1000")
    return int(token), int(size)


def _xml(root: str, inner: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        f"<requestId>{uuid.uuid4()}</requestId>{inner}</{root}>"
    ).encode()


def _error(error: ApiError) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>'
        f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        f"</Error></Errors><RequestID>{uuid.uuid4()}</RequestID></Response>"
    ).encode()
