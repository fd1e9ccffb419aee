"""Generations: which files they are, in which order, and what is in them."""

import pytest

from pytest_loghandlers.stress._rotation_files import LogFile


@pytest.fixture
def file(tmp_path):
    return LogFile(tmp_path / "app.log")


def write(file, *names):
    for name in names:
        (file.path.parent / name).write_text(f"{name}\n")


def names(file):
    return [generation.name for generation in file.generations()]


def test_numbers_count_down_dates_count_up_and_the_log_itself_is_last(file):
    write(file, "app.log", "app.log.2", "app.log.10", "app.log.1", "app.log.2026-01-02", "app.log-20260101")
    assert names(file) == [
        "app.log-20260101", "app.log.2026-01-02", "app.log.10", "app.log.2", "app.log.1", "app.log",
    ]  # fmt: skip


def test_other_files_are_no_generations(file):
    write(file, "app.log", "app.logger", "other.log", "myapp.log.1")
    (file.path.parent / "app.log.d").mkdir()
    (file.path.parent / "app.log.link").symlink_to(file.path)
    assert names(file) == ["app.log"]


def test_only_plain_numbers_are_shifted(file):
    write(file, "app.log", "app.log.1", "app.log.2", "app.log.7", "app.log.1.gz", "app.log.old")
    moved = [(old.name, new.name) for old, new in file.shift()]
    assert moved == [("app.log.7", "app.log.8"), ("app.log.2", "app.log.3"), ("app.log.1", "app.log.2")]


def test_a_directory_that_is_gone_holds_no_generations(tmp_path):
    assert LogFile(tmp_path / "gone" / "app.log").generations() == ()


def test_bytes_that_are_no_text_are_shown_and_do_no_harm(file):
    file.path.write_bytes(b"a\xff\n\0\0b")
    (generation,) = file.generations()
    assert (generation.lines, generation.nul_bytes, generation.size) == (("a\\xff", "b"), 2, 6)
