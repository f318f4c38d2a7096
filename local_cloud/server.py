"""The local cloud's process: MiniStack with SageMaker added, in the foreground.

``python -m local_cloud.server`` reads its settings from LOCAL_CLOUD_SETTINGS (JSON), so
that MiniStack, which reads its own from the environment at import, finds them there.
"""

from __future__ import annotations

import fcntl
import functools
import json
import logging
import os
import shutil
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from local_cloud import managed_policies
from local_cloud.address import move_state
from local_cloud.environment import server_environment
from local_cloud.readiness import answers
from local_cloud.settings import LocalCloudSettings
from local_cloud.tls import ensure_certificate

if TYPE_CHECKING:
    from local_cloud.application_autoscaling.scaler import Scaler
    from local_cloud.sagemaker.credentials import LocalCredentials
    from local_cloud.sagemaker.opening import Opening
    from local_cloud.sagemaker.service import SageMakerService, Tasks
    from local_cloud.sagemaker.store import Store

SETTINGS_VARIABLE = "LOCAL_CLOUD_SETTINGS"
LOCK_FILE = "server.lock"
STOP_SECONDS = 30.0
POLL_SECONDS = 0.05

logger = logging.getLogger("local_cloud")


def settings_as_json(settings: LocalCloudSettings) -> str:
    return json.dumps(
        {
            "state_dir": str(settings.state_dir),
            "port": settings.port,
            "account_id": settings.account_id,
            "region": settings.region,
            "time_scale": settings.time_scale,
        }
    )


def settings_from_json(text: str) -> LocalCloudSettings:
    values = json.loads(text)
    return LocalCloudSettings(**{**values, "state_dir": Path(values["state_dir"])})


def run(settings: LocalCloudSettings) -> None:
    """Serve until SIGTERM. Must run in a process of its own: it sets the environment."""
    lock = hold_state(settings)
    ensure_certificate(settings)
    shutil.rmtree(settings.temporary_dir, ignore_errors=True)
    settings.temporary_dir.mkdir()
    # Before the first import of MiniStack, which reads it then.
    move_state(settings)
    os.environ.update(server_environment(settings))
    from local_cloud import ministack_bridge
    from local_cloud.ministack_bridge.objects import (
        mend_objects,
        refuse_objects_that_cannot_be_kept,
    )
    from local_cloud.sagemaker.opening import Opening
    from local_cloud.sagemaker.tasks import ThreadTasks

    mend_objects(settings.objects_dir)
    tasks = ThreadTasks()
    opening = Opening()
    service = add_sagemaker(settings, tasks, opening)

    scaler = add_autoscaling(service)
    add_instance_types(settings)

    refuse_objects_that_cannot_be_kept()
    keeper = ministack_bridge.keeper()
    ministack_bridge.answer_after_writing(keeper)

    def on_start() -> None:
        began = datetime.now(UTC)
        tasks.start("save state", lambda: keeper.run(lambda: tasks.stopping))
        tasks.start("scale", lambda: scale_when_serving(service, scaler))
        tasks.start("cloudwatch", lambda: watch_metrics(service))
        tasks.start("resume", lambda: resume_when_serving(service, opening, began))

    def on_stop() -> None:
        logger.info("stopping")
        tasks.stop(timeout_seconds=STOP_SECONDS)

    with lock:
        ministack_bridge.serve(
            host="127.0.0.1", port=settings.port, on_start=on_start, on_stop=on_stop
        )


