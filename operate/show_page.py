"""The command that fetches the page of a deployment that waits, with the evaluation beside it."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console

from contracts.deployment_approval import page_key
from operate.account import Account
from operate.errors import OperateError
from operate.waiting import choose, waiting_deployments


def show_page(
    account: Account,
    console: Console,
    *,
    environment: str,
    workload: str,
    version: str | None,
    folder: str,
) -> None:
    """Fetch the page into `folder`, print where it lies, and open it where a person looks on.

    Its keys become paths, so that its link to the evaluation's page leads there.

    Raises:
        OperateError: no deployment waits, or not that of `version`.
    """
    found = waiting_deployments(account, environment=environment, workload=workload)
    if not found:
        raise OperateError(
            f"no deployment of {workload} in {environment} waits for a person; packages that wait "
            "in the registry are shown by their evaluation alone"
        )
    chosen = choose(found, version=version, what=workload)
    s3, record = account.client("s3"), chosen.record
    key = page_key(workload, record.execution.rpartition(":")[2])
    page = _fetch(s3, chosen.bucket, key, Path(folder))
    if record.report_page:
        place = urlsplit(record.report_page)
        beside = place.path.lstrip("/").rpartition("/")[0] + "/"
        for name in _listed(s3, place.netloc, beside):
            _fetch(s3, place.netloc, name, Path(folder))
    console.print(f"version {record.version} waits until {record.ends_at}")
    console.print(page.resolve().as_uri())
    if sys.stdout.isatty():
        webbrowser.open(page.resolve().as_uri())


def _listed(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def _fetch(s3: Any, bucket: str, key: str, folder: Path) -> Path:
    target = folder / key
    # Keys are the writers' own; one that leads out of the folder is none of ours.
    if not target.resolve().is_relative_to(folder.resolve()):
        raise OperateError(f"s3://{bucket}/{key} would not lie in {folder}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return target
