"""_mocks: what a mock.patch outside of a sandbox holds stays in its place."""

import logging
from unittest import mock

import pytest

from pytest_loghandlers import LoggingSandbox
from pytest_loghandlers.observe._mocks import patched_by_mock


@pytest.mark.parametrize(
    ("thing", "name"),
    [(logging.getLogger("mocked"), "info"), (logging.StreamHandler(), "emit")],
    ids=["logger", "handler"],
)
def test_a_patch_that_is_stopped_after_the_sandbox_finds_what_it_has_put_there(thing, name):
    with LoggingSandbox():
        patcher = mock.patch.object(thing, name)
        patcher.start()
        thing.setLevel(5)
        assert patched_by_mock(thing) == {name}
    patcher.stop()
    assert name not in vars(thing)
    assert thing.level == 0
    assert patched_by_mock(thing) == frozenset()
