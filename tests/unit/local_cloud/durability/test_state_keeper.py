"""What MiniStack's services know is written before an answer says that it is done."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from pathlib import Path
from queue import Queue
from types import SimpleNamespace
from typing import Any

import pytest

from local_cloud.ministack_bridge import durability
from local_cloud.ministack_bridge.durability import StateKeeper
from local_cloud.ministack_bridge.requests import may_change

WAIT_SECONDS = 10.0

Start = Callable[[Mapping[str, durability.GetState]], StateKeeper]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Runs keepers over states; without rounds of their own, so that a test sees what it asks."""
    monkeypatch.setattr(durability, "ROUND_SECONDS", 3600.0)
    stopping = threading.Event()
    running: list[tuple[StateKeeper, threading.Thread]] = []

    def start(states: Mapping[str, durability.GetState]) -> StateKeeper:
        keeper = StateKeeper(tmp_path, lambda: states)
        thread = threading.Thread(target=keeper.run, args=(stopping.is_set,))
        thread.start()
        running.append((keeper, thread))
        return keeper

    yield start
    stopping.set()
    for keeper, thread in running:
        while thread.is_alive():
            keeper.write(["nothing"])
            thread.join(timeout=0.05)


def written(futures: list[Future[None]]) -> None:
    assert not wait(futures, timeout=WAIT_SECONDS).not_done


def test_what_is_waited_for_is_in_the_file(start: Start, tmp_path: Path) -> None:
    roles = {"one": 1}
    keeper = start({"iam": lambda _gently: json.dumps(roles)})
    for name in ("two", "three"):
        roles[name] = 2
        written(keeper.write(["iam"]))
        assert json.loads((tmp_path / "iam.json").read_text()) == roles
    assert [file.name for file in tmp_path.iterdir()] == ["iam.json"]


def test_a_state_that_changes_while_it_is_read_is_read_again(start: Start, tmp_path: Path) -> None:
    readings: Iterator[Any] = iter([RuntimeError("dictionary changed size"), '"whole"'])

    def state(_gently: bool) -> str:
        reading = next(readings)
        if isinstance(reading, Exception):
            raise reading
        return str(reading)

    written(start({"sqs": state}).write(["sqs"]))
    assert (tmp_path / "sqs.json").read_text() == '"whole"'


def test_a_state_that_cannot_be_written_is_told_and_holds_up_nobody(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "iam.json").write_text("before")
    (tmp_path / "iam.json.part").mkdir()
    keeper = start({"iam": lambda _gently: "after", "sns": lambda _gently: "after"})
    for _ in range(2):
        written(keeper.write(["iam", "sns"]))
    assert (tmp_path / "iam.json").read_text() == "before"
    assert (tmp_path / "sns.json").read_text() == "after"
    notes = [note for note in caplog.messages if "the state of iam cannot be written" in note]
    assert len(notes) == 1
    assert "a kill would lose it: IsADirectoryError" in notes[0]


def test_a_service_without_a_state_leaves_its_file_alone(start: Start, tmp_path: Path) -> None:
    (tmp_path / "mq.json").write_text("before")
    written(start({"mq": lambda _gently: None}).write(["mq"]))
    assert (tmp_path / "mq.json").read_text() == "before"


def test_a_request_whose_client_has_gone_does_not_stop_the_writing(
    start: Start, tmp_path: Path
) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def state(_gently: bool) -> str:
        entered.set()
        go_on.wait(WAIT_SECONDS)
        return "whole"

    keeper = start({"iam": state})
    futures = keeper.write(["iam"])
    assert entered.wait(WAIT_SECONDS)
    gone = keeper.write(["iam"])
    assert gone[0].cancel()
    go_on.set()
    written(futures)
    written(keeper.write(["iam"]))


def test_a_large_state_is_not_waited_for_and_written_gently(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durability, "PROMPT_SECONDS", -1.0)
    asked: Queue[bool] = Queue()

    def state(gently: bool) -> str:
        asked.put(gently)
        return "much"

    assert start({"logs": state}).write(["logs"]) == []
    assert asked.get(timeout=WAIT_SECONDS) is True


def test_gently_or_not_the_text_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    persistence = SimpleNamespace(_json_default=str, _state_format_version=lambda _key: 3)
    monkeypatch.setitem(sys.modules, "ministack.core", SimpleNamespace(persistence=persistence))
    texts = {
        durability._text("iam", lambda: {"a": [1, {"ö": Path("b")}]}, gently)
        for gently in (True, False)
    }
    assert len(texts) == 1
    assert json.loads(texts.pop() or "") == {
        "__ministack_format__": 3,
        "payload": {"a": [1, {"ö": "b"}]},
    }


def test_nobody_waits_for_a_keeper_that_has_ended(tmp_path: Path) -> None:
    keeper = StateKeeper(tmp_path, lambda: {"iam": lambda _gently: "state"})
    before = keeper.write(["iam"])
    keeper.run(lambda: True)
    written(before)
    assert keeper.write(["iam"]) == []


JSON = {"content-type": "application/x-amz-json-1.1"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("expected", "request_"),
    [
        (True, ("POST", {**JSON, "x-amz-target": "DynamoDB_20120810.PutItem"}, b"{}", {})),
        (False, ("POST", {**JSON, "x-amz-target": "DynamoDB_20120810.GetItem"}, b"{}", {})),
        (False, ("POST", {**JSON, "x-amz-target": "Logs_20140328.PutLogEvents"}, b"{}", {})),
        (True, ("POST", FORM, b"Action=CreateRole&Version=2010-05-08", {})),
        (False, ("POST", FORM, b"Action=ListRoles&Version=2010-05-08", {})),
        (True, ("GET", {}, b"", {"Action": ["SendMessage"]})),
        (True, ("POST", JSON, b"{}", {})),
        (False, ("GET", {}, b"", {})),
        (True, ("DELETE", {}, b"", {})),
    ],
)
def test_only_what_may_change_something_is_written(
    expected: bool, request_: tuple[str, dict[str, str], bytes, dict[str, Any]]
) -> None:
    assert may_change(*request_) is expected
