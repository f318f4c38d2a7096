"""Node's version is no subject of these tests: jsii's notice about it would fill their output."""

from __future__ import annotations

import os

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
