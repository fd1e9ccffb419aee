from __future__ import annotations

import logging

from pytest_loghandlers._base.fates import fate_of, somebody_watches, tell

RECORD = logging.LogRecord("shop", 40, __file__, 1, "x", None, None)


def test_all_who_have_seen_it_tell_and_each_thing_once():
    ends = [tell(lambda record, said=said: said) for said in ("it failed", None, "it was emitted", "it failed")]

    assert fate_of(RECORD) == "it failed; it was emitted"

    for end in ends:
        end()
        end()
    assert fate_of(RECORD) is None


def test_it_is_known_whether_anybody_watches():
    before = somebody_watches()
    end = tell(lambda record: None)

    assert somebody_watches()
    end()
    assert somebody_watches() is before
