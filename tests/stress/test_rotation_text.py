"""One line about a file."""

from pathlib import Path

from pytest_loghandlers.stress._rotation_files import Generation
from pytest_loghandlers.stress._rotation_text import file_line


def test_a_generation_in_one_line():
    current = Generation(Path("logs/app.log"), 7, 1234, "a\nb\n", 1230, is_current=True)
    deleted = Generation(None, 8, 2, "a\n", 0, is_current=False)
    assert file_line(current) == "app.log  inode 7  2 lines in 1,234 bytes, 1,230 of them NUL  <- the path"
    assert file_line(deleted) == "(deleted)  inode 8  1 line in 2 bytes"
