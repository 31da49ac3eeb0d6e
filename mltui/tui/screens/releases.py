"""Releases: the newest first, and who decided on each."""

from __future__ import annotations

from functools import partial

from mltui.domain.names import release_name
from mltui.operations.releases.release_page import release_rows
from mltui.operations.standing.browse import count_releases
from mltui.tui.presentation.releases import RELEASE_FLEXIBLE, RELEASE_HEAD, release_cells
from mltui.tui.screens.listing import ListScreen
from mltui.tui.widgets.rows import Listing, Row
from mltui.workspace import Workspace


class ReleasesScreen(ListScreen):
    screen_name = "releases"
    opens = "release"
    empty = "no release yet: p on a version opens one"

    @property
    def command(self) -> str:
        return "release list"

    def read(self, workspace: Workspace) -> Listing:
        return Listing(
            head=RELEASE_HEAD,
            count=count_releases(workspace, matching=self.matching),
            page=partial(_page, workspace, self.matching),
            align="<<<<>",
            flexible=RELEASE_FLEXIBLE,
        )


def _page(workspace: Workspace, matching: str, offset: int, limit: int) -> list[Row]:
    now = workspace.now()
    return [
        Row(release_name(each.release.id), release_cells(each.release, each.approvals, now))
        for each in release_rows(workspace, matching=matching, offset=offset, limit=limit)
    ]
