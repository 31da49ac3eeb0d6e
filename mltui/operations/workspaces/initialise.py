"""Makes a workspace: folders, registry, policy, and the clone's pointer to it."""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid as uuids
from pathlib import Path

from mltui.config.project import read_project
from mltui.domain.actor import Actor
from mltui.domain.project import Project
from mltui.errors import Conflict, MltuiError, NotFound, Refused
from mltui.operations.acting.policy_record import policy_on_record
from mltui.operations.runs.commits import configure, read_commit
from mltui.operations.runs.places_in_repository import place_of_folder
from mltui.registry import Registry, events
from mltui.workspace import (
    REGISTRY_FILE,
    Workspace,
    current_actor,
    is_workspace,
    keep_shared,
    refuse_unfit_place,
    states_folder,
)

POLICY_TEMPLATE = Path(__file__).resolve().parent.parent.parent / "templates" / "policy.toml"
FOLDERS = ("store", "runs", "run", "processes", "models", "releases")


def init_workspace(
    project_folder: Path,
    *,
    folder: Path | None = None,
    engine: str | None = None,
    self_approval: bool = False,
    group: str | None = None,
    policy_template: Path = POLICY_TEMPLATE,
) -> Workspace:
    """Raises `Conflict` when the folder is a workspace already; nothing of it is touched then."""
    project = read_project(project_folder)
    place = (folder or states_folder() / project.name).expanduser().absolute()
    if is_workspace(place):
        raise Conflict(
            f"{place} is a workspace already", hint="mltui status shows it; name another folder with --workspace"
        )
    if place.exists() and any(place.iterdir()):
        raise Refused(f"{place} is not empty", hint="name a new folder with --workspace")
    refuse_unfit_place(place)
    make_folders(place, group=group)
    actor = current_actor()
    chosen = engine or engine_that_answers()
    (place / "policy.toml").write_text(
        _policy_text(policy_template, actor, project_folder, engine=chosen, self_approval=self_approval).replace(
            "@BIAS@", _bias_checks(project)
        ),
        "utf-8",
    )
    registry = Registry.create(place / REGISTRY_FILE, workspace_uuid=str(uuids.uuid4()), project=project.name)
    workspace = Workspace(folder=place, registry=registry, actor=actor)
    workspace.try_lay_reserve()
    with registry.write() as tx:
        data = {"project": project.name, "engine": chosen}
        events.append(tx, "WorkspaceCreated", project.name, data, actor=str(actor), at=workspace.now())
    policy_on_record(workspace)
    with contextlib.suppress(NotFound):  # not under git yet; `locate` still finds it by the project's name
        configure(project_folder, place=place_of_folder(project_folder), workspace=place)
    return workspace


def make_folders(place: Path, *, group: str | None) -> None:
    """A workspace's, for its owner alone or for a group; raises `Refused` where there is no such group.

    Of several who make them at once all but one meet `Conflict`.
    """
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o700 if group is None else 0o2770)
    if group is not None:
        try:
            shutil.chown(place, group=group)
        except (LookupError, PermissionError) as error:
            raise Refused(
                f"the workspace cannot be given to group {group}: {error}", hint="name a group that you are in"
            ) from error
        place.chmod(0o2770)
        keep_shared(place)
    for name in FOLDERS:
        try:
            (place / name).mkdir()
        except FileExistsError:
            raise Conflict(f"somebody else makes {place} right now", hint="mltui status shows it in a moment") from None
        (place / name).chmod(0o755 if group is None else 0o2775)


def engine_that_answers() -> str:
    from mltui.engines import docker_answers

    return "docker" if docker_answers() else "process"


def _policy_text(template: Path, actor: Actor, project_folder: Path, *, engine: str, self_approval: bool) -> str:
    email = _own_email(project_folder)
    return (
        template.read_text("utf-8")
        .replace("@ENGINE@", engine)
        .replace("@OPERATOR@", _key(actor.login))
        .replace("@LOGIN@", actor.login)
        .replace("@EMAILS@", f'"{email}"' if email else "")
        .replace("@SELF_APPROVAL@", "true" if self_approval else "false")
    )


def _bias_checks(project: Project) -> str:
    """A line for each declared attribute: told with every release, and in nobody's way before somebody decides so."""
    metric = "recall" if project.task == "classification" else "mae"
    lines = [
        f'{{ metric = "{metric}", attribute = {json.dumps(name, ensure_ascii=False)}, dry_run = true }},'
        for name in project.data.attributes
    ]
    note = ["# dry_run: told with each release, and stops none; leave it out to have the check decide"] if lines else []
    return "".join(f"  {line}\n" for line in [*note, *lines])


def _own_email(project_folder: Path) -> str:
    try:
        return read_commit(project_folder).author_email.replace('"', "").replace("\\", "")
    except MltuiError:
        return ""


def _key(login: str) -> str:
    return login if login.replace("-", "").replace("_", "").isalnum() and login.isascii() else "operator"
