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

    assert (faults.next, faults.take(), faults.rate, str(faults)) == (None, None, None, "")


def test_several_listeners_are_told_of_a_fault_and_it_is_set_once():
    faults, fault = Faults(), Break("reset")

    for _ in range(3):
        faults.set(fault, 1)
    faults.set(Break("reset"), 1)

    assert str(faults) == "2 times reset (RST)"


def test_what_is_given_back_is_the_next_again_unless_it_stands_anyway():
    faults, first, standing = Faults(), Break("reset", 5), Break("disconnect")
    faults.set(first, 1)
    faults.set(standing, None)

    faults.give_back(faults.take())
    assert faults.take() is first
    faults.give_back(faults.take())

    assert faults.next is standing
    assert str(faults) == "always closed (FIN)"


def test_it_says_what_is_to_come():
    faults = Faults()
    faults.set(Break("reset"), 2)
    faults.set(Break("disconnect", 1), 1)
    faults.set(Break("half_close", 30), None)

    assert str(faults) == (
        "2 times reset (RST), then once closed (FIN) after 1 octet, "
        "then always half-closed (the endpoint sends no more) after 30 octets"
    )


def test_what_happens_is_told_to_whoever_wants_to_know():
    told = []
    Faults().tell("nobody hears it")

    Faults(told.append).tell("a connection was reset (RST)")

    assert told == ["a connection was reset (RST)"]
