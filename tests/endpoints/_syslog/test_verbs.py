from __future__ import annotations

import inspect

import pytest

from pytest_loghandlers import SyslogEndpoint
from pytest_loghandlers.endpoints._syslog.vocabulary import VOCABULARY


def test_every_field_can_be_asked_for_in_the_negative_too():
    asked = set(inspect.signature(SyslogEndpoint.assert_not_received).parameters)

    assert set(VOCABULARY.fields) <= asked


@pytest.mark.parametrize("verb", ["wait_for", "assert_received"])
def test_a_count_gives_a_tuple(syslog, attach, logger, verb):
    attach(syslog)
    logger.error("disk full")

    assert getattr(syslog, verb)("disk full", count=1) == (getattr(syslog, verb)("disk full"),)
