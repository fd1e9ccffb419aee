"""What rotation from outside does to each handler, and what the fixture tells about it."""

import logging
import logging.handlers
import os
import re
import stat
from pathlib import Path

import pytest

from pytest_loghandlers import ArgumentError, LogRotation
from pytest_loghandlers.stress.log_rotation import Generation


@pytest.fixture
def rotation():
    with LogRotation() as room:
        yield room


@pytest.fixture
def path(tmp_path):
    return tmp_path / "app.log"


@pytest.fixture
def make(path):
    """Make a handler on the path; it is closed at the end."""
    made = []

    def make(kind, **kwargs):
        handler = kind(path, encoding="utf-8", **kwargs)
        made.append(handler)
        return handler

    yield make
    for handler in made:
        handler.close()


def log(handler, *texts):
    for text in texts:
        handler.handle(logging.makeLogRecord({"msg": text}))


def contents(rotation, target):
    return [(generation.name, generation.lines) for generation in rotation.generations(target)]


FILE = logging.FileHandler
WATCHED = logging.handlers.WatchedFileHandler


@pytest.mark.parametrize("how", ["rename_and_create", "swap_inode"])
def test_a_file_handler_goes_on_writing_to_the_rotated_file(rotation, make, path, how):
    handler = make(FILE)
    log(handler, "before")
    done = getattr(rotation, how)(handler)
    log(handler, "after")

    assert done.inode_before != done.inode_after == path.stat().st_ino
    assert done.rotated == path.with_name("app.log.1")
    assert done.rotated.stat().st_ino == done.inode_before
    assert contents(rotation, handler) == [("app.log.1", ("before", "after")), ("app.log", ())]
    with pytest.raises(AssertionError):
        rotation.assert_reopened(handler)
    rotation.assert_nothing_lost(["before", "after"])


@pytest.mark.parametrize("how", ["rename_and_create", "swap_inode"])
def test_a_watched_file_handler_reopens_with_its_next_record(rotation, make, how):
    handler = make(WATCHED)
    log(handler, "before")
    getattr(rotation, how)(handler)
    with pytest.raises(AssertionError, match="log a record between the rotation and this assertion"):
        rotation.assert_reopened(handler)
    log(handler, "after")
    rotation.assert_reopened(handler)
    assert contents(rotation, handler) == [("app.log.1", ("before",)), ("app.log", ("after",))]


def test_older_generations_are_shifted_as_logrotate_does(rotation, make, path):
    handler = make(WATCHED)
    for number in range(4):
        log(handler, f"line {number}")
        done = rotation.rename_and_create(handler)
    names = [(old.name, new.name) for old, new in done.renamed]
    assert names == [("app.log.3", "app.log.4"), ("app.log.2", "app.log.3"), ("app.log.1", "app.log.2"),
                     ("app.log", "app.log.1")]  # fmt: skip
    assert contents(rotation, path) == [
        *((f"app.log.{4 - number}", (f"line {number}",)) for number in range(4)),
        ("app.log", ()),
    ]
    assert [each.how for each in rotation.rotations] == ["rename_and_create"] * 4


def test_the_new_file_has_the_mode_of_the_old_one_or_the_one_given(rotation, make, path):
    handler = make(WATCHED)
    log(handler, "x")
    path.chmod(0o640)
    rotation.rename_and_create(handler)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    rotation.swap_inode(handler, mode=0o606)
    assert stat.S_IMODE(path.stat().st_mode) == 0o606


def test_the_path_is_never_empty_during_a_swap(rotation, make, path, monkeypatch):
    handler = make(FILE)
    log(handler, "x")
    seen = []
    real = os.rename
    monkeypatch.setattr(os, "rename", lambda *args: (seen.append(path.exists()), real(*args)))
    rotation.swap_inode(handler)
    assert path.exists() and False not in seen
    assert not list(path.parent.glob("loghandlers-*"))


def test_copytruncate_keeps_the_inode_and_an_appending_handler_loses_nothing(rotation, make, path):
    handler = make(FILE)
    rotation.watch(handler)
    log(handler, "before")
    done = rotation.copytruncate(handler)
    log(handler, "after")
    assert done.inode_before == done.inode_after == path.stat().st_ino
    assert contents(rotation, handler) == [("app.log.1", ("before",)), ("app.log", ("after",))]
    rotation.assert_reopened(handler)
    result = rotation.assert_nothing_lost()
    assert (result.expected, result.nul_bytes, result.duplicated) == (2, 0, ())


