from __future__ import annotations

import pickle

import pytest

import pytest_loghandlers
from pytest_loghandlers._base import errors

MISUSE = [
    value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, errors.LogHandlersError)
]


@pytest.mark.parametrize("error", MISUSE, ids=lambda error: error.__name__)
def test_every_error_is_met_under_the_packages_own_name(error):
    assert f"{error.__module__}.{error.__qualname__}" == f"pytest_loghandlers.{error.__name__}"
    assert getattr(pytest_loghandlers, error.__name__) is error


@pytest.mark.parametrize("error", MISUSE, ids=lambda error: error.__name__)
def test_every_error_survives_pickling_as_xdist_and_multiprocessing_do(error):
    copy = pickle.loads(pickle.dumps(error("why")))

    assert type(copy) is error
    assert copy.args == ("why",)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.ArgumentError, ValueError),
        (errors.ConfigurationError, ValueError),
        (errors.UnknownHandlerError, LookupError),
        (errors.LifetimeError, RuntimeError),
        (errors.LeakError, RuntimeError),
        (errors.MissingExtraError, ImportError),
    ],
)
def test_misuse_can_be_caught_as_the_builtin_error_it_is(error, kind):
    assert issubclass(error, (errors.LogHandlersError, kind))
    assert issubclass(error, kind)


def test_a_judgement_is_no_misuse():
    assert not issubclass(errors.LogHandlersError, AssertionError)
