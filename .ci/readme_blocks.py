"""Write the two ``sh`` blocks of README's section "Run it" to ``block1.sh`` and ``block2.sh``.

Usage: ``readme_blocks.py README.md FOLDER``. Any other number of blocks is an error.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path


def main(readme: str, folder: str) -> None:
    text = Path(readme).read_text(encoding="utf-8")
    section = re.search(r"^## Run it\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    if section is None:
        sys.exit(f'{readme} has no section "## Run it"')
    blocks = re.findall(r"^```sh\n(.*?)^```$", section[1], re.DOTALL | re.MULTILINE)
    if len(blocks) != 2:
        sys.exit(f'"Run it" in {readme} holds {len(blocks)} sh blocks, not two')
    for number, block in enumerate(blocks, 1):
        Path(folder, f"block{number}.sh").write_text(block, encoding="utf-8")


main(*sys.argv[1:])
