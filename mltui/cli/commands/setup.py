"""Commands that set things up: init, hooks, worker, doctor."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from mltui.cli.answer import Answer, plain
from mltui.cli.asking import agrees
from mltui.cli.call import Call
from mltui.errors import NotFound, Refused

_QUESTION = "You are its only operator. May you approve what you asked for or wrote yourself?"


def init(call: Call) -> Answer:
    from mltui.operations.workspaces.initialise import init_workspace

    folder = None if call.workspace_flag is None else Path(call.workspace_flag)
    project_folder = call.project_folder
    self_approval = call.self_approval or agrees(_QUESTION, is_batch=call.batch)
    workspace = init_workspace(
        project_folder, folder=folder, engine=call.engine, self_approval=self_approval, group=call.group
    )
    policy = workspace.policy()
    lines = [
        f"workspace of project {workspace.project_name} made in {workspace.folder}",
        f"engine: {policy.engine}{_why(call.engine, policy.engine)}",
        f"its rules are in {workspace.folder / 'policy.toml'}; mltui policy check tells whether they can be used",
        "next: mltui train --follow, or mltui hook install to train at each commit",
    ]
    gate = policy.environments["production"].gate
    if not gate.self_approval:
        lines.insert(
            3,
            "nobody may approve what they asked for or wrote: add a second approver, or set self_approval = true"
            " (mltui init --self-approval sets it)",
        )
    data = {
        "workspace": workspace.folder,
        "project": workspace.project_name,
        "engine": policy.engine,
        "uuid": workspace.uuid,
    }
    workspace.close()
    return Answer(data, lines)


def _why(asked_for: str | None, engine: str) -> str:
    if engine != "process":
        return ""
    return f" ({'' if asked_for else 'no Docker Engine answered: '}steps and servers are local processes)"


def hook_install(call: Call) -> Answer:
    from mltui.operations.runs.hook import install_hooks

    paths = install_hooks(call.workspace, call.project_folder)
    return Answer({"hooks": paths}, [f"installed {path}" for path in paths])


def hook_remove(call: Call) -> Answer:
    from mltui.operations.runs.hook import remove_hooks

    paths = remove_hooks(call.project_folder)
    return Answer({"hooks": paths}, [f"removed {path}" for path in paths])


def workspace_remove(call: Call) -> Answer:
    from mltui.operations.runs.hook import forget_workspace
    from mltui.operations.workspaces.take_away import take_away

    folder = call.workspace.folder
    take_away(call.workspace, named=call.project)
    with suppress(NotFound, Refused):
        forget_workspace(call.project_folder, folder)
    return Answer({"removed": folder}, [f"{folder} is gone, with all that ran for it"])


def doctor(call: Call) -> Answer:
    from mltui.operations.workspaces.examine import examine

    findings = examine(call.directory, workspace_flag=call.workspace_flag)
    lines = [
        f"{'✓' if each.is_fine else '–' if each.is_optional else '✗'} {each.name}: {each.sentence}"
        + (f"\n    {each.remedy}" if each.remedy and not each.is_fine else "")
        for each in findings
    ]
    bad = [each for each in findings if not each.is_fine and not each.is_optional]
    error = bad[0].kind(f"{bad[0].name}: {bad[0].sentence}", hint=bad[0].remedy, code="not_ready") if bad else None
    data = [{**plain(each), "kind": each.kind.default_code} for each in findings]
    return Answer({"findings": data}, [part for line in lines for part in line.split("\n")], error)
