"""Watching handlers of every kind, several files at once, what is undone, and what misuse says."""

import io
import logging
import logging.handlers
import os
import re
from pathlib import Path

import pytest

from pytest_loghandlers import ArgumentError, LifetimeError, LogRotation


@pytest.fixture
def rotation():
    with LogRotation() as room:
        yield room


@pytest.fixture
def path(tmp_path):
    return tmp_path / "app.log"


@pytest.fixture
def closing():
    opened = []
    yield opened
    for each in opened:
        each.close()


def log(handler, *texts):
    for text in texts:
        handler.handle(logging.makeLogRecord({"msg": text}))


def test_a_handler_without_a_filename_is_judged_with_the_path_given(rotation, path, closing):
    stream = path.open("a", encoding="utf-8")
    closing.append(stream)
    handler = logging.StreamHandler(stream)
    rotation.watch(handler, path=path)
    log(handler, "before")
    rotation.rename_and_create(path)
    log(handler, "after")
    with pytest.raises(AssertionError, match=r"saw StreamHandler still write to app\.log\.1"):
        rotation.assert_reopened(handler, path=path)
    assert rotation.assert_nothing_lost().expected == 2


def test_a_handler_that_formats_nothing_is_judged_by_its_messages(rotation, path, closing):
    class Own(logging.FileHandler):
        def emit(self, record):
            self.stream.write(f"<{record.getMessage()}>\n")
            self.flush()

    handler = Own(path)
    closing.append(handler)
    rotation.watch(handler)
    log(handler, "one")
    rotation.copytruncate(handler)
    log(handler, "two", "three")
    assert rotation.assert_nothing_lost().expected == 3


def test_each_watched_handler_is_judged_in_its_own_file(rotation, tmp_path, closing):
    first, second = (logging.FileHandler(tmp_path / name) for name in ("a.log", "b.log"))
    closing.extend([first, second])
    rotation.watch(first)
    rotation.watch(second)
    rotation.watch(second)
    log(first, "to a")
    log(second, "to b")
    assert rotation.assert_nothing_lost().expected == 2
    rotation.delete(second)
    rotation.assert_nothing_lost(target=first)
    with pytest.raises(AssertionError, match=r"log_rotation found 1 of 2 records lost"):
        rotation.assert_nothing_lost()


def test_a_line_that_is_there_twice_is_told_and_is_no_loss(rotation, path, closing):
    handler = logging.FileHandler(path)
    closing.append(handler)
    rotation.watch(handler)
    log(handler, "once")
    path.with_name("app.log.1").write_text("once\n")
    assert rotation.assert_nothing_lost().duplicated == ("once",)


def test_the_whole_message_with_everything_that_can_go_wrong(rotation, path, closing):
    handler = logging.FileHandler(path, mode="w")
    closing.append(handler)
    rotation.watch(handler)
    log(handler, "kept", "cut")
    rotation.copytruncate(handler)
    log(handler, "after")
    path.with_name("app.log.1").write_text("kept\nkept\n")
    inodes = [generation.inode for generation in rotation.generations(handler)]
    with pytest.raises(AssertionError) as failure:
        rotation.assert_nothing_lost()
    text = str(failure.value).replace(str(inodes[0]), "OLD").replace(str(inodes[1]), "NEW")
    assert text == (
        "log_rotation found 1 of 3 records lost\n"
        "\n"
        "  wanted    3 records, each in some generation of app.log\n"
        "  lost      1 record\n"
        "      [0]  'cut'  written to inode NEW, and not there any more\n"
        "  files     2 generations, oldest first\n"
        "      [0]  app.log.1  inode OLD  2 lines in 10 bytes\n"
        "      [1]  app.log  inode NEW  1 line in 15 bytes, 9 of them NUL  <- the path\n"
        "  twice     1 record\n"
        "      [0]  'kept'\n"
        "  NULs      9 bytes, as a truncation leaves under a handler that does not append"
    )


def test_a_record_of_a_file_that_its_handler_deleted_names_the_inode(rotation, path, closing):
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=10, backupCount=1)
    closing.append(handler)
    rotation.watch(handler)
    log(handler, "line 0")
    keep = os.open(path, os.O_RDONLY)  # So that its inode number is not given out again.
    try:
        inode = os.fstat(keep).st_ino
        log(handler, "line 1", "line 2")
        with pytest.raises(AssertionError, match=f"'line 0'  written to inode {inode}, which no file has any more"):
            rotation.assert_nothing_lost()
    finally:
        os.close(keep)


