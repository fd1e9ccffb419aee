"""What became of a record: who saw it tells, who misses it asks. So rooms that do not know each other can explain."""

from __future__ import annotations

import logging
from collections.abc import Callable

#: Given a record, says in a few words what a handler did with it, or None when it has not seen it.
Teller = Callable[[logging.LogRecord], str | None]

_tellers: list[Teller] = []


def tell(teller: Teller) -> Callable[[], None]:
    """Have ``teller`` asked by ``fate_of``; return what ends that."""
    _tellers.append(teller)

    def end() -> None:
        if teller in _tellers:
            _tellers.remove(teller)

    return end


def somebody_watches() -> bool:
    """Return whether there is anybody to ask."""
    return bool(_tellers)


def fate_of(record: logging.LogRecord) -> str | None:
    """Return what is known of what the handlers did with ``record``; None when nobody has seen it."""
    told = [said for teller in tuple(_tellers) if (said := teller(record))]
    return "; ".join(dict.fromkeys(told)) or None
