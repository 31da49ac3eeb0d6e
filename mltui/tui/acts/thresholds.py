"""The threshold of a version: looked at, and taken."""

from __future__ import annotations

from rich.text import Text

from mltui.domain.names import release_name, version_name
from mltui.domain.release import Release
from mltui.operations.releases.overtaken import overtaken_by_a_new_version
from mltui.operations.versions.thresholds import take_threshold
from mltui.tui.desk import Desk
from mltui.tui.dialogs.confirm import ConfirmDialog


async def explore(desk: Desk, subject: str) -> None:
    """On the figure under the cursor, where there is one."""
    figure = desk.place.subject_of("figure") if desk.place is not None else None
    desk.open_screen("thresholds", figure or subject)


async def take(desk: Desk, subject: str) -> None:
    """`subject` is a version and a threshold, as `v7 0.62`."""
    version, _, threshold = subject.partition(" ")
    overtaken = await desk.ask(overtaken_by_a_new_version)
    lines: list[Text | str] = [
        f"A run measures the model of {version} with the threshold {threshold}; nothing is trained again.",
        "It registers a new version, which serves with it once it has passed the same gate.",
        f"{version} stays as it is. The next commit knows nothing of it, unless mltui.toml says so.",
        *map(_superseded, overtaken),
    ]
    if not await desk.push_screen_wait(ConfirmDialog(f"Take {threshold}", lines, yes="take it")):
        return
    requested = await desk.ask(lambda workspace: take_threshold(workspace, version, float(threshold)))
    if not requested.is_new:
        desk.notify(f"run {requested.run.id} took {threshold} for {version} already", markup=False)
    desk.open_screen("run", str(requested.run.id))


def _superseded(release: Release) -> Text:
    name, version = release_name(release.id), version_name(release.version_id)
    return Text(f"! {name} of {version}, which waits for a decision, is superseded by the new one's release.", "yellow")
