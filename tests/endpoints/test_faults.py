from __future__ import annotations

import pytest

from pytest_loghandlers import ArgumentError


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"times": 0}, "times=0: it is for how many, a whole number from 1"),
        ({"after": -1}, "after=-1: it is a number of octets, 0 or more"),
        (
            {"now": True, "times": 1},
            "now=True breaks the connections there are, once: it takes no times= and no after=",
        ),
    ],
)
@pytest.mark.parametrize("verb", ["reset", "disconnect", "half_close"])
def test_a_wrong_argument_is_named(syslog, verb, wrong, message):
    with pytest.raises(ArgumentError) as failure:
        getattr(syslog, verb)(**wrong)

    assert str(failure.value) == message
