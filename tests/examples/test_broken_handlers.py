"""The example's suite notices when a handler is broken: each is broken on purpose, in a copy of the shop.

Those that do not disturb one another share a copy, because a session of pytest costs a second.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import pytest_loghandlers

PLUGIN = Path(pytest_loghandlers.__file__).parent
INSTALLED = any(point.value == "pytest_loghandlers.plugin" for point in entry_points(group="pytest11"))
SHOP = Path(__file__).parents[2] / "examples" / "shop"

CONFIG, QUEUE, WEBHOOK = "log_config.py", "queueing.py", "webhook.py"

#: What is broken: ``(round, file, old text, new text, the test that notices, the message it fails with)``.
BROKEN = {
    "console: wrong level": (
        1,
        CONFIG,
        '"logging.StreamHandler", "level": "INFO"',
        '"logging.StreamHandler", "level": "ERROR"',
        "test_routing.py::test_a_paid_order_is_logged_and_alarms_nobody",
        "handler_spy never saw 'charged 450 cents' emitted by 'console'",
    ),
    "console: not attached": (
        2,
        CONFIG,
        '"handlers": ["console", "file"',
        '"handlers": ["file"',
        "test_routing.py::test_a_paid_order_is_logged_and_alarms_nobody",
        "handler_spy never saw 'charged 450 cents' emitted by 'console'",
    ),
    "file: level dropped": (
        2,
        CONFIG,
        """RotatingFileHandler",
                "level": "INFO",""",
        """RotatingFileHandler",""",
        "test_routing.py::test_debug_stays_off_the_console_and_the_file",
        "handler_spy saw 'ada added 1 x tea' emitted by 'file' once, where it was not wanted",
    ),
    "file: keeps one backup": (
        2,
        CONFIG,
        '"backupCount": 5',
        '"backupCount": 1',
        "test_rotation.py::test_the_shops_own_rotation_loses_nothing",
        "log_rotation found * of 10 records lost",
    ),
    "audit: a plain FileHandler": (
        1,
        CONFIG,
        "logging.handlers.WatchedFileHandler",
        "logging.FileHandler",
        "test_rotation.py::test_the_audit_log_follows_its_file[rename_and_create]",
        "log_rotation saw FileHandler still write to audit.jsonl.1",
    ),
    "audit: mode w": (
        2,
        CONFIG,
        """"filename": log_dir / "audit.jsonl",
""",
        """"filename": log_dir / "audit.jsonl",
                "mode": "w",
""",
        "test_rotation.py::test_a_restart_loses_no_order",
        "log_rotation found 1 record lost",
    ),
    "audit: its logger propagates": (
        3,
        CONFIG,
        '"handlers": ["audit", "collector"], "propagate": False',
        '"handlers": ["audit", "collector"]',
        "test_routing.py::test_a_placed_order_is_one_line_of_the_audit_log_and_nothing_else",
        "handler_spy saw 'order placed' emitted by 'console' once, where it was not wanted",
    ),
    "trace: not flushed on an error": (
        1,
        CONFIG,
        '"flushLevel": logging.ERROR',
        '"flushLevel": logging.CRITICAL',
        "test_routing.py::test_an_error_brings_the_steps_that_led_to_it",
        "handler_spy never saw 'charging 450 cents to card 0002' emitted by 'trace_file'",
    ),
    "syslog: wrong facility": (
        1,
        CONFIG,
        '"facility": "local0"',
        '"facility": "user"',
        "test_syslog.py::test_a_declined_card_is_an_error_of_local0",
        "syslog_endpoint never received 'card 0002 declined' from facility local0",
    ),
    "syslog: no ident": (
        2,
        CONFIG,
        """".": {"ident": "shop: "},""",
        "",
        "test_syslog.py::test_a_declined_card_is_an_error_of_local0",
        "syslog_endpoint never received 'card 0002 declined' from facility local0",
    ),
    "syslog: wrong level": (
        3,
        CONFIG,
        """SysLogHandler",
                "level": "WARNING",""",
        """SysLogHandler",
                "level": "INFO",""",
        "test_syslog.py::test_daily_business_is_not_the_daemons",
        "syslog_endpoint received 'charged' once",
    ),
    "alerts: blocks when it is full": (
        2,
        QUEUE,
        "self.queue.put_nowait(record)",
        "self.queue.put(record)",
        "test_queue.py::test_a_full_queue_drops_and_counts_and_never_blocks",
        "queue_saturation saw DroppingQueueHandler drop no record, not 5",
    ),
    "alerts: unbounded": (
        3,
        QUEUE,
        "queue.Queue(capacity)",
        "queue.Queue()",
        "test_queue.py::test_a_full_queue_drops_and_counts_and_never_blocks",
        "queue_saturation saw DroppingQueueHandler drop no record, not 5",
    ),
    "alerts: drops in silence": (
        1,
        QUEUE,
        "            self.dropped += 1",
        "            pass",
        "test_queue.py::test_the_drops_are_told_when_logging_stops",
        "capture_handler never received 'alerts were lost: 1 dropped, 0 given up' from 'shop.queueing' at WARNING",
    ),
    "alerts: its listener ignores levels": (
        4,
        QUEUE,
        ", respect_handler_level=True",
        "",
        "test_alerts.py::test_an_error_is_not_mailed",
        "handler_spy saw 'declined' emitted by 'mail' once, where it was not wanted",
    ),
    "alerts: not stopped": (
        5,
        QUEUE,
        "        listener.stop()",
        "",
        "test_first_draft.py::test_the_mended_set_up_delivers_it",
        "webhook_endpoint never received 'out of tea'",
    ),
    "alerts: listener never started": (
        3,
        QUEUE,
        "        self.listener.start()",
        "",
        "test_alerts.py::test_an_error_is_posted_to_the_chat_room",
        "webhook_endpoint never received 'declined' by POST with json",
    ),
    "webhook: formatter dropped": (
        1,
        CONFIG,
        """                "formatter": "short",
                "url": webhook_url,""",
        """                "url": webhook_url,""",
        "test_alerts.py::test_an_error_is_posted_to_the_chat_room",
        "webhook_endpoint never received 'declined' by POST with json",
    ),
    "webhook: swallows errors": (
        2,
        WEBHOOK,
        "            self.handleError(record)",
        "            pass",
        "test_webhook.py::test_a_refused_connection_is_an_error",
        "handler_spy never saw handleError called for an error of class TransportError",
    ),
    "webhook: lets errors out": (
        5,
        WEBHOOK,
        "            self.handleError(record)",
        "            raise",
        "test_webhook.py::test_a_refused_connection_is_an_error",
        "httpx.ConnectError: ",
    ),
    "webhook: ignores the status": (
        1,
        WEBHOOK,
        "            response.raise_for_status()",
        "",
        "test_webhook.py::test_an_answer_that_is_not_2xx_is_an_error",
        "handler_spy never saw handleError called for an error of class HTTPStatusError",
    ),
    "webhook: feeds itself": (
        3,
        WEBHOOK,
        "        self.addFilter(not_from_the_http_client)",
        "",
        "test_webhook.py::test_it_does_not_feed_itself_with_everything_at_debug",
        "handler_spy saw 'webhook' feed itself: re-entered 4 times, then cut off 5 turns deep",
    ),
    "file: JSON formatter dropped": (
        1,
        CONFIG,
        """"formatter": "json",
                "filename": log_dir / "shop.jsonl",""",
        """"filename": log_dir / "shop.jsonl",""",
        "test_routing.py::test_the_file_is_json_and_keeps_the_traceback",
        "capture_handler never received a record at CRITICAL formatted",
    ),
    "mail: level dropped": (
        2,
        CONFIG,
        """                "level": "CRITICAL",
""",
        "",
        "test_alerts.py::test_an_error_is_not_mailed",
        "handler_spy saw 'declined' emitted by 'mail' once, where it was not wanted",
    ),
    "mail: to somebody else": (
        1,
        CONFIG,
        '"toaddrs": ["operators@example.com"]',
        '"toaddrs": ["ada@example.com"]',
        "test_alerts.py::test_a_disaster_is_mailed_to_the_operators",
        "smtp_endpoint never received 'payment gateway is down'",
    ),
    "mail: not attached": (
        5,
        CONFIG,
        '["webhook", "mail"]',
        '["webhook"]',
        "test_alerts.py::test_a_disaster_is_mailed_to_the_operators",
        "smtp_endpoint never received 'payment gateway is down'",
    ),
}


