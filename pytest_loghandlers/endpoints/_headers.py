"""Header fields of a request or a mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


class Headers(Mapping[str, str]):
    """Header fields by name, in any case; a name that was sent more than once has its values joined by ``, ``."""

    __slots__ = ("_fields", "raw")

    def __init__(self, raw: Iterable[tuple[str, str]]) -> None:
        #: Each field as it was sent: ``(name, value)``, in order.
        self.raw = tuple(raw)
        self._fields: dict[str, tuple[str, str]] = {}
        for name, value in self.raw:
            before = self._fields.get(name.lower())
            self._fields[name.lower()] = (name, value) if before is None else (before[0], f"{before[1]}, {value}")

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return {name.lower(): value for name, value in self.items()} == {
            str(name).lower(): value for name, value in other.items()
        }

    __hash__ = None  # type: ignore[assignment]  # as every mapping that compares by content

    def __repr__(self) -> str:
        return repr(dict(self.items()))
