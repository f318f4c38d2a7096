from __future__ import annotations

import io
import json
import zipfile

from local_cloud.ministack_bridge import error_payload
from tests.local_cloud_fixture import RunningCloud

HANDLER = """
class EndpointBusy(Exception):
    pass

def handle(event, context):
    raise EndpointBusy("wait\\n  for it: all")
"""


def test_a_functions_error_has_the_name_of_its_exception(cloud: RunningCloud) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("busy.py", HANDLER)
    role = cloud.role("busy", [], trusts=["lambda.amazonaws.com"])
    function = cloud.client("lambda")
    function.create_function(
        FunctionName="busy",
        Runtime="python3.12",
        Handler="busy.handle",
        Role=role,
        Code={"ZipFile": packed.getvalue()},
    )
    answer = json.loads(function.invoke(FunctionName="busy")["Payload"].read())
    assert answer["errorType"] == "EndpointBusy", answer
    assert answer["errorMessage"] == "wait\n  for it: all"


def test_the_name_is_found_under_a_chain_of_errors_and_without_its_module() -> None:
    trace = (
        "Traceback (most recent call last):\n"
        '  File "a.py", line 1, in f\n'
        "KeyError: 'x'\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n"
        '  File "b.py", line 2, in g\n'
        "    raise Oops\n"
        "package.errors.Oops: it is: over\n"
    )
    assert error_payload("it is: over", trace)["errorType"] == "Oops"
