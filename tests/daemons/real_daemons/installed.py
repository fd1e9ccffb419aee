"""Where the daemons are: unpacked Debian packages in one folder, or what the system has.

The two Debian packages conflict, so at most one of them is installed; ``.ci/unpack_daemons`` unpacks both into a
folder, and ``LOGHANDLERS_TEST_DAEMONS`` names it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

FOLDER = "LOGHANDLERS_TEST_DAEMONS"
#: What the profiles imitate: other versions do some things otherwise.
VERSIONS = {"rsyslogd": "8.2302", "syslog-ng": "3.38"}


@dataclass(frozen=True)
class Program:
    path: Path
    #: Where its modules are, when it is not installed where it was built for.
    modules: Path | None
    environment: dict[str, str]

    @property
    def version(self) -> str:
        """Return ``8.2302.0`` or ``3.38.1``."""
        option = "-v" if self.path.name == "rsyslogd" else "-V"
        asked = subprocess.run(
            [self.path, option], env=self.environment, capture_output=True, text=True, timeout=30, check=True
        )
        # `rsyslogd  8.2302.0 (aka 2023.02) ...`, `syslog-ng 3 (3.38.1)`
        return asked.stdout.splitlines()[0].split("(")[0 if option == "-v" else 1].split()[-1].rstrip(")")


def why_not(name: str, program: Program | None) -> str | None:
    """Return the reason why a daemon cannot be compared with its profile, or None."""
    if program is None:
        return f"{name} is not here: `bash .ci/unpack_daemons FOLDER` brings it, {FOLDER}=FOLDER names it"
    if not program.version.startswith(f"{VERSIONS[name]}."):
        return f"{name} is {program.version} here, and the profile imitates {VERSIONS[name]}"
    return None


def find(name: str, a_module: str) -> Program | None:
    """Return the daemon ``rsyslogd`` or ``syslog-ng``; ``a_module`` is the file name of one of its modules."""
    folder = os.environ.get(FOLDER)
    if folder:
        path = Path(folder, "usr/sbin", name)
        modules = next((each.parent for each in sorted(Path(folder).rglob(a_module))), None)
        if path.exists() and modules is not None:
            libraries = {each.parent for each in Path(folder).rglob("*.so.*")}
            search = os.pathsep.join(str(each) for each in sorted(libraries))
            return Program(path, modules, {**os.environ, "LD_LIBRARY_PATH": search})
    system = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
    return None if system is None else Program(Path(system), None, dict(os.environ))
