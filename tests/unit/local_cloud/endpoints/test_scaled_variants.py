from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.hosting.scaled_variants import TARGET, check
from local_cloud.sagemaker.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "state.sqlite")
    made.create(TARGET, "endpoint/birds/variant/scaled", {})
    yield made
    made.close()


def plan(**types: str) -> Any:
    return {"variants": [{"variant": n, "instance_type": t} for n, t in types.items()]}


OLD = plan(scaled="ml.m5.large", other="ml.m5.large")


@pytest.mark.parametrize("new", [plan(other="ml.m5.large"), plan(scaled="ml.m5.xlarge")])
def test_a_variant_that_is_scaled_neither_goes_nor_changes_its_instance_type(
    store: Store, new: Any
) -> None:
    with pytest.raises(ApiError, match=r'variant\(s\) "scaled" must be deregistered'):
        check(store, "birds", new=new, old=OLD)


def test_other_variants_and_other_endpoints_may(store: Store) -> None:
    check(store, "birds", new=plan(scaled="ml.m5.large"), old=OLD)
    check(store, "fish", new=plan(other="ml.c5.large"), old=OLD)
