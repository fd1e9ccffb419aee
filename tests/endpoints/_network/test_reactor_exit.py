from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import pytest_loghandlers

SCRIPT = """
import logging.handlers
from pytest_loghandlers import SmtpEndpoint, WebhookEndpoint

endpoint = {endpoint}().start()
target = logging.handlers.{handler}
handler = logging.handlers.MemoryHandler(100, target=target)
logging.getLogger().addHandler(handler)
logging.warning("flushed by logging.shutdown")
"""
CASES = {
    "WebhookEndpoint": 'HTTPHandler("%s:%d" % endpoint.address, "/")',
    "SmtpEndpoint": 'SMTPHandler(endpoint.address, "a@x.test", "b@x.test", "s", timeout=60)',
}


@pytest.mark.parametrize(("endpoint", "handler"), CASES.items(), ids=CASES)
def test_a_process_ends_though_a_handler_has_something_left_for_an_endpoint_that_nobody_stopped(endpoint, handler):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(endpoint=endpoint, handler=handler)],
        cwd=Path(pytest_loghandlers.__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
