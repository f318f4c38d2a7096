"""Steady load on an endpoint, from a process of its own.

    python -m tests.deployment_drill.load --endpoint NAME --rate 30 --answers FILE

Requests are sent at times that are fixed beforehand (open loop), and a latency is counted from
that time: an endpoint that makes requests wait cannot thin out its own load. A request is sent
once; what a client would try again is a failure here. Ends at the end of standard input, and
writes one line of JSON a request (`answers.Answer`). What points at the cloud is in the
environment, as for every client of AWS.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.deployment_drill.answers import Answer
from tests.deployment_drill.rows import CLASSES, ROWS

THREADS = 48
ANSWER_SECONDS = 65
_MODEL = re.compile(r"model[= ]([^ ,;]+)")


class Load:
    """Sends requests until told to stop."""

    def __init__(self, runtime: Any, *, endpoint: str, rate: float, answers: TextIO) -> None:
        self._runtime = runtime
        self._endpoint = endpoint
        self._rate = rate
        self._answers = answers
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._begin = time.time() + 0.5

    def run(self) -> None:
        """Until `stop`, and until what was sent is answered."""
        threads = [threading.Thread(target=self._send_all) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def stop(self) -> None:
        self._stopped.set()

    def _send_all(self) -> None:
        while not self._stopped.is_set():
            with self._lock:
                number = next(self._numbers)
            due = self._begin + number / self._rate
            if self._stopped.wait(max(0.0, due - time.time())):
                return
            answer = self._send(number, due)
            with self._lock:
                self._answers.write(json.dumps(asdict(answer)) + "\n")
                self._answers.flush()

    def _send(self, number: int, due: float) -> Answer:
        row = ROWS[number % len(ROWS)]
        model, failure, right = "", "", False
        try:
            answer = self._runtime.invoke_endpoint(
                EndpointName=self._endpoint, ContentType="text/csv", Accept="text/csv", Body=row
            )
            probabilities = json.loads(answer["Body"].read())
            right = probabilities.index(max(probabilities)) == number % len(CLASSES)
            model = _named(answer.get("CustomAttributes", ""))
        except ClientError as error:
            failure = error.response["Error"]["Code"]
            model = _named(error.response.get("OriginalMessage", ""))
        except (BotoCoreError, OSError, ValueError) as error:
            failure = type(error).__name__
        return Answer(due=due, seconds=time.time() - due, model=model, failure=failure, right=right)


def _named(text: str) -> str:
    found = _MODEL.search(text)
    return found[1] if found else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--rate", type=float, required=True, help="requests a second")
    parser.add_argument("--answers", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config(
        retries={"total_max_attempts": 1},
        max_pool_connections=THREADS,
        read_timeout=ANSWER_SECONDS,
        proxies={},
    )
    with arguments.answers.open("w") as answers:
        load = Load(
            boto3.client("sagemaker-runtime", config=config),
            endpoint=arguments.endpoint,
            rate=arguments.rate,
            answers=answers,
        )
        running = threading.Thread(target=load.run)
        running.start()
        sys.stdin.read()
        load.stop()
        running.join()


if __name__ == "__main__":
    main()