def add_sagemaker(settings: LocalCloudSettings, tasks: Tasks, opening: Opening) -> SageMakerService:
    """Teach MiniStack SageMaker: its API, its resource types, what state machines may do."""
    from local_cloud import ministack_bridge
    from local_cloud.json_api.messages import Request, Response
    from local_cloud.ministack_bridge import cloudwatch as cloudwatch_bridge
    from local_cloud.ministack_bridge import principals
    from local_cloud.sagemaker import cloudformation, dispatch
    from local_cloud.sagemaker.credentials import LocalCredentials
    from local_cloud.sagemaker.events import BusEvents
    from local_cloud.sagemaker.service import SageMakerService

    def call(action: str, request: Request) -> Response:
        return dispatch.perform(service, action, request)

    credentials = LocalCredentials(settings)
    service = SageMakerService(
        settings=settings,
        store=open_store(settings),
        credentials=credentials,
        events=BusEvents(settings),
        tasks=tasks,
        call=call,
    )
    ministack_bridge.add_service(
        "sagemaker",
        opening.holding(dispatch.Dispatcher(service)),
        target_prefix=dispatch.TARGET_PREFIX,
        credential_scope="sagemaker",
    )
    cloudwatch_bridge.replace_evaluation()
    cloudwatch_bridge.name_described_alarms()
    ministack_bridge.name_lambda_errors()
    ministack_bridge.time_expressions_by_processor()
    principals.name_roles_of_sessions()
    ministack_bridge.tell_metric_namespaces()
    ministack_bridge.tell_source_account()
    ministack_bridge.add_managed_policies(managed_policies.documents())
    ministack_bridge.let_state_machines_act_as_their_roles(credentials.access_key_of_state_machine)
    for name, handlers in cloudformation.resource_types(call).items():
        ministack_bridge.add_resource_type(name, handlers)
    add_builds(service, credentials)
    add_schedules(service, credentials)
    return service


def open_store(settings: LocalCloudSettings) -> Store:
    """Raises SystemExit, which says what to do, where the file cannot be used."""
    from local_cloud.sagemaker.store import Store
    from local_cloud.sagemaker.store_schema import NewerStateError

    try:
        return Store(settings.database)
    except NewerStateError as error:
        raise SystemExit(f"{settings.database}: {error}") from error
    except sqlite3.Error as error:
        raise SystemExit(
            f"{settings.database} cannot be used: {error}. Make room where the disk is full; a "
            "file that is damaged has to go: move it away, or remove all state with "
            "`python -m local_cloud reset`."
        ) from error


def add_builds(service: SageMakerService, credentials: LocalCredentials) -> None:
    """Let CodeBuild run its builds, which MiniStack only records."""
    from local_cloud import ministack_bridge
    from local_cloud.builds.api import Builds
    from local_cloud.builds.ecr_answers import EcrAnswers
    from local_cloud.builds.service import BuildService

    settings = service.settings
    builds = BuildService(
        settings=settings,
        credentials=credentials,
        tasks=service.tasks,
        records=ministack_bridge.CodeBuildRecords(settings.account_id, settings.region),
    )
    ministack_bridge.wrap_service("codebuild", lambda others: Builds(builds, others))
    ministack_bridge.wrap_service("ecr", EcrAnswers)
    ministack_bridge.name_projects_of_builds()


def add_schedules(service: SageMakerService, credentials: LocalCredentials) -> None:
    """Let schedules fire in their time zone and under their role, and rules under theirs."""
    from local_cloud import ministack_bridge
    from local_cloud.event_scheduler import cloudformation
    from local_cloud.event_scheduler.api import Schedules
    from local_cloud.event_scheduler.runner import Runner
    from local_cloud.ministack_bridge import schedules

    settings = service.settings
    records = schedules.ScheduleRecords(settings.account_id, settings.region)
    runner = Runner(
        records=records,
        store=service.store,
        credentials=credentials,
        tasks=service.tasks,
        time_scale=settings.time_scale,
    )
    schedules.fire_schedules_by(runner.look)
    schedules.hold_rules_to_their_roles(settings.region)
    schedules.shorten_rates_of_rules(settings.time_scale)
    ministack_bridge.wrap_service("scheduler", lambda others: Schedules(settings, others))
    for name, handlers in cloudformation.resource_types(records).items():
        ministack_bridge.add_resource_type(name, handlers)


