"""What is raised when the plugin is used wrongly. A judgement is a plain AssertionError instead."""

from __future__ import annotations


class LogHandlersError(Exception):
    """The parent of every error that says: this is a mistake in how the plugin was used."""


class ArgumentError(LogHandlersError, ValueError):
    """An argument that cannot be meant: the message names the value and what would do instead."""


class ConfigurationError(LogHandlersError, ValueError):
    """A logging configuration that was refused; ``__cause__`` is the error of ``logging.config``."""


class UnknownHandlerError(LogHandlersError, LookupError):
    """No handler goes by that name; the message lists the names there are."""


class LifetimeError(LogHandlersError, RuntimeError):
    """Something used before it was started, after it was stopped, or started twice."""


class MissingExtraError(LogHandlersError, ImportError):
    """An optional package is needed for this; the message gives the install line."""


class LeakError(LogHandlersError, RuntimeError):
    """Something could not be put away when the fixture ended: the message says what, and where it hangs."""


# Users meet these as pytest_loghandlers.X, in tracebacks too.
for _error in (
    LogHandlersError,
    ArgumentError,
    ConfigurationError,
    UnknownHandlerError,
    LifetimeError,
    MissingExtraError,
    LeakError,
):
    _error.__module__ = "pytest_loghandlers"
del _error
