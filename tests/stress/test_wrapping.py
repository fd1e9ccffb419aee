"""Methods watched on an instance, and put back in any order."""

from pytest_loghandlers.stress._wrapping import Wrapping


class Owner:
    def act(self):
        return "own"


def around(word):
    return lambda original, *args: f"{word} {original(*args)}"


def test_only_the_instance_is_touched_and_undo_leaves_no_trace():
    owner, wrapping = Owner(), Wrapping()
    wrapping.wrap(owner, "act", around("a"))
    assert (owner.act(), Owner().act()) == ("a own", "own")
    wrapping.undo()
    assert owner.act() == "own" and vars(owner) == {}
    wrapping.undo()


def test_what_stood_on_the_instance_before_comes_back():
    owner, wrapping = Owner(), Wrapping()
    mine = owner.act = lambda: "mine"
    wrapping.wrap(owner, "act", around("a"))
    assert owner.act() == "a mine"
    wrapping.undo()
    assert owner.act is mine


def test_undone_below_another_it_calls_straight_through():
    owner, below, above = Owner(), Wrapping(), Wrapping()
    below.wrap(owner, "act", around("below"))
    above.wrap(owner, "act", around("above"))
    below.undo()
    assert owner.act() == "above own"
    above.undo()
    assert owner.act() == "own"


def test_an_attribute_that_somebody_else_changed_meanwhile_is_left():
    owner, wrapping = Owner(), Wrapping()
    owner.queue = "q"
    wrapping.replace(owner, "queue", "stand-in")
    owner.queue = "theirs"
    wrapping.undo()
    assert owner.queue == "theirs"
