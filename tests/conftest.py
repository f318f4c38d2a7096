"""Keeps a developer's own AWS account, profile and region out of every test."""

from __future__ import annotations

import os

for _name in [name for name in os.environ if name.startswith(("AWS_", "CDK_"))]:
    del os.environ[_name]