def test_an_older_generation_keeps_its_place_while_the_handler_still_writes_into_it(rotation, path, closing):
    handler = logging.FileHandler(path)
    closing.append(handler)
    log(handler, "one")
    rotation.rename_and_create(handler)
    rotation.rename_and_create(handler)
    log(handler, "two")
    assert [(each.name, each.lines) for each in rotation.generations(path)] == [
        ("app.log.2", ("one", "two")),
        ("app.log.1", ()),
        ("app.log", ()),
    ]


def test_a_file_in_another_encoding_is_read_in_it(rotation, path, closing):
    handler = logging.FileHandler(path, encoding="latin-1")
    closing.append(handler)
    rotation.watch(handler)
    log(handler, "é")
    rotation.rename_and_create(handler)
    assert rotation.assert_nothing_lost().generations[0].lines == ("é",)


def test_a_handler_that_has_not_opened_its_file_is_told_to_log_first(rotation, path, closing):
    handler = logging.FileHandler(path, delay=True)
    closing.append(handler)
    with pytest.raises(ArgumentError) as failure:
        rotation.rename_and_create(handler)
    assert str(failure.value) == (
        f"{str(path)!r} cannot be rotated: there is no such file; its handler has not opened it yet (delay=True): "
        "log a record first"
    )
    rotation.assert_reopened(handler)


def open_files():
    return sum(1 for _ in Path("/dev/fd").iterdir())


def test_a_watched_handler_is_let_go_and_a_deleted_file_closed(path, closing):
    handler = logging.FileHandler(path)
    closing.append(handler)
    before = set(vars(handler)), open_files()
    with LogRotation() as rotation:
        rotation.watch(handler)
        log(handler, "x")
        rotation.delete(handler)
        assert open_files() == before[1] + 1
    assert (set(vars(handler)), open_files()) == before


def test_an_error_that_leaves_emit_goes_on_and_is_noted(rotation, path, closing):
    class Raises(logging.FileHandler):
        def emit(self, record):
            raise OSError("no")

    handler = Raises(path)
    closing.append(handler)
    rotation.watch(handler)
    with pytest.raises(OSError, match="no"):
        log(handler, "x")
    with pytest.raises(AssertionError, match="'x'  OSError while it was written"):
        rotation.assert_nothing_lost()


def test_the_report_of_a_failed_test(rotation, path, closing):
    assert rotation._report() == ""
    handler = logging.FileHandler(path)
    closing.append(handler)
    log(handler, "x")
    rotation.rename_and_create(handler)
    text = re.sub(r"\d{3,}", "N", rotation._report().replace(str(path), "PATH"))
    assert text == (
        "log files\n"
        "\n"
        "  done      1 rotation\n"
        "      [0]  rename_and_create  app.log: inode N -> N\n"
        "  files     of PATH: 2 generations, oldest first\n"
        "      [0]  app.log.1  inode N  1 line in 2 bytes\n"
        "      [1]  app.log  inode N  no line in 0 bytes  <- the path"
    )


@pytest.mark.parametrize("target", [None, 5, logging.NullHandler(), object()])
def test_what_has_no_path_is_refused(rotation, target):
    for call in (rotation.delete, rotation.generations):
        with pytest.raises(ArgumentError):
            call(target)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda room, _: room.assert_nothing_lost(), "nothing to look for: no handler is watched"),
        (lambda room, _: room.assert_nothing_lost(["x"]), "target= is missing: which file is meant?"),
        (lambda room, path: room.assert_nothing_lost([], target=path), "nothing to look for: expected is empty"),
        (
            lambda room, path: room.assert_nothing_lost([""], target=path),
            "'': what was logged is looked for by its text",
        ),
        (lambda room, path: room.assert_nothing_lost([3], target=path), "3: what was logged is looked for by its text"),
        (lambda room, _: room.assert_reopened(logging.NullHandler()), "has no stream"),
        (lambda room, _: room.assert_reopened("app.log"), "has no stream"),
        (lambda room, path: room.watch(path), "cannot be watched: it is not a logging.Handler"),
        (lambda room, _: room.watch(logging.StreamHandler(io.StringIO())), "has no baseFilename: give the path"),
    ],
)
def test_what_cannot_be_meant_says_why(rotation, path, call, why):
    with pytest.raises(ArgumentError) as failure:
        call(rotation, path)
    assert why in str(failure.value)


