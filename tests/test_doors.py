"""The rooms as a test suite meets them: through their doors, in ``with`` blocks, and without pytest."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import pytest_loghandlers
from pytest_loghandlers._base.lifetime import Lifetime

#: For each fixture: a use that leaves something to report.
USES = {
    "capture_handler": "logging.getLogger('shop').warning('disk full')",
    "logging_sandbox": """
        room.configure({'version': 1, 'disable_existing_loggers': False})
        logging.getLogger('shop').error('disk full')
    """,
    "handler_spy": """
        handler = logging.StreamHandler()
        handler.name = 'console'
        room.watch(handler)
        handler.handle(logging.makeLogRecord({'msg': 'disk full'}))
    """,
    "syslog_endpoint": """
        with socket.create_connection(room.address) as sender:
            sender.sendall(b'<11>disk full\\x00')
        room.wait_for('disk full', timeout=10)
    """,
    "smtp_endpoint": """
        with smtplib.SMTP(*room.address) as sender:
            sender.sendmail('a@b.example', ['c@d.example'], 'Subject: x\\n\\ndisk full')
        room.wait_for('disk full', timeout=10)
    """,
    "webhook_endpoint": """
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(room.url, b'disk full', timeout=10):
            pass
    """,
    "record_endpoint": """
        sender = logging.handlers.SocketHandler(*room.address)
        sender.handle(logging.makeLogRecord({'msg': 'disk full'}))
        sender.close()
        room.wait_for('disk full', timeout=10)
    """,
    "queue_saturation": """
        room.hold(logging.handlers.QueueHandler(queue.Queue(3)))
        room.fill()
        room.release()
    """,
    "log_rotation": """
        path = tmp_path / 'shop.log'
        path.write_text('disk full')
        room.rename_and_create(path)
    """,
}
#: What a room must refuse when it is not open.
REFUSED = {
    "capture_handler": "room.assert_logged('disk full')",
    "logging_sandbox": "room.configure({})",
    "handler_spy": "room.watch(logging.NullHandler())",
    "syslog_endpoint": "room.received",
    "smtp_endpoint": "room.address",
    "webhook_endpoint": "room.url",
    "record_endpoint": "room.received",
    "queue_saturation": "room.fill()",
    "log_rotation": "room.delete('shop.log')",
}
#: ``{fixture: class}``, by the rule of the names.
ROOMS = {name: "".join(word.title() for word in name.split("_")) for name in USES}
IMPORTS = """
import logging, logging.handlers, pathlib, queue, smtplib, socket, sys, tempfile, unittest, urllib.request
import pytest_loghandlers
"""


def use(name, indent):
    return textwrap.indent(textwrap.dedent(USES[name]).strip(), indent)


def file_of_tests(names, verdict="pass"):
    """Return a test file with a test for each fixture."""
    return IMPORTS + "".join(
        f"\ndef test_{name}({name}, tmp_path):\n    room = {name}\n{use(name, '    ')}\n    {verdict}\n"
        for name in names
    )


def with_block(name, indent=""):
    return (
        f"{indent}tmp_path = pathlib.Path(tempfile.mkdtemp())\n"
        f"{indent}with pytest_loghandlers.{ROOMS[name]}() as room:\n{use(name, indent + '    ')}\n"
    )


@pytest.fixture
def run(pytester):
    def run(source, *arguments, subprocess=False):
        pytester.makepyfile(source)
        arguments = ("-p", "no:randomly", "-p", "no:cacheprovider", *arguments)
        return pytester.runpytest_subprocess(*arguments) if subprocess else pytester.runpytest(*arguments)

    return run


def test_every_room_is_used_here():
    public = [getattr(pytest_loghandlers, name) for name in pytest_loghandlers.__all__]

    assert {value.__name__ for value in public if issubclass(value, Lifetime)} == set(ROOMS.values())
    assert set(REFUSED) == set(ROOMS)


@pytest.mark.parametrize(
    "arguments",
    [(), ("-p", "no:logging"), ("--assert=plain",), ("-n", "1"), ("-W", "error")],
    ids=["plain", "without pytest's logging", "plain asserts", "xdist", "warnings are errors"],
)
def test_every_room_works_and_a_passing_test_shows_nothing_of_it(run, arguments):
    result = run(file_of_tests(ROOMS), "-rA", *arguments, subprocess=True)

    result.assert_outcomes(passed=len(ROOMS))
    result.stdout.no_re_match_line("-+ .* saw -+")


@pytest.mark.parametrize("name", ROOMS)
def test_a_failed_test_shows_what_the_room_saw(run, name):
    result = run(file_of_tests([name], verdict="assert not 'well'"))

    result.assert_outcomes(failed=1)
    lines = result.outlines
    title = next(i for i, line in enumerate(lines) if re.fullmatch(f"-+ {name} saw -+", line))
    section = lines[title + 1 : next(i for i in range(title + 1, len(lines)) if re.match("[-=]{9}", lines[i]))]
    assert 1 <= len(section) <= 60
    assert "cannot be shown" not in section[0]
    assert any(re.search("disk full|shop.log|queue|record|1 emitted", line) for line in section), section


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_used_after_its_test_says_so(run, name):
    result = run(
        f"""
        import logging
        import pytest
        from pytest_loghandlers import LifetimeError

        kept = []

        def test_first({name}):
            kept.append({name})

        def test_second():
            room = kept[0]
            with pytest.raises(LifetimeError) as caught:
                {REFUSED[name]}
            assert str(caught.value) == (
                "this {name} has been stopped: it was used after its test (or its with block) had ended"
            )
        """
    )

    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_before_its_start_says_so(name):
    room = getattr(pytest_loghandlers, ROOMS[name])()

    with pytest.raises(pytest_loghandlers.LifetimeError) as caught:
        eval(REFUSED[name], {"room": room, "logging": __import__("logging")})

    assert str(caught.value) == (f"this {name} has not been started: use the fixture, or `with {ROOMS[name]}() as ...`")


def test_a_module_wide_fixture_cannot_keep_a_room(run):
    result = run(
        """
        import pytest

        @pytest.fixture(scope="module")
        def shop(capture_handler):
            yield

        def test_it(shop):
            pass
        """
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ScopeMismatch: *function scoped fixture capture_handler with a module scoped*"])


def test_a_unittest_class_uses_the_rooms_in_with_blocks(run):
    methods = "".join(f"    def test_{name}(self):\n{with_block(name, ' ' * 8)}" for name in ROOMS)

    run(f"{IMPORTS}\nclass TestIt(unittest.TestCase):\n{methods}").assert_outcomes(passed=len(ROOMS))


def in_a_fresh_interpreter(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=Path(pytest_loghandlers.__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_the_rooms_need_no_pytest():
    code = IMPORTS + "".join(map(with_block, ROOMS)) + "print('pytest' in sys.modules)"

    status, lines, errors = in_a_fresh_interpreter(code)

    assert (status, lines[-1:]) == (0, ["False"]), errors


def test_a_session_inside_a_test_leaves_that_tests_own_endpoints_at_work(run, syslog_endpoint):
    run("def test_it(webhook_endpoint): pass").assert_outcomes(passed=1)

    with socket.create_connection(syslog_endpoint.address) as sender:
        sender.sendall(b"<11>disk full\x00")

    syslog_endpoint.wait_for("disk full", timeout=10)


LEFT_BEHIND = """
import contextlib, gc, io, multiprocessing, os, pathlib, sys, tempfile, threading
import pytest

