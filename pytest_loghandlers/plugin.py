"""The lobby: one short door per fixture. Importing this file imports nothing of ours that is heavy.

A door imports its room when a test asks for it, opens it, and closes it when the test ends. ``_sections`` adds what
the room saw to the report of a test that failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .endpoints.record_endpoint import RecordEndpoint
    from .endpoints.smtp_endpoint import SmtpEndpoint
    from .endpoints.syslog_endpoint import SyslogEndpoint
    from .endpoints.webhook_endpoint import WebhookEndpoint
    from .observe.capture import CaptureHandler
    from .observe.sandbox import LoggingSandbox
    from .observe.spy import HandlerSpy
    from .stress.log_rotation import LogRotation
    from .stress.queue_saturation import QueueSaturation


@pytest.fixture
def logging_sandbox(request: pytest.FixtureRequest) -> Iterator[LoggingSandbox]:
    """Logging's whole global state, saved and restored; applies and explains configurations."""
    from ._caplog import caplog_served
    from ._sections import opened
    from .observe.sandbox import LoggingSandbox

    with caplog_served(request, restored=True):
        yield from opened(request, LoggingSandbox())


@pytest.fixture
def capture_handler(request: pytest.FixtureRequest) -> Iterator[CaptureHandler]:
    """A never-flushing BufferingHandler on the root logger: every record, in order."""
    from ._sections import opened
    from .observe.capture import CaptureHandler

    yield from opened(request, CaptureHandler())


@pytest.fixture
def handler_spy(request: pytest.FixtureRequest) -> Iterator[HandlerSpy]:
    """Watch real handlers: offered, filtered, emitted, failed, escaped, re-entered, flushed, closed."""
    from ._caplog import caplog_served
    from ._sections import opened
    from .observe.spy import HandlerSpy

    with caplog_served(request):
        yield from opened(request, HandlerSpy())


@pytest.fixture
def syslog_endpoint(request: pytest.FixtureRequest) -> Iterator[SyslogEndpoint]:
    """A fake syslog daemon on 127.0.0.1: UDP and TCP on one port; TLS and unix sockets when asked for."""
    from ._sections import opened
    from .endpoints.syslog_endpoint import SyslogEndpoint

    yield from opened(request, SyslogEndpoint())


@pytest.fixture
def smtp_endpoint(request: pytest.FixtureRequest) -> Iterator[SmtpEndpoint]:
    """A mail server on 127.0.0.1 that keeps every mail."""
    from ._sections import opened
    from .endpoints.smtp_endpoint import SmtpEndpoint

    yield from opened(request, SmtpEndpoint())


@pytest.fixture
def webhook_endpoint(request: pytest.FixtureRequest) -> Iterator[WebhookEndpoint]:
    """A stub HTTP endpoint on 127.0.0.1 that keeps every request and answers as it is told."""
    from ._sections import opened
    from .endpoints.webhook_endpoint import WebhookEndpoint

    yield from opened(request, WebhookEndpoint())


@pytest.fixture
def record_endpoint(request: pytest.FixtureRequest) -> Iterator[RecordEndpoint]:
    """A receiver of pickled records, UDP and TCP on one port of 127.0.0.1, that executes nothing."""
    from ._sections import opened
    from .endpoints.record_endpoint import RecordEndpoint

    yield from opened(request, RecordEndpoint())


@pytest.fixture
def queue_saturation(request: pytest.FixtureRequest) -> Iterator[QueueSaturation]:
    """Hold a queue's consumer, fill the queue, and see what happens to the records that do not fit."""
    from ._sections import opened
    from .stress.queue_saturation import QueueSaturation

    yield from opened(request, QueueSaturation())


@pytest.fixture
def log_rotation(request: pytest.FixtureRequest) -> Iterator[LogRotation]:
    """Do to a live log file what logrotate and friends do."""
    from ._sections import opened
    from .stress.log_rotation import LogRotation

    yield from opened(request, LogRotation())
