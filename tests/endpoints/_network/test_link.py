from __future__ import annotations

import inspect

from pytest_loghandlers.endpoints._network.connection import Connection
from pytest_loghandlers.endpoints._network.link import Link


def test_a_connection_is_all_that_a_protocol_is_promised():
    promised = {name for name, value in vars(Link).items() if not name.startswith("_") and inspect.isfunction(value)}

    assert promised
    assert not promised - set(dir(Connection))
