"""What stands in the place of a part that cannot be told."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from mltui.tui.presentation.table import shortened


def lost_lines(lost: Sequence[str], width: int) -> list[Text]:
    return [shortened(Text(f"✗ its {' and '.join(lost)} cannot be read: the row is damaged", "red"), width)]