def test_copytruncate_under_mode_w_leaves_a_hole_of_nuls(rotation, make, path):
    handler = make(FILE, mode="w")
    rotation.watch(handler)
    log(handler, "before")
    rotation.copytruncate(handler)
    log(handler, "after")
    result = rotation.assert_nothing_lost()
    assert result.nul_bytes == len("before\n")
    current = rotation.generations(handler)[-1]
    assert current == Generation(path, path.stat().st_ino, 13, "after\n", 7, True)


def test_generations_stay_in_the_order_of_time_when_copytruncate_comes_before_a_rename(rotation, make):
    handler = make(WATCHED)
    log(handler, "one")
    rotation.copytruncate(handler)
    log(handler, "two")
    rotation.rename_and_create(handler)
    log(handler, "three")
    assert [generation.lines for generation in rotation.generations(handler)] == [("one",), ("two",), ("three",)]


def test_what_a_file_handler_writes_to_a_deleted_file_is_lost_and_can_be_shown(rotation, make):
    handler = make(FILE)
    rotation.watch(handler)
    log(handler, "before")
    done = rotation.delete(handler)
    log(handler, "after")
    assert done.inode_after is None and done.rotated is None
    assert contents(rotation, handler) == [("(deleted)", ("before", "after"))]
    with pytest.raises(AssertionError) as failure:
        rotation.assert_nothing_lost()
    assert str(failure.value).replace(str(done.inode_before), "N") == (
        "log_rotation found 2 of 2 records lost\n"
        "\n"
        "  wanted    2 records, each in some generation of app.log\n"
        "  lost      2 records, oldest first\n"
        "      [0]  'before'  only in the deleted file, inode N\n"
        "      [1]  'after'  only in the deleted file, inode N\n"
        "  files     1 generation\n"
        "      [0]  (deleted)  inode N  2 lines in 13 bytes"
    )


def test_a_watched_file_handler_starts_a_new_file_after_a_delete(rotation, make):
    handler = make(WATCHED)
    log(handler, "before")
    rotation.delete(handler)
    log(handler, "after")
    rotation.assert_reopened(handler)
    assert contents(rotation, handler) == [("(deleted)", ("before",)), ("app.log", ("after",))]


def test_the_message_of_a_handler_that_has_not_reopened(rotation, make):
    handler = make(FILE)
    log(handler, "before")
    done = rotation.rename_and_create(handler)
    with pytest.raises(AssertionError) as failure:
        rotation.assert_reopened(handler)
    text = str(failure.value).replace(str(done.inode_before), "OLD").replace(str(done.inode_after), "NEW")
    assert text == (
        "log_rotation saw FileHandler still write to app.log.1\n"
        "\n"
        "  wanted    the next record of FileHandler goes to the file that is at app.log now\n"
        "  handler   writes to inode OLD, which is app.log.1 now\n"
        "  path      app.log is inode NEW\n"
        "  hint      it looks at its path only at a rollover of its own, or never"
    )


def test_the_message_of_a_handler_on_a_deleted_file(rotation, make):
    handler = make(FILE)
    log(handler, "before")
    done = rotation.delete(handler)
    with pytest.raises(AssertionError) as failure:
        rotation.assert_reopened(handler)
    assert str(failure.value).replace(str(done.inode_before), "OLD") == (
        "log_rotation saw FileHandler still write to a file that is gone\n"
        "\n"
        "  wanted    the next record of FileHandler goes to the file that is at app.log now\n"
        "  handler   writes to inode OLD, which no file beside it has any more: it was deleted, or moved away\n"
        "  path      app.log is missing\n"
        "  hint      it looks at its path only at a rollover of its own, or never"
    )


def test_a_closed_appending_handler_will_open_the_file_and_one_with_mode_w_will_not(rotation, make):
    appending = make(FILE)
    appending.close()
    rotation.assert_reopened(appending)
    writing = make(FILE, mode="w")
    writing.close()
    with pytest.raises(AssertionError) as failure:
        rotation.assert_reopened(writing)
    assert "log_rotation saw FileHandler closed for good" in str(failure.value)


def test_a_closed_stream_is_told(rotation, make):
    handler = make(FILE)
    handler.stream.close()
    with pytest.raises(AssertionError, match="its stream is closed: the next record raises ValueError"):
        rotation.assert_reopened(handler)
    handler.stream = None


def test_a_rotating_handlers_own_generations_are_found_in_the_order_of_time(rotation, make):
    handler = make(logging.handlers.RotatingFileHandler, maxBytes=20, backupCount=5)
    rotation.watch(handler)
    log(handler, *(f"line {number}" for number in range(8)))
    lines = [line for generation in rotation.generations(handler) for line in generation.lines]
    assert lines == [f"line {number}" for number in range(8)]
    assert rotation.assert_nothing_lost().expected == 8
    rotation.assert_reopened(handler)