folder = pathlib.Path(tempfile.mkdtemp())

def held():
    gc.collect()
    fds = pathlib.Path("/proc/self/fd")
    return {
        "threads": [thread.name for thread in threading.enumerate()],
        "files": sorted(os.readlink(fd) for fd in fds.iterdir() if fd.exists()) if fds.exists() else [],
        "children": [child.pid for child in multiprocessing.active_children()],
        "temp files": sorted(path.name for path in pathlib.Path(tempfile.gettempdir()).glob("*loghandlers*")),
    }

def session(name):
    temp = f"--basetemp={folder / 'temp'}"
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", temp, str(folder / name)]
    loaded = "loghandlers" if PLUGIN_INSTALLED else "pytest_loghandlers.plugin"
    with contextlib.redirect_stdout(io.StringIO()) as output:
        status = pytest.main([*arguments, "-p", loaded])
    if status:
        print(output.getvalue())

(folder / "test_empty.py").write_text("def test_it(tmp_path): pass")
(folder / "test_rooms.py").write_text(ROOMS)
session("test_empty.py")
before = held()
session("test_rooms.py")
after = held()
for what in before:
    print(what, [one for one in after[what] if one not in before[what]])
print(len(after["files"]) - len(before["files"]), "asyncio" in sys.modules)
"""


def test_after_a_session_nothing_is_left(pytestconfig):
    installed = pytestconfig.pluginmanager.has_plugin("loghandlers")
    settings = f"PLUGIN_INSTALLED = {installed}\nROOMS = {file_of_tests(ROOMS)!r}\n"

    status, lines, errors = in_a_fresh_interpreter(settings + LEFT_BEHIND)

    assert status == 0, errors
    # asyncio shows that the endpoints, also the one with a loop, were really at work.
    assert lines == ["threads []", "files []", "children []", "temp files []", "0 True"]
