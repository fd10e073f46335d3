from typing import Any

import pytest
from treadle.appender.batch import Batch
from treadle.appender.items import AttemptItem, ClaimItem
from treadle.appender.types import AttemptEnd, AttemptEvent, ClaimRequest
from treadle.attempt.retry_decision import decide_retry
from treadle.net.address_policy import is_public_address
from treadle.net.retry_after import parse_retry_after, type_of_status

RUN: Any = {"id": "run_1", "tenant": "default", "createdAt": "2026-11-24T00:00:00.000Z"}

# Waits for no answer.
NOBODY: Any = None


def attempt(path="a", events=(), end=None, number=1):
    return AttemptItem(RUN, path, number, list(events), end, 10, NOBODY)


def text(ordinal, content, offset):
    return AttemptEvent(ordinal, "node.delta", {"text": content, "offset": offset})


@pytest.mark.parametrize(
    ("type", "retry", "failures", "after_ms", "delay_ms"),
    [
        ("overloaded", {}, 0, 0, 1000),
        ("overloaded", {}, 3, 0, 8000),
        ("overloaded", {}, 4, 0, None),
        ("overloaded", {"maxAttempts": 1}, 0, 0, None),
        ("rate_limited", {}, 0, 7000, 7000),
        ("rate_limited", {}, 0, 10**12, 86_400_000),
        ("invalid_request", {}, 0, 0, None),
        ("invalid_request", {"on": ["invalid_request"]}, 0, 0, 500),
        ("shop.closed", {"on": ["shop.closed"]}, 2, 0, None),
        ("cancelled", {"on": ["cancelled"]}, 0, 0, None),
        ("timeout", {"initialIntervalMs": 100_000}, 0, 0, 100_000),
        ("timeout", {"maxAttempts": 5000, "backoffCoefficient": 10.0}, 4000, 0, 30_000),
    ],
)
def test_a_failure_is_tried_again_as_the_table_and_the_author_say(type, retry, failures, after_ms, delay_ms):
    assert decide_retry({"type": type}, retry, failures, after_ms) == delay_ms


def test_a_batch_joins_the_texts_of_an_attempt_that_follow_on():
    batch = Batch()
    assert batch.add(attempt(events=[text(1, "Gr", 0)]))
    assert batch.add(attempt(events=[text(2, "üße😀", 2), text(3, "x", 6)]))
    assert batch.attempts[0].events == [text(3, "Grüße😀x", 0)]


def test_what_comes_after_an_end_waits_with_all_that_follows_for_its_path():
    batch = Batch()
    assert batch.add(attempt(end=AttemptEnd("node.completed", 1, "{}")))
    assert not batch.add(attempt(events=[text(1, "anew", 0)], number=2))
    assert not batch.add(ClaimItem(ClaimRequest(RUN, "a", "llm"), 10, NOBODY))
    assert batch.add(attempt(path="b"))


def test_overlapping_outboxes_are_sent_once():
    batch = Batch()
    first: Any
    second: Any
    first, second = {"n": 1, "type": "run.started", "data": {}}, {"n": 2, "type": "log", "data": {}}
    assert batch.add(ClaimItem(ClaimRequest(RUN, "a", "llm", [first]), 10, NOBODY))
    assert batch.add(ClaimItem(ClaimRequest(RUN, "b", "llm", [first, second]), 10, NOBODY))
    assert batch.runs[0].outbox == [first, second]


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("168.63.129.16", False),
        ("100.64.0.1", False),
        ("::ffff:8.8.8.8", False),
        ("64:ff9b::808:808", False),
        ("2002:7f00:1::", False),
        ("fd00:ec2::254", False),
        ("not an address", False),
    ],
)
def test_only_addresses_of_the_public_internet_are_public(address, is_public):
    assert is_public_address(address) is is_public


@pytest.mark.parametrize(
    ("header", "ms"),
    [
        ("7", 7000),
        (" 0.5 ", 500),
        ("Tue, 24 Nov 2026 04:01:30 GMT", 90_000),
        ("Tue, 24 Nov 2026 03:00:00 GMT", 0),
        ("soon", None),
        ("-3", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, ms):
    assert parse_retry_after(header, now_s=1795492800) == ms


@pytest.mark.parametrize(
    ("status", "type"),
    [
        (400, "invalid_request"),
        (403, "auth"),
        (408, "timeout"),
        (429, "rate_limited"),
        (500, "unavailable"),
        (529, "overloaded"),
    ],
)
def test_a_status_stands_for_a_type(status, type):
    assert type_of_status(status) == type
