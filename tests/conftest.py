"""Keeps a developer's own AWS account and region out of every test; has all answers checked."""

from __future__ import annotations

import os

for _name in [name for name in os.environ if name.startswith(("AWS_", "CDK_"))]:
    del os.environ[_name]
# Every answer of the local cloud is held to botocore's model of the API, in tests with doubles as
# in those against a server, which inherits this.
os.environ["LOCAL_CLOUD_CHECK_ANSWERS"] = "1"
