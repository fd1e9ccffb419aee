"""Reading and applying a logging configuration, with one clear error when it is refused."""

from __future__ import annotations

import json
import logging
import logging.config
import tomllib
from collections.abc import Callable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from pytest_loghandlers._base.errors import ArgumentError, ConfigurationError, MissingExtraError
from pytest_loghandlers._base.report import show


def apply(
    config: Mapping[str, Any] | str | PathLike[str],
    *,
    defaults: Mapping[str, str] | None = None,
    disable_existing_loggers: bool | None = None,
) -> None:
    """Apply ``config`` as LoggingSandbox.configure documents it."""
    if isinstance(config, Mapping):
        _apply_mapping(config, "the mapping", disable_existing_loggers)
        return
    try:
        path = Path(fspath(config))
    except TypeError:
        raise ArgumentError(
            f"configure({show(config)}): a configuration is a dictConfig mapping or the path of a file, "
            f"not a {type(config).__name__}"
        ) from None
    if not path.is_file():
        raise ArgumentError(f"configure({show(str(path))}): there is no such file")
    if path.suffix.lower() in _READERS:
        _apply_mapping(_read(path), path.name, disable_existing_loggers)
        return
    existing = True if disable_existing_loggers is None else disable_existing_loggers
    try:
        logging.config.fileConfig(path, defaults=dict(defaults or {}), disable_existing_loggers=existing)
    except Exception as error:
        raise ConfigurationError(_refusal(path.name, "fileConfig", error)) from error


def _apply_mapping(config: Any, source: str, disable_existing_loggers: bool | None) -> None:
    if not isinstance(config, Mapping):
        raise ConfigurationError(f"{source} holds a {type(config).__name__}, and dictConfig takes a mapping")
    copied = _copy(config)  # dictConfig takes '()' and other keys out of what it is given.
    if disable_existing_loggers is not None:
        copied["disable_existing_loggers"] = disable_existing_loggers
    try:
        logging.config.dictConfig(copied)
    except Exception as error:
        raise ConfigurationError(_refusal(source, "dictConfig", error)) from error


def _copy(value: Any) -> Any:
    """Copy the containers and nothing else: a configuration may hold streams, queues and handlers."""
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if type(value) is list else value


def _refusal(source: str, function: str, error: BaseException) -> str:
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < 8:
        text = f"{type(cause).__name__}: {show(str(cause)) if len(str(cause)) > 400 else cause}"
        if text not in chain:
            chain.append(text)
        cause = cause.__cause__ or cause.__context__
    return f"{function} refused {source}: " + "\n  because of ".join(chain)


def _yaml(data: bytes) -> Any:
    try:
        import yaml
    except ImportError:
        raise MissingExtraError(
            "reading YAML needs PyYAML, which is not installed: pip install 'pytest-loghandlers[yaml]'"
        ) from None
    return yaml.safe_load(data)


_READERS: dict[str, Callable[[bytes], Any]] = {
    ".json": json.loads,
    ".toml": lambda data: tomllib.loads(data.decode("utf-8")),
    ".yaml": _yaml,
    ".yml": _yaml,
}


def _read(path: Path) -> Any:
    try:
        return _READERS[path.suffix.lower()](path.read_bytes())
    except MissingExtraError:
        raise
    except Exception as error:
        raise ConfigurationError(f"{path.name} cannot be read as {path.suffix[1:].upper()}: {error}") from error
