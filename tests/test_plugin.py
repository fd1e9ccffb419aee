"""The lobby: what the plugin does to a pytest run, and the doors to the rooms."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import pytest_loghandlers
from pytest_loghandlers import plugin
from pytest_loghandlers._base.lifetime import Lifetime

#: Fixtures of the plugins that many suites load beside ours.
NEIGHBOURS = frozenset(
    """
    anyio_backend anyio_backend_name anyio_backend_options free_tcp_port free_tcp_port_factory free_udp_port
    free_udp_port_factory event_loop event_loop_policy unused_tcp_port unused_tcp_port_factory unused_udp_port
    unused_udp_port_factory httpserver httpserver_ipv4 httpserver_ipv6 httpserver_listen_address
    httpserver_ssl_context make_httpserver make_httpserver_ipv4 make_httpserver_ipv6 blocking_httpserver
    httpsserver smtpserver smtpd smtpd_config mocker class_mocker module_mocker package_mocker session_mocker freezer
    caplog capsys capfd capsysbinary capfdbinary recwarn monkeypatch tmp_path tmp_path_factory tmpdir testdir pytester
    cache request subtests benchmark logot log logger faker requests_mock respx_mock httpx_mock responses celery_app
    django_assert_num_queries mailoutbox settings client rf testrun_uid worker_id event time_machine logs loguru
    """.split()
)


def fixtures():
    """Return ``{name: function}`` of the plugin's fixtures."""
    return {
        name: getattr(value, "_fixture_function", None) or value.__wrapped__
        for name, value in vars(plugin).items()
        if type(value).__name__ == "FixtureFunctionDefinition" or hasattr(value, "_pytestfixturefunction")
    }


#: ``{fixture: class}``, by the rule of the names.
ROOMS = {name: "".join(word.title() for word in name.split("_")) for name in fixtures()}


@pytest.fixture
def run(pytester):
    def run(source, *arguments, subprocess=False):
        pytester.makepyfile(source)
        arguments = ("-p", "no:randomly", "-p", "no:cacheprovider", *arguments)
        return pytester.runpytest_subprocess(*arguments) if subprocess else pytester.runpytest(*arguments)

    return run


# --- doors ---


def test_every_room_has_a_door_of_its_name_and_every_door_a_room():
    public = {name: getattr(pytest_loghandlers, name) for name in pytest_loghandlers.__all__}

    assert {name for name, value in public.items() if issubclass(value, Lifetime)} == set(ROOMS.values())


@pytest.mark.parametrize("name", fixtures())
def test_a_door_says_what_is_behind_it_and_types_it(name):
    door = fixtures()[name]

    assert door.__doc__
    assert door.__annotations__["return"] == f"Iterator[{ROOMS[name]}]"


@pytest.mark.parametrize("name", ROOMS)
def test_a_door_opens_its_room(request, name):
    room = request.getfixturevalue(name)

    assert type(room) is getattr(pytest_loghandlers, ROOMS[name])
    assert room._running
    assert room._who == name


def test_fixtures_lists_every_door_with_what_it_is(run):
    result = run("def test_it(): pass", "--fixtures")

    for name, door in fixtures().items():
        result.stdout.fnmatch_lines([f"{name}*", f"    {door.__doc__}"])


@pytest.mark.parametrize("name", fixtures())
def test_no_neighbours_fixture_has_the_name(name):
    assert name not in NEIGHBOURS


# --- what the plugin costs and changes when nobody asks for it ---

STARTED = """
    import sys

    def test_it():
        print("MODULES", *sys.modules)
"""


def entry_point(folder):
    """Make ``folder`` a place from which the plugin is found as an installed one."""
    info = folder / "loghandlers_stand_in-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: loghandlers-stand-in\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[pytest11]\nloghandlers = pytest_loghandlers.plugin\n")
    return folder


@pytest.mark.parametrize("name", ["pytest_loghandlers.plugin", "loghandlers"], ids=["module", "entry point"])
def test_pytest_starts_without_anything_heavy_of_ours(pytester, monkeypatch, name):
    # Other plugins that are installed here load what they like; only ours is let in.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_PLUGINS", raising=False)
    source, site = Path(pytest_loghandlers.__file__).parents[1], entry_point(pytester.path / "site")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(source), str(site)]))
    pytester.makepyfile(STARTED)

    def loaded(*arguments):
        result = pytester.runpytest_subprocess("-s", "-p", "no:cacheprovider", *arguments)
        result.assert_outcomes(passed=1)
        return set(result.stdout.str().partition("MODULES ")[2].partition("\n")[0].split())

    ours = loaded("-p", name) - loaded()

    assert ours == {"pytest_loghandlers", "pytest_loghandlers.plugin"}


def test_the_plugin_has_no_hook_and_no_autouse_fixture(run):
    result = run(
        """
        def test_it(request):
            hooks = vars(request.config.hook)
            assert len(hooks) > 20
            ours = [
                f"{name}: {impl.plugin_name}"
                for name, caller in hooks.items()
                if hasattr(caller, "get_hookimpls")
                for impl in caller.get_hookimpls()
                if "pytest_loghandlers" in getattr(impl.function, "__module__", "")
            ]
            assert ours == []
            assert [name for name in request.fixturenames if name != "request"] == []
        """,
        "-p",
        "no:asyncio",
    )

    result.assert_outcomes(passed=1)


LOGGING_STATE = """
    import logging

    def state():
        root = logging.getLogger()
        return (
            [type(h).__name__ for h in root.handlers], root.level, root.filters, logging.raiseExceptions,
            logging.lastResort.level, logging.getLoggerClass(), logging.getLogRecordFactory(), logging._levelToName,
            len(logging._handlerList), logging.Handler.handleError, logging.Handler.handle, logging.Logger.handle,
            logging.Logger.addHandler, logging.Logger.callHandlers, logging.root.manager.disable,
        )

    def test_it(caplog):
        logging.getLogger("shop").warning("disk full")
        print("STATE", state(), caplog.record_tuples)
"""


def test_nothing_of_logging_changes_while_no_fixture_is_used(run):
    with_it = run(LOGGING_STATE, "-s", "-p", "no:xdist", subprocess=True)
    without = run(
        LOGGING_STATE, "-s", "-p", "no:xdist", "-p", "no:loghandlers", "-p", "no:" + plugin.__name__, subprocess=True
    )

    def states(result):
        return [re.sub("0x[0-9a-f]+", "", line) for line in result.outlines if "STATE" in line]

    assert states(with_it) == states(without)
    assert len(states(with_it)) == 1