def test_what_a_rotating_handler_deletes_itself_is_lost(rotation, make):
    handler = make(logging.handlers.RotatingFileHandler, maxBytes=10, backupCount=1)
    rotation.watch(handler)
    log(handler, *(f"line {number}" for number in range(5)))
    with pytest.raises(AssertionError, match=r"log_rotation found 3 of 5 records lost"):
        rotation.assert_nothing_lost()


def test_a_file_with_a_name_of_its_own_is_recognised_by_its_inode(rotation, make, path):
    handler = make(logging.handlers.RotatingFileHandler, maxBytes=10, backupCount=1)
    handler.namer = lambda name: str(path.with_name("old-" + name.rpartition(".")[2]))
    rotation.watch(handler)
    log(handler, "line 0", "line 1")
    assert contents(rotation, handler) == [("old-1", ("line 0",)), ("app.log", ("line 1",))]


def test_records_are_looked_for_as_they_were_formatted(rotation, make):
    handler = make(FILE)
    handler.setFormatter(logging.Formatter("%(levelname)s|%(message)s"))
    rotation.watch(handler)
    try:
        raise KeyError("k")
    except KeyError as error:
        record = logging.makeLogRecord({"msg": "broken %d", "args": (1,), "exc_info": (KeyError, error, None)})
    handler.handle(record)
    log(handler, "é", "same", "same")
    result = rotation.assert_nothing_lost()
    assert result.expected == 4 and result.duplicated == ()


def test_a_record_that_could_not_be_written_is_lost_with_its_reason(rotation, make):
    handler = make(FILE)
    handler.handleError = lambda record: None
    rotation.watch(handler)
    log(handler, "fine", "\udc80")
    with pytest.raises(AssertionError, match="UnicodeEncodeError while it was written"):
        rotation.assert_nothing_lost()


def test_a_text_is_not_found_in_a_longer_number(rotation, path):
    path.write_text("INFO line 10\nINFO line 2\nINFO line 2\n[x] y\n", encoding="utf-8")
    rotation.generations(path)
    result = rotation.assert_nothing_lost(["line 10", "line 2", "[x]", "]"])
    assert result.duplicated == ("line 2",)
    with pytest.raises(AssertionError) as failure:
        rotation.assert_nothing_lost(["line 1", "line 10"])
    text = re.sub(r"inode \d+", "inode N", str(failure.value))
    assert text == (
        "log_rotation found 1 of 2 records lost\n"
        "\n"
        "  wanted    2 records, each in some generation of app.log\n"
        "  lost      1 record\n"
        "      [0]  'line 1'\n"
        "  files     1 generation\n"
        "      [0]  app.log  inode N  4 lines in 43 bytes  <- the path"
    )


def test_a_record_stands_for_its_message(rotation, path):
    path.write_text("x 5 y\n", encoding="utf-8")
    rotation.assert_nothing_lost(logging.makeLogRecord({"msg": "x %d", "args": (5,)}), target=path)


def test_ten_thousand_texts_are_judged_in_a_moment(rotation, path):
    path.write_text("".join(f"12:00 INFO app: order {n} done\n" for n in range(10_000)), encoding="utf-8")
    assert rotation.assert_nothing_lost([f"order {n} done" for n in range(10_000)], target=path).expected == 10_000


@pytest.mark.parametrize("spoil", ["missing", "directory", "symlink", "fifo"])
def test_what_cannot_be_rotated_is_refused_with_its_reason(rotation, path, spoil):
    if spoil == "directory":
        path.mkdir()
    elif spoil == "symlink":
        path.symlink_to(path.with_name("real.log"))
    elif spoil == "fifo":
        os.mkfifo(path)
    why = {
        "missing": "there is no such file",
        "directory": "it is a directory",
        "symlink": f"it is a symbolic link, which logrotate skips too; rotate '{path.with_name('real.log')}'",
        "fifo": "it is a FIFO",
    }[spoil]
    for how in ("rename_and_create", "swap_inode", "copytruncate", "delete"):
        with pytest.raises(ArgumentError) as failure:
            getattr(rotation, how)(path)
        assert str(failure.value) == f"{str(path)!r} cannot be rotated: {why}"


def test_dev_null_is_refused(rotation):
    with pytest.raises(ArgumentError, match="it is a character device"):
        rotation.delete(os.devnull)
    assert Path(os.devnull).exists()
