"""A stranger's first tests: copied beside nothing else and run against what is installed."""

from __future__ import annotations

import importlib.util
import logging
import logging.config
import logging.handlers
import queue

import pytest

from pytest_loghandlers import MissingExtraError


def test_the_right_record_reaches_the_right_handler(logging_sandbox, capture_handler, handler_spy, tmp_path):
    logging_sandbox.configure(
        {
            "version": 1,
            "handlers": {
                "file": {"class": "logging.FileHandler", "filename": str(tmp_path / "a.log"), "level": "ERROR"}
            },
            "root": {"level": "INFO", "handlers": ["file"]},
        }
    )

    logging.getLogger("shop").error("card declined")
    logging.getLogger("shop").info("item added")

    capture_handler.assert_logged("item added")
    capture_handler.assert_logged("card declined", level="ERROR", logger="shop")
    assert (tmp_path / "a.log").read_text() == "card declined\n"


def test_syslog(syslog_endpoint):
    handler = logging.handlers.SysLogHandler(address=syslog_endpoint.address)
    try:
        handler.handle(logging.makeLogRecord({"msg": "disk full", "levelno": logging.ERROR, "levelname": "ERROR"}))
        message = syslog_endpoint.wait_for("disk full", timeout=5)
    finally:
        handler.close()
    assert message.severity == "err"


def test_smtp(smtp_endpoint):
    handler = logging.handlers.SMTPHandler(smtp_endpoint.address, "app@example.org", ["ops@example.org"], "it broke")
    handler.handle(logging.makeLogRecord({"msg": "disk full"}))
    smtp_endpoint.wait_for("disk full", timeout=5)


def test_webhook(webhook_endpoint):
    host, port = webhook_endpoint.address
    handler = logging.handlers.HTTPHandler(f"{host}:{port}", "/log", method="POST")
    handler.handle(logging.makeLogRecord({"msg": "disk full"}))
    webhook_endpoint.wait_for(timeout=5)


def test_records(record_endpoint):
    handler = logging.handlers.SocketHandler(*record_endpoint.address)
    try:
        handler.handle(logging.makeLogRecord({"msg": "disk full"}))
        record_endpoint.wait_for("disk full", timeout=5)
    finally:
        handler.close()


def test_tls(webhook_endpoint):
    if importlib.util.find_spec("trustme") is None:
        with pytest.raises(MissingExtraError, match=r"pip install .?pytest-loghandlers\[tls\]"):
            webhook_endpoint.client_context()
    else:
        assert webhook_endpoint.https_url.startswith("https://127.0.0.1:")
        assert webhook_endpoint.client_context().check_hostname


def test_a_full_queue(queue_saturation):
    handler = logging.handlers.QueueHandler(queue.Queue(3))
    queue_saturation.hold(handler)

    assert queue_saturation.fill() == 3


def test_rotation(log_rotation, tmp_path):
    handler = logging.handlers.WatchedFileHandler(tmp_path / "app.log")
    try:
        log_rotation.rename_and_create(tmp_path / "app.log")
        handler.handle(logging.makeLogRecord({"msg": "after"}))
        log_rotation.assert_reopened(handler)
    finally:
        handler.close()
