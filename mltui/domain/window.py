"""When an environment may be deployed to: weekdays and hours of the day, by the clock of one place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FORM = re.compile(r"(?P<days>\S+) (?P<start>\d\d?(?::\d\d)?)-(?P<end>\d\d?(?::\d\d)?) (?P<zone>\S+)")
_EXAMPLE = "for instance Mon-Fri 09:00-16:00 Europe/Berlin"


@dataclass(frozen=True, slots=True)
class DeployWindow:
    days: frozenset[int]
    """0 for Monday."""
    start_minute: int
    end_minute: int
    """Minutes from midnight; from `start_minute` on, and before `end_minute`."""
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> DeployWindow:
        """`Mon-Fri 09:00-16:00 Europe/Berlin`; days also as `Mon,Wed,Sat`. Raises `ValueError` with a sentence."""
        found = _FORM.fullmatch(text.strip().replace("–", "-"))
        if found is None:
            raise ValueError(f"“{text}” is no window: {_EXAMPLE}")
        start, end = _minute(found["start"]), _minute(found["end"])
        if start >= end:
            raise ValueError(f"“{text}” ends before it begins; a window lies within one day")
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # reads many files, and few policies have a window

        try:
            zone = ZoneInfo(found["zone"])
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no time zone “{found['zone']}” on this machine: {_EXAMPLE}") from None
        return cls(frozenset(_days(found["days"])), start, end, zone)

    def is_open(self, at: datetime) -> bool:
        local = at.astimezone(self.zone)
        return local.weekday() in self.days and self.start_minute <= local.hour * 60 + local.minute < self.end_minute

    def next_opening(self, at: datetime) -> datetime:
        """By the clock of the window's zone; `at` itself while it is open."""
        local = at.astimezone(self.zone)
        if self.is_open(at):
            return local
        start = time(self.start_minute // 60, self.start_minute % 60)
        starts = (datetime.combine(local.date() + timedelta(days=ahead), start, self.zone) for ahead in range(8))
        return next(each for each in starts if each > local and each.weekday() in self.days)


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    if int(hour) * 60 + int(minute or 0) > 24 * 60 or int(minute or 0) > 59:
        raise ValueError(f"“{text}” is no time of the day: {_EXAMPLE}")
    return int(hour) * 60 + int(minute or 0)


def _days(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise ValueError(f"“{part}” is no weekday: {', '.join(_DAYS)}, or from one to another, {_EXAMPLE}")
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        found += [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]
    return found
