"""`cdk destroy` of an environment leaves nothing that costs money."""

from __future__ import annotations

import pytest

from contracts import names
from tests.deployment_drill.configuration import ENVIRONMENT
from tests.deployment_drill.drill import Drill
from tests.deployment_drill.figures import Figures
from tests.deployment_drill.leftovers import Leftovers
from tests.deployment_drill.workloads import SERVING

pytestmark = pytest.mark.deployment_drill

DRILL = "teardown"


def test_nothing_is_left_of_a_destroyed_environment(drill: Drill, figures: Figures) -> None:
    for name in SERVING:
        workload = drill.workload(name)
        workload.ensure_live()
    before = Leftovers.of(drill.cloud, names.prefix(ENVIRONMENT))
    drill.destroy()
    after = Leftovers.of(drill.cloud, names.prefix(ENVIRONMENT))
    figures.tell(DRILL, "resources before", str(sum(map(len, before.found.values()))))
    figures.hold(DRILL, "resources left", after, "nothing", holds=str(after) == "nothing")
    figures.check(DRILL)
