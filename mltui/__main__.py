"""`mltui`, also as `python -m mltui`: the console without a command, else the command line."""

from __future__ import annotations

import gc
import sys
from pathlib import Path


def main() -> int:
    from mltui.cli.main import run

    return run(sys.argv[1:], open_console=_open_console)


def _open_console(folder: Path | None, directory: Path, show: tuple[str, str]) -> int:
    gc.disable()  # until the first screen stands: what is imported is no garbage
    from mltui.tui.start import open_console

    return open_console(folder, directory=directory, show=show)


if __name__ == "__main__":
    raise SystemExit(main())
