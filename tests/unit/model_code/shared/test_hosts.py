from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from shared.faults import RefusedError
from shared.hosts import Hosts


def test_outside_a_job_a_host_is_alone(tmp_path: Path) -> None:
    hosts = Hosts.read(tmp_path / "resourceconfig.json")
    assert hosts.alone
    assert hosts.rank == 0
    assert hosts.in_file_names == ""
    assert hosts.owns("any/key")


def test_hosts_are_in_one_order_on_each_of_them(tmp_path: Path) -> None:
    file = tmp_path / "resourceconfig.json"
    names = ["algo-10", "algo-2", "algo-1"]
    file.write_text(json.dumps({"current_host": "algo-10", "hosts": names}))
    hosts = Hosts.read(file)
    assert hosts.names == ("algo-1", "algo-2", "algo-10")
    assert hosts.rank == 2
    assert hosts.others == ("algo-1", "algo-2")
    assert hosts.in_file_names == "algo-10"


@pytest.mark.parametrize("text", ["{", "{}", '{"current_host": "algo-3", "hosts": ["algo-1"]}'])
def test_a_damaged_resource_config_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "resourceconfig.json"
    file.write_text(text)
    with pytest.raises(RefusedError, match="expected current_host, and hosts"):
        Hosts.read(file)


def test_each_key_is_one_hosts_and_the_shares_are_alike() -> None:
    names = ("algo-1", "algo-2", "algo-3")
    owners = Counter(
        name for n in range(3_000) for name in names if Hosts(name, names).owns(f"up/{n}.png")
    )
    assert sum(owners.values()) == 3_000
    assert min(owners.values()) > 900
