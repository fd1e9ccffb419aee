"""What all conversations of one mail server share: what it offers, what is to go wrong, and who is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from .stages import Script

if TYPE_CHECKING:
    from .conversation import Conversation

#: Octets of a mail at most; a longer one is answered 552.
MAX_MAIL: Final = 32 * 1024 * 1024
#: Octets behind DATA without its end after which the connection is closed.
MAX_DATA: Final = 2 * MAX_MAIL
#: Octets of a line that is no mail's, as far as it is kept.
MAX_LINE: Final = 1024 * 1024
#: Lines that are no SMTP after which a connection is closed.
MAX_GARBAGE: Final = 20
MECHANISMS: Final = ("LOGIN", "PLAIN")


@dataclass
class Offers:
    """What the server offers. Read at each EHLO and HELO."""

    #: Returns the TLS context for STARTTLS; None: it is not offered.
    starttls: Callable[[], Any] | None = None
    starttls_required: bool = False
    #: Passwords by user; who is here must log in.
    logins: dict[str, str] = field(default_factory=dict)
    mechanisms: tuple[str, ...] = MECHANISMS
    login_needs_tls: bool = False
    max_mail: int = MAX_MAIL


class Relay:
    """One server. ``keep(fields)`` gets what arrives, ``note(text)`` what was done to a client.

    All of it is used with the reactor held.
    """

    def __init__(
        self,
        keep: Callable[[dict[str, Any]], object],
        note: Callable[[str], object],
        on_error: Callable[[Exception], object],
    ) -> None:
        self._keep = keep
        self.note = note
        self.on_error = on_error
        self.offers = Offers()
        self.script = Script()
        self.connections = 0
        self.conversations: set[Conversation] = set()

    def welcome(self, conversation: Conversation) -> int:
        """Count a connection; return its number, from 1."""
        self.conversations.add(conversation)
        self.connections += 1
        return self.connections

    def keep(self, **fields: Any) -> None:
        """Hand over what has arrived."""
        try:
            self._keep(fields)
        except Exception as error:  # noqa: BLE001 - kept, and raised when the endpoint stops
            self.on_error(error)

    def recover(self) -> None:
        """Forget the script, and let those go on who stalled."""
        self.script.clear()
        for conversation in tuple(self.conversations):
            conversation.go_on()

    def drop(self) -> None:
        """End every conversation, without a word to anybody. Their connections are gone."""
        for conversation in self.conversations:
            conversation.drop()
        self.conversations.clear()
