"""Which daemons are compared, and what is said when they are not here."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_daemons.installed import FOLDER, Program, find, why_not


@pytest.fixture
def imposter(tmp_path):
    """A program that calls itself rsyslogd and has another version."""
    path = tmp_path / "rsyslogd"
    path.write_text("#!/bin/sh\necho 'rsyslogd  8.2504.0 (aka 2025.04) compiled with:'\n")
    path.chmod(0o755)
    return Program(path, None, {})


def test_a_daemon_that_is_not_here_is_missed_with_a_way_to_bring_it(monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    monkeypatch.setenv("PATH", "")

    assert find("a-daemon-that-nobody-has", "none.so") is None
    assert why_not("rsyslogd", None) == (
        "rsyslogd is not here: `bash .ci/unpack_daemons FOLDER` brings it, LOGHANDLERS_TEST_DAEMONS=FOLDER names it"
    )


def test_another_version_is_not_compared(imposter):
    assert why_not("rsyslogd", imposter) == "rsyslogd is 8.2504.0 here, and the profile imitates 8.2302"


def test_the_version_that_is_imitated_is_compared(rsyslog, syslog_ng):
    assert rsyslog.version == rsyslog.program.version
    assert why_not("rsyslogd", rsyslog.program) is None
    assert why_not("syslog-ng", syslog_ng.program) is None


def test_unpacked_daemons_are_found_before_the_systems(monkeypatch, tmp_path):
    for each in ("usr/sbin/rsyslogd", "usr/lib/somewhere/rsyslog/imudp.so", "usr/lib/somewhere/libestr.so.0"):
        tmp_path.joinpath(each).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(each).touch()
    monkeypatch.setenv(FOLDER, str(tmp_path))

    found = find("rsyslogd", "imudp.so")

    assert found is not None
    assert found.path == tmp_path / "usr/sbin/rsyslogd"
    assert found.modules == tmp_path / "usr/lib/somewhere/rsyslog"
    assert Path(found.environment["LD_LIBRARY_PATH"]) == tmp_path / "usr/lib/somewhere"
