"""The shop's logging, as in production."""

from __future__ import annotations

import atexit
import logging
import logging.config
from pathlib import Path
from typing import Any

from .queueing import DroppingQueueHandler


def logging_config(
    *,
    log_dir: str | Path,
    syslog_address: tuple[str, int] | str,
    webhook_url: str,
    mailhost: tuple[str, int],
    collector: tuple[str, int],
    level: str = "INFO",
) -> dict[str, Any]:
    """Return the dictConfig. ``level`` is the root logger's: how much is heard of the libraries."""
    log_dir = Path(log_dir)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "%(asctime)s %(levelname)-8s %(name)s: %(message)s"},
            "short": {"format": "%(name)s: %(message)s"},
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
            },
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "level": "INFO", "formatter": "line"},
            "file": {
                "class": "logging.handlers.RotatingFileHandler",
                "level": "INFO",
                "formatter": "json",
                "filename": log_dir / "shop.jsonl",
                "maxBytes": 1_000_000,
                "backupCount": 5,
                "encoding": "utf-8",
            },
            # logrotate's business: this handler only notices that the file has gone.
            "audit": {
                "class": "logging.handlers.WatchedFileHandler",
                "formatter": "json",
                "filename": log_dir / "audit.jsonl",
                "encoding": "utf-8",
            },
            # The same, on the way to the accountants' machine.
            "collector": {
                "class": "logging.handlers.SocketHandler",
                "host": collector[0],
                "port": collector[1],
            },
            # The steps that led to an error, down to DEBUG; kept in memory until there is one.
            "trace": {
                "class": "logging.handlers.MemoryHandler",
                "capacity": 1000,
                "flushLevel": logging.ERROR,
                "target": "trace_file",
            },
            "trace_file": {
                "class": "logging.FileHandler",
                "formatter": "line",
                "filename": log_dir / "trace.log",
                "encoding": "utf-8",
            },
            "syslog": {
                "class": "logging.handlers.SysLogHandler",
                "level": "WARNING",
                "formatter": "short",
                "address": syslog_address,
                "facility": "local0",
                ".": {"ident": "shop: "},
            },
            "alerts": {
                "()": "shop.queueing.DroppingQueueHandler",
                "level": "ERROR",
                "capacity": 100,
                "deliver_to": "shop.slow_sinks",
            },
            "webhook": {
                "()": "shop.webhook.WebhookHandler",
                "level": "ERROR",
                "formatter": "short",
                "url": webhook_url,
                "timeout": 2.0,
            },
            "mail": {
                "class": "logging.handlers.SMTPHandler",
                "level": "CRITICAL",
                "formatter": "line",
                "mailhost": mailhost,
                "fromaddr": "shop@example.com",
                "toaddrs": ["operators@example.com"],
                "subject": "The shop is in trouble",
                "timeout": 2.0,
            },
        },
        "loggers": {
            "shop": {"level": "DEBUG"},
            "shop.audit": {"level": "INFO", "handlers": ["audit", "collector"], "propagate": False},
            # Nobody logs here: these are the handlers behind the queue.
            "shop.slow_sinks": {"handlers": ["webhook", "mail"], "propagate": False},
        },
        "root": {"level": level, "handlers": ["console", "file", "trace", "syslog", "alerts"]},
    }


def setup_logging(config: dict[str, Any]) -> None:
    """Apply ``config`` and start what runs behind its queues. They are stopped when the process ends."""
    logging.config.dictConfig(config)
    for handler in _queue_handlers():
        handler.start()
    atexit.register(shutdown_logging)


def shutdown_logging() -> None:
    """Deliver what is still queued, and stop."""
    atexit.unregister(shutdown_logging)
    for handler in _queue_handlers():
        handler.stop()


def _queue_handlers() -> list[DroppingQueueHandler]:
    return [handler for handler in logging.getLogger().handlers if isinstance(handler, DroppingQueueHandler)]