def add_autoscaling(service: SageMakerService) -> Scaler:
    """Teach MiniStack Application Auto Scaling; the answer scales once it is run."""
    from local_cloud import ministack_bridge
    from local_cloud.application_autoscaling import api, cloudformation
    from local_cloud.application_autoscaling.metrics import CloudWatchMetrics
    from local_cloud.application_autoscaling.scaler import Scaler
    from local_cloud.application_autoscaling.service import AutoscalingService
    from local_cloud.ministack_bridge.cloudwatch import CloudWatch

    autoscaling = AutoscalingService(
        settings=service.settings, store=service.store, sagemaker=service.call
    )
    handler = api.api(autoscaling)
    ministack_bridge.add_service(
        api.SERVICE,
        handler,
        target_prefix=api.TARGET_PREFIX,
        credential_scope=api.SERVICE,
        sdk_name=api.SDK_NAME,
        sdk_prefix="ApplicationAutoScaling",
    )
    for name, handlers in cloudformation.resource_types(handler).items():
        ministack_bridge.add_resource_type(name, handlers)
    cloudwatch = CloudWatch(service.settings.account_id, service.settings.region)
    return Scaler(autoscaling, CloudWatchMetrics(cloudwatch))


def add_instance_types(settings: LocalCloudSettings) -> None:
    """Teach MiniStack the quotas and the offerings of instance types."""
    from local_cloud import ministack_bridge
    from local_cloud.instance_type_offerings import InstanceTypeOfferings
    from local_cloud.service_quotas import api

    ministack_bridge.add_service(
        api.SERVICE,
        api.api(settings),
        target_prefix=api.TARGET_PREFIX,
        credential_scope=api.CREDENTIAL_SCOPE,
        sdk_name=api.SDK_NAME,
        sdk_prefix="ServiceQuotas",
    )
    ministack_bridge.wrap_service("ec2", lambda others: InstanceTypeOfferings(settings, others))


def scale_when_serving(service: SageMakerService, scaler: Scaler) -> None:
    if wait_until_serving(service.settings, service.tasks):
        scaler.run(service.tasks)


def watch_metrics(service: SageMakerService) -> None:
    """Collect the endpoints' metrics and evaluate the alarms until the local cloud stops."""
    from local_cloud.cloudwatch.watch import Watch
    from local_cloud.ministack_bridge.cloudwatch import CloudWatch
    from local_cloud.sagemaker.hosting import metrics

    cloudwatch = CloudWatch(service.settings.account_id, service.settings.region)
    collect = functools.partial(metrics.of(service).flush, cloudwatch.record)
    Watch(cloudwatch, [collect]).run(lambda: service.tasks.stopping)


def resume_when_serving(service: SageMakerService, opening: Opening, began: datetime) -> None:
    """Take up what the last stop interrupted, then open; a family that cannot holds up no other.

    ``began`` is a time before this server answered anything.
    """
    from local_cloud import ministack_bridge
    from local_cloud.sagemaker import dispatch

    if not wait_until_serving(service.settings, service.tasks):
        return
    for name in ministack_bridge.end_interrupted_stacks(began):
        logger.warning("stack %s has failed: the last stop interrupted it", name)
    for family in dispatch.FAMILIES:
        try:
            family.resume(service)
        except Exception:
            logger.exception("%s: what was interrupted stays so", family.__name__)
    opening.open()


def wait_until_serving(settings: LocalCloudSettings, tasks: Tasks) -> bool:
    """Block until this server answers; False where it stops before that."""
    while not tasks.stopping:
        if answers(settings):
            return True
        time.sleep(POLL_SECONDS)
    return False


def hold_state(settings: LocalCloudSettings) -> IO[str]:
    """Keep other servers off this state while the answered file is open.

    Raises SystemExit where another one has it: two would overwrite each other's.
    """
    lock = (settings.state_dir / LOCK_FILE).open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = lock.read()
        lock.close()
        raise SystemExit(
            f"the local cloud of process {owner} runs on {settings.state_dir} already: "
            "end that process first"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    run(settings_from_json(os.environ[SETTINGS_VARIABLE]))
