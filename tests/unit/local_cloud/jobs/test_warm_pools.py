from __future__ import annotations

import pytest

from local_cloud.sagemaker import warm_pools


@pytest.mark.parametrize(
    ("now", "expected"),
    [(1010.0, ("Available", 10)), (1060.0, ("Terminated", 60)), (9000.0, ("Terminated", 60))],
)
def test_a_warm_pool_is_told_of_for_its_period(now: float, expected: tuple[str, int]) -> None:
    job = {
        "TrainingJobStatus": "Completed",
        "TrainingEndTime": 1000.0,
        "ResourceConfig": {"KeepAlivePeriodInSeconds": 60},
    }
    pool = warm_pools.of_job(job, now)
    assert pool is not None
    assert (pool["Status"], pool["ResourceRetainedBillableTimeInSeconds"]) == expected
    assert warm_pools.of_job({**job, "TrainingJobStatus": "Stopped"}, now) is None
    assert warm_pools.of_job({**job, "ResourceConfig": {}}, now) is None
