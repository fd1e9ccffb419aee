"""The example's suite notices when a handler is broken: each is broken on purpose, in a copy of the shop."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

SHOP = Path(__file__).parents[2] / "examples" / "shop"


@pytest.fixture
def break_shop(pytester):
    """Copy the shop, change one place in its source, and run some of its tests."""

    def break_shop(file, old, new, *tests):
        copy = pytester.path / "shop"
        shutil.copytree(SHOP, copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        source = copy / "shop" / file
        text = source.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        source.write_text(text.replace(old, new), encoding="utf-8")
        return pytester.runpytest_subprocess(
            "-p", "no:cacheprovider", "-p", "no:randomly", *(str(copy / "tests" / test) for test in tests)
        )

    return break_shop


CONFIG, QUEUE, WEBHOOK = "log_config.py", "queueing.py", "webhook.py"

BROKEN = {
    "console: wrong level": (
        CONFIG,
        '"logging.StreamHandler", "level": "INFO"',
        '"logging.StreamHandler", "level": "ERROR"',
        "test_routing.py::test_a_paid_order_is_logged_and_alarms_nobody",
        "handler_spy never saw 'charged 450 cents' emitted by 'console'",
    ),
    "console: not attached": (
        CONFIG,
        '"handlers": ["console", "file"',
        '"handlers": ["file"',
        "test_routing.py::test_a_paid_order_is_logged_and_alarms_nobody",
        "handler_spy never saw 'charged 450 cents' emitted by 'console'",
    ),
    "file: level dropped": (
        CONFIG,
        """RotatingFileHandler",
                "level": "INFO",""",
        """RotatingFileHandler",""",
        "test_routing.py::test_debug_stays_off_the_console_and_the_file",
        "handler_spy saw 'ada added 1 x tea' emitted by 'file' once, where it was not wanted",
    ),
    "file: keeps one backup": (
        CONFIG,
        '"backupCount": 5',
        '"backupCount": 1',
        "test_rotation.py::test_the_shops_own_rotation_loses_nothing",
        "log_rotation found * of 10 records lost",
    ),
    "audit: a plain FileHandler": (
        CONFIG,
        "logging.handlers.WatchedFileHandler",
        "logging.FileHandler",
        "test_rotation.py::test_the_audit_log_follows_its_file[rename_and_create]",
        "log_rotation saw FileHandler still write to audit.jsonl.1",
    ),
    "audit: mode w": (
        CONFIG,
        """"filename": log_dir / "audit.jsonl",
""",
        """"filename": log_dir / "audit.jsonl",
                "mode": "w",
""",
        "test_rotation.py::test_a_restart_loses_no_order",
        "log_rotation found 1 of 1 record lost",
    ),
    "audit: its logger propagates": (
        CONFIG,
        '"handlers": ["audit"], "propagate": False',
        '"handlers": ["audit"]',
        "test_routing.py::test_a_placed_order_is_one_line_of_the_audit_log_and_nothing_else",
        "handler_spy saw 'order placed' emitted by 'console' once, where it was not wanted",
    ),
    "trace: not flushed on an error": (
        CONFIG,
        '"flushLevel": logging.ERROR',
        '"flushLevel": logging.CRITICAL',
        "test_routing.py::test_an_error_brings_the_steps_that_led_to_it",
        "handler_spy never saw 'charging 450 cents to card 0002' emitted by 'trace_file'",
    ),
    "syslog: wrong facility": (
        CONFIG,
        '"facility": "local0"',
        '"facility": "user"',
        "test_syslog.py::test_a_declined_card_is_an_error_of_local0",
        "syslog_endpoint never received 'card 0002 declined' from facility local0",
    ),
    "syslog: no ident": (
        CONFIG,
        """".": {"ident": "shop: "},""",
        "",
        "test_syslog.py::test_a_declined_card_is_an_error_of_local0",
        "syslog_endpoint never received 'card 0002 declined' from facility local0",
    ),
    "syslog: wrong level": (
        CONFIG,
        """SysLogHandler",
                "level": "WARNING",""",
        """SysLogHandler",
                "level": "INFO",""",
        "test_syslog.py::test_daily_business_is_not_the_daemons",
        "syslog_endpoint received 'charged' once",
    ),
    "alerts: blocks when it is full": (
        QUEUE,
        "self.queue.put_nowait(record)",
        "self.queue.put(record)",
        "test_queue.py::test_a_full_queue_drops_and_counts_and_never_blocks",
        "queue_saturation saw DroppingQueueHandler drop no record, not 5",
    ),
    "alerts: unbounded": (
        QUEUE,
        "queue.Queue(capacity)",
        "queue.Queue()",
        "test_queue.py::test_a_full_queue_drops_and_counts_and_never_blocks",
        "queue_saturation saw DroppingQueueHandler drop no record, not 5",
    ),
    "alerts: drops in silence": (
        QUEUE,
        "            self.dropped += 1",
        "            pass",
        "test_queue.py::test_the_drops_are_told_when_logging_stops",
        "capture_handler never received 'alerts were lost: 1 dropped, 0 given up' from 'shop.queueing' at WARNING",
    ),
    "alerts: its listener ignores levels": (
        QUEUE,
        ", respect_handler_level=True",
        "",
        "test_alerts.py::test_an_error_is_not_mailed",
        "handler_spy saw 'declined' emitted by 'mail' once, where it was not wanted",
    ),
    "alerts: not stopped": (
        QUEUE,
        "        listener.stop()",
        "",
        "test_first_draft.py::test_the_mended_set_up_delivers_it",
        "webhook_endpoint never received 'out of tea'",
    ),
    "alerts: listener never started": (
        QUEUE,
        "        self.listener.start()",
        "",
        "test_alerts.py::test_an_error_is_posted_to_the_chat_room",
        "webhook_endpoint never received 'declined' by POST with json",
    ),
    "webhook: formatter dropped": (
        CONFIG,
        """                "formatter": "short",
                "url": webhook_url,""",
        """                "url": webhook_url,""",
        "test_alerts.py::test_an_error_is_posted_to_the_chat_room",
        "webhook_endpoint never received 'declined' by POST with json",
    ),
    "webhook: swallows errors": (
        WEBHOOK,
        "            self.handleError(record)",
        "            pass",
        "test_webhook.py::test_a_refused_connection_is_an_error",
        "handler_spy never saw handleError called for an error of class TransportError",
    ),
    "webhook: ignores the status": (
        WEBHOOK,
        "            response.raise_for_status()",
        "",
        "test_webhook.py::test_an_answer_that_is_not_2xx_is_an_error",
        "handler_spy never saw handleError called for an error of class HTTPStatusError",
    ),
    "webhook: feeds itself": (
        WEBHOOK,
        "        self.addFilter(not_from_the_http_client)",
        "",
        "test_webhook.py::test_it_does_not_feed_itself_with_everything_at_debug",
        "handler_spy saw 'webhook' feed itself: re-entered 4 times, then cut off 5 turns deep",
    ),
    "file: JSON formatter dropped": (
        CONFIG,
        """"formatter": "json",
                "filename": log_dir / "shop.jsonl",""",
        """"filename": log_dir / "shop.jsonl",""",
        "test_routing.py::test_the_file_is_json_and_keeps_the_traceback",
        "capture_handler never received a record at CRITICAL formatted",
    ),
    "mail: level dropped": (
        CONFIG,
        """                "level": "CRITICAL",
""",
        "",
        "test_alerts.py::test_an_error_is_not_mailed",
        "handler_spy saw 'declined' emitted by 'mail' once, where it was not wanted",
    ),
    "mail: to somebody else": (
        CONFIG,
        '"toaddrs": ["operators@example.com"]',
        '"toaddrs": ["ada@example.com"]',
        "test_alerts.py::test_a_disaster_is_mailed_to_the_operators",
        "smtp_endpoint never received 'payment gateway is down'",
    ),
    "mail: not attached": (
        CONFIG,
        '["webhook", "mail"]',
        '["webhook"]',
        "test_alerts.py::test_a_disaster_is_mailed_to_the_operators",
        "smtp_endpoint never received 'payment gateway is down'",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "test", "message"), BROKEN.values(), ids=BROKEN)
def test_the_example_says_what_is_broken(break_shop, file, old, new, test, message):
    result = break_shop(file, old, new, test)

    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines([f"E  *AssertionError: {message}*"])


def test_an_error_that_leaves_the_webhook_handler_is_seen_in_the_report(break_shop):
    result = break_shop(
        WEBHOOK, "self.handleError(record)", "raise", "test_webhook.py::test_a_refused_connection_is_an_error"
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*handler_spy saw*", "*escaped*webhook*ConnectError*"])
