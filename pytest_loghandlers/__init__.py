"""Test what logging handlers really do.

Each fixture of the plugin is also a class here, usable without pytest in a ``with`` block. What their methods return
(``SyslogMessage``, ``Mail``, ``SpyEvent``, ...) is here for annotations. A name is resolved, and the module behind it
imported, on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._base.errors import ArgumentError as ArgumentError
    from ._base.errors import ConfigurationError as ConfigurationError
    from ._base.errors import LeakError as LeakError
    from ._base.errors import LifetimeError as LifetimeError
    from ._base.errors import LogHandlersError as LogHandlersError
    from ._base.errors import MissingExtraError as MissingExtraError
    from ._base.errors import UnknownHandlerError as UnknownHandlerError
    from .endpoints._headers import Headers as Headers
    from .endpoints._records.backoff import BackoffClock as BackoffClock
    from .endpoints._records.numbering import Gaps as Gaps
    from .endpoints._records.received import ReceivedRecord as ReceivedRecord
    from .endpoints._records.stream import RecordConnection as RecordConnection
    from .endpoints._smtp.mail import Attachment as Attachment
    from .endpoints._smtp.mail import Mail as Mail
    from .endpoints._syslog.message import SyslogMessage as SyslogMessage
    from .endpoints._webhook.request import WebhookRequest as WebhookRequest
    from .endpoints._webhook.route import WebhookRoute as WebhookRoute
    from .endpoints.record_endpoint import RecordEndpoint as RecordEndpoint
    from .endpoints.smtp_endpoint import SmtpEndpoint as SmtpEndpoint
    from .endpoints.syslog_endpoint import SyslogEndpoint as SyslogEndpoint
    from .endpoints.webhook_endpoint import WebhookEndpoint as WebhookEndpoint
    from .observe._event import SpyError as SpyError
    from .observe._event import SpyEvent as SpyEvent
    from .observe.capture import CaptureHandler as CaptureHandler
    from .observe.route import Route as Route
    from .observe.sandbox import LoggingSandbox as LoggingSandbox
    from .observe.spy import HandlerSpy as HandlerSpy
    from .stress._queue_entry import QueuedRecord as QueuedRecord
    from .stress._rotation_audit import Audit as Audit
    from .stress._rotation_files import Generation as Generation
    from .stress._rotation_files import Rotation as Rotation
    from .stress.log_rotation import LogRotation as LogRotation
    from .stress.queue_saturation import QueueSaturation as QueueSaturation

_ROOMS = {
    "CaptureHandler": "observe.capture",
    "HandlerSpy": "observe.spy",
    "LogRotation": "stress.log_rotation",
    "LoggingSandbox": "observe.sandbox",
    "QueueSaturation": "stress.queue_saturation",
    "RecordEndpoint": "endpoints.record_endpoint",
    "SmtpEndpoint": "endpoints.smtp_endpoint",
    "SyslogEndpoint": "endpoints.syslog_endpoint",
    "WebhookEndpoint": "endpoints.webhook_endpoint",
    "Attachment": "endpoints._smtp.mail",
    "Audit": "stress._rotation_audit",
    "BackoffClock": "endpoints._records.backoff",
    "Gaps": "endpoints._records.numbering",
    "Generation": "stress._rotation_files",
    "Headers": "endpoints._headers",
    "Mail": "endpoints._smtp.mail",
    "QueuedRecord": "stress._queue_entry",
    "ReceivedRecord": "endpoints._records.received",
    "RecordConnection": "endpoints._records.stream",
    "Rotation": "stress._rotation_files",
    "Route": "observe.route",
    "SpyError": "observe._event",
    "SpyEvent": "observe._event",
    "SyslogMessage": "endpoints._syslog.message",
    "WebhookRequest": "endpoints._webhook.request",
    "WebhookRoute": "endpoints._webhook.route",
    "ArgumentError": "_base.errors",
    "ConfigurationError": "_base.errors",
    "LeakError": "_base.errors",
    "LifetimeError": "_base.errors",
    "LogHandlersError": "_base.errors",
    "MissingExtraError": "_base.errors",
    "UnknownHandlerError": "_base.errors",
}

__all__ = list(_ROOMS)


# No __dir__ beside it: freezegun and others walk what dir() tells of every module, and would so import every room,
# and asyncio with them, into a process that uses one.
def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_ROOMS[name]}", __name__), name)
    globals()[name] = value
    return value
