"""The table of screens: one file and one line each."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from textual.screen import Screen


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    title: str
    target: str
    """`module:class` in this package, imported when it is opened."""
    number: str = ""
    """Key that goes there from everywhere; empty for a screen that is about one thing."""
    letter: str = ""
    """The same after `g`; of a screen about one thing, to what is under the cursor or the newest."""
    about: str = ""
    """What kind of thing that is."""

    def open(self, subject: str) -> Screen[Any]:
        module, _, name = self.target.partition(":")
        screen: Screen[Any] = getattr(importlib.import_module(f"{__package__}.{module}"), name)(subject)
        return screen


SCREENS = {
    entry.name: entry
    for entry in (
        Entry("overview", "Overview", "overview:OverviewScreen", "1", "o"),
        Entry("runs", "Runs", "runs:RunsScreen", "2", "r"),
        Entry("versions", "Versions", "versions:VersionsScreen", "3", "v"),
        Entry("releases", "Releases", "releases:ReleasesScreen", "4", "l"),
        Entry("environments", "Environments", "environments:EnvironmentsScreen", "5", "e"),
        Entry("audit", "Audit", "audit:AuditScreen", "6", "a"),
        Entry("bias", "Bias", "bias:BiasScreen", letter="b", about="version"),
        Entry("rows", "Rows", "group_rows:GroupRowsScreen"),
        Entry("mistakes", "Mistakes", "mistakes:MistakesScreen"),
        Entry("run", "Run", "run:RunScreen"),
        Entry("version", "Version", "version:VersionScreen"),
        Entry("compare", "Compare", "compare:CompareScreen"),
        Entry("thresholds", "Thresholds", "thresholds:ThresholdsScreen"),
        Entry("release", "Release", "release:ReleaseScreen"),
        Entry("help", "Help", "help:HelpScreen"),
    )
}
