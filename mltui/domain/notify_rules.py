"""What the policy may not say about programs that are told of events; whether they are there, the machine knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mltui.domain.event import SENTENCES
from mltui.domain.policy import EVERY_EVENT, Notifier, Policy

MOST_SECONDS = 300.0
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def notify_problems(policy: Policy) -> Iterator[tuple[str, str]]:
    """What is wrong, and what would be right."""
    for name, notifier in policy.notify.items():
        where = f"notify.{name}"
        if _NAME.fullmatch(name) is None:
            yield where, "name it with a lower-case letter and then letters, digits and -, 31 at most"
        yield from _problems(notifier, where)


def _problems(notifier: Notifier, where: str) -> Iterator[tuple[str, str]]:
    if not notifier.run or not notifier.run[0].startswith("/"):
        yield f"{where}.run has to begin with a program's whole path", 'for instance run = ["/usr/local/bin/page"]'
    if any("\0" in word for word in notifier.run):
        yield f"{where}.run holds a NUL", "take it out"
    if not notifier.on:
        yield f"{where}.on names no event", 'for instance on = ["SmokeFailed", "RolledBack"], or on = ["*"]'
    for kind in notifier.on:
        if kind != EVERY_EVENT and kind not in SENTENCES:
            import difflib  # needed for a mistake alone

            close = difflib.get_close_matches(kind, SENTENCES, 1)
            hint = f"did you mean {close[0]}?" if close else "mltui audit list shows events; * stands for all"
            yield f"{where}.on: “{kind}” is no kind of event", hint
    if not 0 < notifier.seconds <= MOST_SECONDS:
        yield f"{where}.seconds = {notifier.seconds}", f"a number above 0, {MOST_SECONDS:g} at most"