def test_a_watch_that_saw_nothing_is_no_proof(rotation, path, closing):
    handler = logging.FileHandler(path)
    closing.append(handler)
    rotation.watch(handler)
    with pytest.raises(ArgumentError, match="the watched handler emitted nothing"):
        rotation.assert_nothing_lost()


@pytest.mark.parametrize("how", ["rename_and_create", "swap_inode", "copytruncate", "delete", "generations", "watch"])
def test_nothing_works_after_the_test(path, how):
    room = LogRotation().start()
    room.stop()
    with pytest.raises(LifetimeError, match="used after its test"):
        getattr(room, how)(path)


def test_a_stream_that_is_no_file_is_told(rotation, path):
    handler = logging.StreamHandler(io.StringIO())
    with pytest.raises(AssertionError, match="saw StreamHandler write to no file"):
        rotation.assert_reopened(handler, path=path)


def test_a_directory_may_be_reached_by_a_symbolic_link(rotation, tmp_path, closing):
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real, target_is_directory=True)
    handler = logging.handlers.WatchedFileHandler(link / "app.log")
    closing.append(handler)
    rotation.watch(handler)
    log(handler, "before")
    rotation.rename_and_create(real / "app.log")
    log(handler, "after")
    rotation.assert_reopened(handler)
    assert rotation.assert_nothing_lost(target=real / "app.log").expected == 2


@pytest.mark.parametrize("terminator", ["\0", " | ", "\n\n", "\r\n", ""])
def test_a_handlers_own_terminator_ends_its_records(rotation, path, closing, terminator):
    handler = logging.FileHandler(path)
    closing.append(handler)
    handler.terminator = terminator
    if not terminator:
        handler.setFormatter(logging.Formatter("%(message)s\n"))
    rotation.watch(handler)
    log(handler, "line 1", "line 10", f"one{terminator}more")
    assert rotation.assert_nothing_lost().nul_bytes == 0
    path.write_bytes(path.read_bytes().replace(b"line 10", b""))
    with pytest.raises(AssertionError):
        rotation.assert_nothing_lost()


def test_what_a_stream_replaces_because_it_cannot_encode_it_is_no_loss(rotation, path, closing):
    handler = logging.FileHandler(path, encoding="ascii", errors="backslashreplace")
    closing.append(handler)
    rotation.watch(handler)
    log(handler, "déjà vu")
    assert rotation.assert_nothing_lost().generations[0].lines == (r"d\xe9j\xe0 vu",)


def test_line_ends_and_NULs_inside_a_record_are_no_loss(rotation, path, closing):
    handler = logging.FileHandler(path)
    closing.append(handler)
    rotation.watch(handler)
    log(handler, "a\r\nb", "nul\0inside", "c\rd", "e\u2028f", "")
    assert rotation.assert_nothing_lost().nul_bytes == 1


def test_a_file_with_the_inode_of_a_deleted_one_is_the_newest(rotation, path, closing):
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=12, backupCount=2)
    closing.append(handler)
    rotation.watch(handler)
    for number in range(12):
        log(handler, f"line {number:02}")
        assert [each.name for each in rotation.generations(path)] == ["app.log.2", "app.log.1", "app.log"][
            -min(3, number + 1) :
        ]


def test_one_record_that_is_lost_is_told_of_without_a_fraction(rotation, path):
    path.touch()
    with pytest.raises(AssertionError) as failure:
        rotation.assert_nothing_lost("gone", target=path)
    assert str(failure.value) == (
        "log_rotation found 1 record lost\n"
        "\n"
        "  wanted    1 record, each in some generation of app.log\n"
        "  lost      1 record\n"
        "      [0]  'gone'\n"
        "  files     1 generation\n"
        f"      [0]  app.log  inode {path.stat().st_ino}  no line in 0 bytes  <- the path"
    )
