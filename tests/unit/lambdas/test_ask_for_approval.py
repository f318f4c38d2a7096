"""A person is asked on a page, by a notice, and is answered for by a record."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from contracts.deployment_approval import ApprovalRecord
from tests.unit.lambdas.approval_doubles import EXECUTION, NEW, OLD, PAGE, RECORD, Asking


class Seen(HTMLParser):
    """What a reader sees of a page, cell by cell, and what it would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.loads: list[str] = []
        self.links: list[str] = []
        self._hidden = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("style", "script")
        given = dict(attrs)
        self.loads += [str(given[name]) for name in ("src", "srcset") if name in given]
        if tag in ("link", "script"):
            self.loads.append(tag)
        if tag == "a":
            self.links.append(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._hidden:
            self.texts.append(data.strip())

    def after(self, text: str, count: int) -> list[str]:
        """The `count` texts that come after one."""
        at = self.texts.index(text) + 1
        return self.texts[at : at + count]


@pytest.fixture
def asking(s3: Any, bucket: str) -> Asking:
    found = Asking(s3, bucket)
    found.let_serve(accuracy=0.5)
    found.write_report()
    return found


def page(asking: Asking) -> Seen:
    asking.ask()
    return Seen(asking.text(PAGE))


def test_the_figures_stand_beside_those_of_what_serves_on_the_same_rows(asking: Asking) -> None:
    seen = page(asking)

    assert seen.after("accuracy", 4) == ["0.9612", "0.012", "0.94", "+0.021"]
    assert seen.after("log_loss", 4) == ["0.2734", "-", "0.21", "+0.063"]
    assert seen.after("macro_f1", 4) == ["0.9588", "0.013", "-", "-"]
    assert any("version 3, on the same held-out rows" in text for text in seen.texts)


def test_better_and_worse_are_told_apart_whichever_way_a_metric_counts(asking: Asking) -> None:
    asking.ask()

    written = asking.text(PAGE)
    assert '<td class="better">+0.021</td>' in written
    assert '<td class="worse">+0.063</td>' in written


def test_without_a_comparison_on_the_same_rows_the_champion_s_own_figures_stand_there(
    asking: Asking,
) -> None:
    asking.write_report(champion=f"{OLD[:-1]}2")

    seen = page(asking)

    assert seen.after("accuracy", 4) == ["0.9612", "0.012", "0.5", "+0.46"]
    assert any("version 3, on the held-out rows of its own time" in text for text in seen.texts)


def test_the_first_deployment_has_no_champion_beside_it(asking: Asking) -> None:
    asking.ssm.values.clear()
    asking.write_report(champion=None)
    asking.plan.update(endpoint_exists=False, previous_config=None)

    seen = page(asking)

    assert seen.after("accuracy", 3) == ["0.9612", "0.012", "log_loss"]
    assert "nothing that has proved itself" in seen.texts
    assert any("The endpoint is made" in text for text in seen.texts)


def test_what_changes_is_said_of_model_configuration_instances_and_strategy(
    asking: Asking,
) -> None:
    seen = page(asking)

    assert seen.after("model", 2) == ["version 3 since 2026-11-01T09:30:00Z", "version 4"]
    assert seen.after("configuration", 2) == [
        "rookery-test-birds-v3-0a1b2c3d",
        "rookery-test-birds-v4-4e5f6a7b",
    ]
    assert seen.after("instances", 2) == [
        "those of that configuration",
        "AllTraffic: 3 x ml.c6i.xlarge",
    ]
    assert (
        "canary: 34 % of the instances get requests first, after 300 s all do; the old instances "
        "are kept 600 s longer." in seen.texts
    )


def test_the_lineage_is_there_with_what_it_was_promoted_from_first(asking: Asking) -> None:
    seen = page(asking)

    assert seen.after("model package", 1) == [NEW]
    assert seen.after("dataset version", 1) == ["d" * 64]
    promoted, tuned = seen.texts.index("promoted from"), seen.texts.index("tuning job")
    assert promoted < tuned


def test_the_page_says_how_to_decide_and_until_when(asking: Asking) -> None:
    seen = page(asking)

    place = "ENV=test WORKLOAD=birds VERSION=4"
    assert f'make approve {place} REASON="…"' in seen.texts
    assert f'make reject {place} REASON="…"' in seen.texts
    assert "2026-11-22 11:37 UTC" in seen.texts
    assert EXECUTION in seen.texts


def test_the_page_loads_nothing_and_links_to_the_evaluation_beside_it(asking: Asking) -> None:
    seen = page(asking)

    assert seen.loads == []
    assert seen.links == ["../../run/evaluation/evaluation.html"]
    written = asking.text(PAGE)
    assert "default-src 'none'" in written
    assert re.search(r"https?://(?!www\.w3\.org)", written) is None


def test_a_page_of_the_evaluation_that_is_not_there_is_not_linked(asking: Asking) -> None:
    asking.s3.delete_object(Bucket=asking.bucket, Key="birds/run/evaluation/evaluation.html")

    assert page(asking).links == []


@pytest.mark.parametrize("content", [None, "no report"])
def test_a_report_that_cannot_be_read_stops_nobody_from_deciding(
    asking: Asking, content: str | None
) -> None:
    key = "birds/run/evaluation/evaluation.json"
    asking.s3.delete_object(Bucket=asking.bucket, Key=key)
    if content:
        asking.put(key, content)

    seen = page(asking)

    assert any("cannot be read" in text for text in seen.texts)
    assert asking.topic.told


def test_what_a_package_says_cannot_change_the_page(asking: Asking) -> None:
    metadata = asking.sagemaker.packages[NEW]["CustomerMetadataProperties"]
    metadata["git_commit"] = "<script>alert(1)</script>"

    seen = page(asking)

    assert "script" not in seen.loads
    assert "<script>alert(1)</script>" in seen.texts


def test_the_record_has_the_token_and_nobody_s_decision_yet(asking: Asking) -> None:
    asking.ask()

    record = ApprovalRecord.parse(asking.text(RECORD))
    assert (record.execution, record.token, record.version) == (EXECUTION, "token", 4)
    assert (record.asked_at, record.ends_at) == (
        "2026-11-21T11:37:53+00:00",
        "2026-11-22T11:37:53+00:00",
    )
    assert (record.decision, record.decided_by) == ("", "")


def test_the_notice_says_how_to_look_and_how_to_decide(asking: Asking) -> None:
    asking.ask()

    (notice,) = asking.topic.told
    assert notice["Subject"] == "Decide: version 4 of birds"
    message = notice["Message"]
    assert "make approval-page ENV=test WORKLOAD=birds" in message
    assert f"aws s3 presign s3://{asking.bucket}/{PAGE}" in message
    assert 'make approve ENV=test WORKLOAD=birds VERSION=4 REASON="..."' in message
    assert 'make reject ENV=test WORKLOAD=birds VERSION=4 REASON="..."' in message
    assert "accuracy: 0.9612 (champion 0.94)" in message
    assert "until 2026-11-22 11:37 UTC" in message
    assert "token" not in message.split()


def test_asking_again_asks_with_the_new_token(asking: Asking) -> None:
    asking.ask()
    asking.ask()

    assert ApprovalRecord.parse(asking.text(RECORD)).token == "token"
    assert len(asking.topic.told) == 2
