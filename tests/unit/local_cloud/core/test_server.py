from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local_cloud import ministack_bridge, server
from local_cloud.json_api.api import HttpAnswer
from local_cloud.sagemaker import dispatch, endpoints, training_jobs
from local_cloud.sagemaker.opening import Opening
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.settings import LocalCloudSettings
from tests.unit.local_cloud.sagemaker_doubles import make_service


def test_a_family_that_cannot_be_resumed_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    resumed: list[str] = []

    def broken(_service: SageMakerService) -> None:
        raise KeyError("a document of an older release")

    for family in dispatch.FAMILIES:
        name = family.__name__
        monkeypatch.setattr(family, "resume", lambda _service, name=name: resumed.append(name))
    monkeypatch.setattr(training_jobs, "resume", broken)
    monkeypatch.setattr(server, "wait_until_serving", lambda *_arguments: True)
    monkeypatch.setattr(ministack_bridge, "end_interrupted_stacks", lambda _began: [])
    service, _, _, _ = make_service(tmp_path)
    opening = Opening()

    async def held(*_request: object) -> HttpAnswer:
        return 200, {}, str(len(resumed)).encode()

    async def asked_at_once() -> HttpAnswer:
        # More than there are threads for: what is taken up may need one of those.
        asked = [asyncio.ensure_future(opening.holding(held)()) for _ in range(100)]
        await asyncio.sleep(0)
        await asyncio.to_thread(server.resume_when_serving, service, opening, datetime.now(UTC))
        return min(await asyncio.gather(*asked), key=lambda answer: int(answer[2]))

    _, _, resumed_before_the_answer = asyncio.run(asked_at_once())
    service.store.close()
    assert endpoints.__name__ in resumed
    assert len(resumed) == len(dispatch.FAMILIES) - 1 == int(resumed_before_the_answer)
    assert "an older release" in caplog.text


def test_settings_pass_from_the_starter_to_the_server_whole(tmp_path: Path) -> None:
    settings = LocalCloudSettings(state_dir=tmp_path / "größe 1", port=4711, region="eu-west-1")
    assert server.settings_from_json(server.settings_as_json(settings)) == settings


def test_a_state_is_held_by_one_server_at_a_time(tmp_path: Path) -> None:
    settings = LocalCloudSettings(state_dir=tmp_path)
    with server.hold_state(settings), pytest.raises(SystemExit, match="already"):
        server.hold_state(settings)
    server.hold_state(settings).close()
