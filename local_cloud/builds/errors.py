"""What goes wrong in a build, for its log and its record."""

from __future__ import annotations


class BuildError(Exception):
    """Why a build or a `docker` command fails: what, where, and what is possible."""
