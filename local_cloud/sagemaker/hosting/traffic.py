"""How an endpoint's requests are shared between its fleets while an update shifts them."""

from __future__ import annotations

import threading
from collections.abc import Container
from fractions import Fraction

from local_cloud.sagemaker.hosting.fleet import Fleet

ALL = Fraction(1)


class Traffic:
    """One fleet takes all requests, or an old and a new one each their share of them.

    The share is exact: of any 100 requests one after the other, a tenth is ten.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._lock = threading.Lock()
        self._old: Fleet = fleet
        self._new: Fleet | None = None
        self._share = Fraction(0)
        self._owed = Fraction(0)

    @property
    def fleets(self) -> list[Fleet]:
        """All that requests may go to."""
        with self._lock:
            return [self._old] if self._new is None else [self._old, self._new]

    def share(self, new: Fleet, share: Fraction) -> None:
        """So much of the next requests goes to ``new``, the rest to the fleet before it."""
        with self._lock:
            self._new, self._share, self._owed = new, share, Fraction(0)

    def all_to(self, fleet: Fleet) -> None:
        """All next requests go to ``fleet``, and to no other."""
        with self._lock:
            self._old, self._new, self._share = fleet, None, Fraction(0)

    def enter(self, without: Container[Fleet]) -> Fleet | None:
        """The fleet for the next request, which it counts as on its way there. It is none of
        ``without``, which could not answer; None where no fleet is left."""
        with self._lock:
            order = [self._old] if self._new is None else self._next(self._new)
            chosen = next((fleet for fleet in order if fleet not in without), None)
            # Under the lock: a fleet that gets no more requests sees all that it still has.
            if chosen is not None:
                chosen.enter()
            return chosen

    def _next(self, new: Fleet) -> list[Fleet]:
        self._owed += self._share
        if self._owed < ALL:
            return [self._old, new]
        self._owed -= ALL
        return [new, self._old]
