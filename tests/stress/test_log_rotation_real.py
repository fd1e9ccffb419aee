"""The real logrotate beside ours: the same files, inodes, sizes, modes and contents."""

import logging
import logging.handlers
import os
import shutil
import stat
import subprocess

import pytest

from pytest_loghandlers import LogRotation

LOGROTATE = shutil.which("logrotate", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")

pytestmark = pytest.mark.skipif(LOGROTATE is None, reason="logrotate is not installed (CI installs it)")

HANDLERS = {
    "FileHandler": logging.FileHandler,
    "FileHandler(w)": lambda path: logging.FileHandler(path, mode="w"),
    "WatchedFileHandler": logging.handlers.WatchedFileHandler,
    "RotatingFileHandler": lambda path: logging.handlers.RotatingFileHandler(path, maxBytes=10_000, backupCount=3),
}
MODES = {
    "rename_and_create": "rotate 9\ncreate",
    "rename_and_create 0600": "rotate 9\ncreate 0600",
    "copytruncate": "rotate 9\ncopytruncate",
    "delete": "rotate 0\nnocreate",
}


def real(path, mode):
    config = path.parent.with_name(f"{path.parent.name}.conf")
    config.write_text(f"{path} {{\n{MODES[mode]}\n}}\n")
    config.chmod(0o600)
    state = config.with_suffix(".state")
    done = subprocess.run(
        [LOGROTATE, "-f", "-s", str(state), str(config)], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr


def ours(path, mode):
    with LogRotation() as rotation:
        how, _, permissions = mode.partition(" ")
        if permissions:
            rotation.rename_and_create(path, mode=int(permissions, 8))
        else:
            getattr(rotation, how)(path)


def story(directory, rotate, mode, kind):
    """Log, rotate, log, rotate, log; return every file with what is in it and which inode it is, in order of birth."""
    directory.mkdir(mode=0o700)
    path = directory / "app.log"
    handler = HANDLERS[kind](path)
    born, held = [], []
    try:
        path.chmod(0o640)
        for turn in range(3):
            if turn and path.exists():
                rotate(path, mode)
            handler.handle(logging.makeLogRecord({"msg": f"turn {turn}"}))
            # Held open, so that no inode number is given out twice.
            held.append(os.dup(handler.stream.fileno()))
            inode = os.fstat(held[-1]).st_ino
            if inode not in born:
                born.append(inode)
        files = []
        for file in sorted(directory.iterdir()):
            status = file.stat()
            is_handlers = born.index(status.st_ino) if status.st_ino in born else "not the handler's"
            files.append((file.name, is_handlers, status.st_size, stat.S_IMODE(status.st_mode), file.read_bytes()))
        return len(born), files
    finally:
        handler.close()
        for descriptor in held:
            os.close(descriptor)


@pytest.mark.parametrize("kind", HANDLERS)
@pytest.mark.parametrize("mode", MODES)
def test_a_handler_under_ours_ends_as_under_the_real_one(tmp_path, mode, kind):
    expected = story(tmp_path / "real", real, mode, kind)
    assert story(tmp_path / "ours", ours, mode, kind) == expected


def test_the_real_one_skips_a_symbolic_link_as_ours_does(tmp_path):
    directory = tmp_path / "logs"
    directory.mkdir(mode=0o700)
    (directory / "real.log").write_text("x\n")
    (directory / "app.log").symlink_to("real.log")
    config = tmp_path / "conf"
    config.write_text(f"{directory / 'app.log'} {{\nrotate 3\ncreate\n}}\n")
    config.chmod(0o600)
    done = subprocess.run(
        [LOGROTATE, "-v", "-f", "-s", str(tmp_path / "state"), str(config)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert "symbolic link" in done.stderr
    assert sorted(file.name for file in directory.iterdir()) == ["app.log", "real.log"]
