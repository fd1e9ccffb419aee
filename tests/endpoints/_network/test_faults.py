from __future__ import annotations

from pytest_loghandlers.endpoints._network.faults import Break, Faults


def test_what_is_counted_strikes_first_and_in_order_then_what_stands():
    faults = Faults()
    faults.set(Break("reset"), None)
    faults.set(Break("disconnect"), 2)
    faults.set(Break("half_close"), 1)

    assert [faults.take().how for _ in range(5)] == ["disconnect", "disconnect", "half_close", "reset", "reset"]


def test_looking_uses_nothing_up_and_clearing_forgets_all():
    faults = Faults()
    faults.set(Break("reset", 3), 1)
    faults.rate = 10

    assert faults.next is faults.next is not None
    faults.clear()

    assert (faults.next, faults.take(), faults.rate) == (None, None, None)
