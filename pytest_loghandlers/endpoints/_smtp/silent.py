"""aiosmtpd's SMTP protocol, without a log record.

aiosmtpd logs each step to ``mail.log``. A handler under test sits on the root logger and waits, with its lock held,
for this very server: a record from here would wait for that lock, and both for each other until a timeout. So the
protocol is run from a copy of its module whose logger is in nobody's tree: no configuration reaches it, and the user's
own aiosmtpd, if there is one, keeps its logger.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import warnings
from types import ModuleType
from typing import Any, Final

SILENT: Final = logging.Logger("pytest_loghandlers.silent")  # noqa: LOG001 - outside the tree is the point
SILENT.disabled = True


def _copy_of_aiosmtpd() -> ModuleType:
    found = importlib.util.find_spec("aiosmtpd.smtp")
    if found is None or found.origin is None:
        raise ImportError("aiosmtpd.smtp cannot be found; pytest-loghandlers requires aiosmtpd>=1.4.6")
    name = f"{__package__}._aiosmtpd_smtp"
    spec = importlib.util.spec_from_file_location(name, found.origin)
    if spec is None or spec.loader is None:
        raise ImportError(f"aiosmtpd.smtp cannot be loaded from {found.origin}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # Its decorators look the module up.
    with warnings.catch_warnings():
        # aiosmtpd 1.4.6 imports typing.ByteString, which 3.15 warns of: nothing that the user's test could mend.
        warnings.simplefilter("ignore", DeprecationWarning)
        spec.loader.exec_module(module)
    vars(module)["log"] = SILENT
    return module


_copy: Final = _copy_of_aiosmtpd()
SMTP: Any = _copy.SMTP
AuthResult: Any = _copy.AuthResult
