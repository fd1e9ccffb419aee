from __future__ import annotations

import logging
import sys

import pytest

from pytest_loghandlers.endpoints._smtp import silent
from pytest_loghandlers.endpoints._smtp.silent import SILENT, SMTP


def test_the_users_own_aiosmtpd_keeps_its_class_and_its_logger():
    import aiosmtpd.smtp

    assert aiosmtpd.smtp.SMTP is not SMTP
    assert aiosmtpd.smtp.log is logging.getLogger("mail.log")
    assert sys.modules[SMTP.__module__].log is SILENT


def test_the_silent_logger_is_in_nobodys_tree(everything_logged):
    logging.getLogger("mail.log").setLevel(1)
    SILENT.critical("x")
    logging.getLogger("mail.log").setLevel(0)

    assert everything_logged == []
    assert SILENT.parent is None
    assert SILENT not in logging.Logger.manager.loggerDict.values()


def test_an_aiosmtpd_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr(silent.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(ImportError) as failure:
        silent._copy_of_aiosmtpd()

    assert str(failure.value) == "aiosmtpd.smtp cannot be found; pytest-loghandlers requires aiosmtpd>=1.4.6"
