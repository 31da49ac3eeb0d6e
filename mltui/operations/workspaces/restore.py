"""Makes a workspace out of a backup: whole or not at all, with a UUID of its own, and with nothing running."""

from __future__ import annotations

import os
import shutil
import uuid as uuids
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mltui.errors import Conflict, Damaged, Refused
from mltui.operations.workspaces.at_rest import AtRest, put_to_rest
from mltui.operations.workspaces.audit import verify_history
from mltui.operations.workspaces.guard_files import guard_files
from mltui.operations.workspaces.initialise import make_folders
from mltui.operations.workspaces.unpacking import Unpacked, read_header, unpack
from mltui.registry import events, meta, references
from mltui.registry.copying import require_whole
from mltui.workspace import Workspace, is_workspace, refuse_unfit_place, states_folder

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Restored:
    folder: Path
    project: str
    uuid: str
    made_at: str
    """When the backup was made, ISO 8601."""
    events: int
    """Of the backup; the restore adds its own."""
    blobs: int
    lost: tuple[str, ...]
    """Blobs that were damaged or missing already when the backup was made."""
    stopped: tuple[str, ...]
    ended: tuple[str, ...]
    wanting: tuple[str, ...]
    """Certificates, keys and tokens that its policy names and that are not there: no backup holds them."""


def restore(
    file: Path,
    folder: Path | None = None,
    *,
    group: str | None = None,
    on_progress: Progress = lambda done, total: None,
) -> Restored:
    """Into a folder that is not there yet, which is the usual one of the project unless named.

    Raises `Conflict` or `Refused` where something is there already, `Damaged` for a backup that is not whole; nothing
    is left behind then.
    """
    source = file.expanduser().absolute()
    place = (folder or states_folder() / read_header(source).project).expanduser().absolute()
    _require_free(place)
    refuse_unfit_place(place)
    with _laid_down_beside(place, group=group) as unfinished:
        unpacked = unpack(source, unfinished, on_progress=on_progress)
        return _revive(unfinished, place, unpacked)


def _require_free(place: Path) -> None:
    if is_workspace(place):
        raise Conflict(f"{place} is a workspace already", hint="name another folder with --workspace")
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise Refused(f"{place} is not empty", hint="name a new folder with --workspace")


@contextmanager
def _laid_down_beside(place: Path, *, group: str | None) -> Iterator[Path]:
    """A folder that becomes the place when all went well, and goes away otherwise."""
    unfinished = place.with_name(f".{place.name}.{os.urandom(4).hex()}.partial")
    try:
        make_folders(unfinished, group=group)
        yield unfinished
        os.sync()  # a power cut after the rename must not find files that are not on the disk yet
        unfinished.replace(place)
    except OSError as error:
        raise Refused(
            f"{place} cannot be made: {error}", hint="name a folder of yours, with room on its disk"
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _revive(unfinished: Path, place: Path, unpacked: Unpacked) -> Restored:
    workspace = Workspace.open(unfinished)
    with closing(workspace):
        _verify(workspace, unpacked)
        own = str(uuids.uuid4())
        rest = _settle(workspace, unpacked, own)
        workspace.try_lay_reserve()
        project = workspace.project_name
        wanting = tuple(str(_under(place, path, unfinished)) for path in guard_files(unfinished) if not path.exists())
    header = unpacked.header
    return Restored(
        folder=place,
        project=project,
        uuid=own,
        made_at=header.made_at,
        events=header.events,
        blobs=unpacked.blobs,
        lost=unpacked.lost,
        stopped=rest.stopped,
        ended=rest.ended,
        wanting=wanting,
    )


def _under(place: Path, path: Path, unfinished: Path) -> Path:
    return place / path.relative_to(unfinished) if path.is_relative_to(unfinished) else path


def _verify(workspace: Workspace, unpacked: Unpacked) -> None:
    conn, header = workspace.registry.read(), unpacked.header
    require_whole(conn)
    found = verify_history(workspace, head=header.head)
    if (found.count, workspace.uuid) != (header.events, header.workspace):
        raise Damaged(
            "the backup's registry is not the one that was saved", hint="take another backup", code="backup_damaged"
        )
    named = references.named(conn)
    reached = workspace.store.reachable(named)
    if unknown := (named - reached.blobs | reached.missing).difference(unpacked.lost):
        raise Damaged(
            f"blob {min(unknown)} is not in the backup, although its registry names it",
            hint="take another backup",
            code="backup_damaged",
        )


def _settle(workspace: Workspace, unpacked: Unpacked, own: str) -> AtRest:
    header, at, actor = unpacked.header, workspace.now(), str(workspace.actor)
    with workspace.registry.write() as tx:
        meta.put(tx, "workspace_uuid", own)
        said = {"made_at": header.made_at, "head": header.head, "was": header.workspace, "is": own}
        events.append(tx, "WorkspaceRestored", header.project, said, actor=actor, at=at)
        return put_to_rest(tx, actor=actor, at=at)
