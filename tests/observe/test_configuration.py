"""_configuration: mappings and files applied, and one clear error when they are refused."""

import json
import logging
import logging.handlers

import pytest

from pytest_loghandlers import ArgumentError, ConfigurationError, LoggingSandbox


@pytest.fixture
def box():
    with LoggingSandbox() as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def logger_of_the_test():
    with LoggingSandbox():
        yield logging.getLogger("old")


CONFIG = {
    "version": 1,
    "handlers": {"memory": {"class": "logging.handlers.BufferingHandler", "capacity": 10, "level": "ERROR"}},
    "loggers": {"shop": {"handlers": ["memory"], "level": "INFO"}},
}


def test_a_mapping_is_applied_and_not_changed(box):
    config = {**CONFIG, "handlers": {"mine": {"()": logging.handlers.BufferingHandler, "capacity": 10}}, "loggers": {}}
    box.configure(config)
    assert config["handlers"] == {"mine": {"()": logging.handlers.BufferingHandler, "capacity": 10}}
    assert isinstance(box.handler("mine"), logging.handlers.BufferingHandler)


@pytest.mark.parametrize("suffix", ["json", "toml", "yaml", "yml"])
def test_a_file_with_a_mapping_is_applied(box, tmp_path, suffix):
    texts = {
        "json": json.dumps(CONFIG),
        "toml": 'version = 1\n[handlers.memory]\nclass = "logging.handlers.BufferingHandler"\ncapacity = 10\n'
        'level = "ERROR"\n[loggers.shop]\nhandlers = ["memory"]\nlevel = "INFO"\n',
    }
    path = tmp_path / f"logging.{suffix}"
    path.write_text(texts.get(suffix, texts["json"]))  # JSON is YAML.
    box.configure(path)
    assert logging.getLogger("shop").handlers == [box.handler("memory")]
    assert box.handler("memory").level == logging.ERROR


def test_an_ini_file_is_applied_with_its_defaults(box, tmp_path):
    path = tmp_path / "logging.ini"
    path.write_text(
        "[loggers]\nkeys=root\n[handlers]\nkeys=out\n[formatters]\nkeys=\n[logger_root]\nlevel=INFO\nhandlers=out\n"
        "[handler_out]\nclass=FileHandler\nargs=('%(logfile)s',)\n"
    )
    box.configure(str(path), defaults={"logfile": str(tmp_path / "out.log")}, disable_existing_loggers=False)
    assert box.handler("out").baseFilename == str(tmp_path / "out.log")
    assert not logging.getLogger("old").disabled


def test_existing_loggers_are_disabled_as_logging_does_unless_said_otherwise(box):
    box.configure({"version": 1})
    assert logging.getLogger("old").disabled
    logging.getLogger("old").disabled = False
    box.configure({"version": 1}, disable_existing_loggers=False)
    assert not logging.getLogger("old").disabled


def test_a_refused_configuration_says_the_whole_chain_of_causes(box, tmp_path):
    target = tmp_path / "missing" / "app.log"
    with pytest.raises(ConfigurationError) as caught:
        box.configure({"version": 1, "handlers": {"file": {"class": "logging.FileHandler", "filename": str(target)}}})
    assert str(caught.value) == (
        "dictConfig refused the mapping: ValueError: Unable to configure handler 'file'\n"
        f"  because of FileNotFoundError: [Errno 2] No such file or directory: '{target}'"
    )
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (42, "configure(42): a configuration is a dictConfig mapping or the path of a file, not a int"),
        ("nowhere.json", "configure('nowhere.json'): there is no such file"),
    ],
)
def test_what_is_no_configuration_is_refused(box, config, message):
    with pytest.raises(ArgumentError) as caught:
        box.configure(config)
    assert str(caught.value) == message


def test_a_file_that_does_not_parse_is_refused(box, tmp_path):
    path = tmp_path / "broken.json"
    path.write_text("{")
    with pytest.raises(ConfigurationError, match=r"broken\.json cannot be read as JSON: Expecting property name"):
        box.configure(path)
    path.write_text("[]")
    with pytest.raises(ConfigurationError, match=r"broken\.json holds a list, and dictConfig takes a mapping"):
        box.configure(path)
