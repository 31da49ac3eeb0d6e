"""Every state as symbol and word: ✓ good, ✗ bad, ? asks a person, … under way, · nothing, ! attention, - skipped."""

from __future__ import annotations

from rich.text import Text

from mltui.tui.presentation.literal import literal

_GOOD, _BAD, _ASKS = ("✓", "green"), ("✗", "red"), ("?", "yellow")
_MOVES, _NOTHING, _ATTENTION, _SKIPPED = ("…", "cyan"), ("·", "dim"), ("!", "yellow"), ("-", "dim")

_LOOKS: dict[str, tuple[str, str]] = {
    # work
    "queued": _NOTHING, "running": _MOVES, "waiting": _ASKS, "succeeded": _GOOD, "failed": _BAD,
    "cancelled": _SKIPPED, "skipped": _SKIPPED,
    # releases
    "waiting_approval": _ASKS, "rejected": _BAD, "superseded": _SKIPPED, "expired": _ATTENTION,
    "rolled_back": _ATTENTION,
    # deployments
    "starting": _MOVES, "live": _GOOD, "canary": _MOVES, "warm": ("·", "cyan"), "cold": _NOTHING, "gone": _NOTHING,
    "restored": _NOTHING,
    # checks and groups
    "passed": _GOOD, "inconclusive": _ASKS, "within": _GOOD, "outside": _BAD, "too few": _ATTENTION,
    "undecided": _ASKS,
}  # fmt: skip

_WORDS = {"waiting_approval": "waits for a decision", "rolled_back": "rolled back"}
_SHORT_WORDS = {"waiting_approval": "waits"}


def mark(state: str) -> Text:
    """Symbol and word of a state or verdict of the domain; one that nobody knows gets `!` and is shown as it is."""
    return Text.assemble((symbol(state), style(state)), " ", (word(state), style(state)))


def short_mark(state: str) -> Text:
    """For a column, where whom it waits for goes without saying."""
    return Text(f"{symbol(state)} {_SHORT_WORDS.get(str(state), word(state))}", style(state))


def symbol(state: str) -> str:
    return _look(state)[0]


def word(state: str) -> str:
    name = str(state)
    return _WORDS[name] if name in _WORDS else literal(name)


def style(state: str) -> str:
    return _look(state)[1]


def is_known(state: str) -> bool:
    return str(state) in _LOOKS


def health(*, is_green: bool | None) -> Text:
    """Of an environment, by its last smoke."""
    if is_green is None:
        return Text("· not smoked yet", "dim")
    return Text("✓ healthy", "green") if is_green else Text("✗ ill", "red")


def _look(state: str) -> tuple[str, str]:
    return _LOOKS.get(str(state), _ATTENTION)
