"""Why a package is not promoted."""

from __future__ import annotations


class PromotionRefused(Exception):
    """A package that is not brought into this environment, with the reason and what to do."""