@pytest.fixture(scope="module")
def broken_shop(tmp_path_factory):
    """Return what the tests of a round say: ``{test: its failure}``."""
    said = {}

    def broken_shop(number):
        if number not in said:
            said[number] = run(tmp_path_factory.mktemp("shop"), [case for case in BROKEN.values() if case[0] == number])
        return said[number]

    return broken_shop


def run(copy, cases):
    shutil.copytree(SHOP, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for _, file, old, new, *_ in cases:
        source = copy / "shop" / file
        text = source.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        source.write_text(text.replace(old, new), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", "--junitxml=said.xml"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    if not INSTALLED:
        environment |= {"PYTEST_PLUGINS": f"{PLUGIN.name}.plugin", "PYTHONPATH": str(PLUGIN.parent)}
    tests = [f"tests/{case[4]}" for case in cases]
    ended = subprocess.run(
        [*command, *tests], cwd=copy, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return {
        test.get("name"): failure.get("message")
        for test in ET.parse(copy / "said.xml").iter("testcase")
        for failure in test.findall("failure")
    }


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_the_example_says_what_is_broken(broken_shop, case):
    number, *_, test, message = case
    said = broken_shop(number).get(test.rpartition("::")[2], "nothing: it passed")

    assert fnmatchcase(said.removeprefix("AssertionError: "), f"{message}*"), said
