"""`mltui`, also as `python -m mltui`."""

from __future__ import annotations

import sys


def main() -> int:
    from mltui.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
