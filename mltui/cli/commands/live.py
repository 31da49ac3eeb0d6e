"""Commands that tell what answers: `which` on the quickest way. They change nothing and start no worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mltui.cli.answer import Answer, plain
from mltui.cli.call import Call
from mltui.cli.text import age, moment_of, table
from mltui.domain.deployment import Environment
from mltui.domain.names import data_name, deployment_name, release_name, version_name
from mltui.domain.release import Release
from mltui.errors import WorkFailed
from mltui.operations.standing import which as reading
from mltui.operations.standing.answering import Answering, EnvironmentDetail

if TYPE_CHECKING:
    from datetime import datetime

    from mltui.operations.standing.state import WorkspaceState


def status(call: Call) -> Answer:
    from mltui.operations.standing.state import workspace_state

    found, now = workspace_state(call.workspace), call.workspace.now()
    lines = [f"project {found.project}   workspace {call.workspace.folder}   {_engine(call)}"]
    lines += [f"! {each.sentence}, {age(each.since, now)} ago; {each.hint}" for each in found.alarms]
    lines += [_environment_line(each, now) for each in found.environments] or ["nothing was released yet"]
    for release in found.waiting:
        lines.append(
            f"? {release_name(release.id)} of {version_name(release.version_id)} waits for a decision"
            f" since {age(release.waiting_since, now)}: mltui release show {release_name(release.id)}"
        )
        if release_name(release.id) in found.stale:
            lines.append(f"  ! {found.stale[release_name(release.id)]}")
    lines += [
        f"… run {run.id} {run.state.value} since {age(run.started_at or run.requested_at, now)}"
        for run in found.running
    ]
    lines += [_releasing_line(each, found) for each in found.releasing]
    lines.append(
        f"worker {'seen ' + age(found.worker_seen_at, now) + ' ago' if found.worker_seen_at else 'not running'}"
    )
    return Answer(plain(found), lines, _illness(found))


def _releasing_line(release: Release, found: WorkspaceState) -> str:
    name = release_name(release.id)
    what, progress = f"{name} of {version_name(release.version_id)}", found.steps.get(name)
    if progress is None:
        return f"… {what} on its way"
    if progress.state != "held":
        return f"… {what} on its way: {progress.words}"
    return f"? {what}, {progress.words}: mltui release continue {name}"


def _illness(found: WorkspaceState) -> WorkFailed | None:
    """So that a script that asks for the status is told by its exit code."""
    for each in found.environments:
        environment = each.environment
        if environment.is_smoke_green is False and not environment.is_stopped:
            return WorkFailed(
                f"{environment.name} is ill: {environment.smoke_failure}",
                hint=f"mltui rollback {environment.name}",
                code="ill",
            )
    return None


def _engine(call: Call) -> str:
    from mltui.errors import ConfigInvalid

    try:
        name = call.workspace.policy().engine
    except ConfigInvalid as error:
        return f"THE POLICY CANNOT BE READ: {error.message}"
    return "engine docker" if name == "docker" else "engine process (no containers, nothing is isolated)"


def which(call: Call) -> Answer:
    at = moment_of(call.at)
    found = reading.which(call.workspace, call.environment, at=at)
    data = {
        "environment": call.environment,
        "endpoint": found.environment.endpoint,
        "url": found.environment.url,
        **_live(found),
    }
    if found.deployment is None:
        return Answer(data, [f"{call.environment}: {_why_silent(found.environment)}"])
    name = version_name(found.deployment.version_id)
    told = f"{name}   {deployment_name(found.deployment.id)}   {_address(found.environment)}{parts_of(found)}"
    return Answer(data, [told, *_origin_lines(found)])


def env_list(call: Call) -> Answer:
    from mltui.cli.commands.read import limit_of
    from mltui.operations.standing.browse import list_environments

    limit = limit_of(call)
    found = list_environments(call.workspace, matching=call.match, at=moment_of(call.at), limit=limit)
    now = moment_of(call.at) or call.workspace.now()
    lines = [_environment_line(each, now) for each in found] or [
        "no environment matches" if call.match else "nothing was released yet"
    ]
    return Answer({"environments": found}, lines)


def env_show(call: Call) -> Answer:
    found = reading.environment_state(call.workspace, call.environment, at=moment_of(call.at))
    now = moment_of(call.at) or call.workspace.now()
    rows = [
        (deployment_name(each.id), version_name(each.version_id), each.state.value,
         f"restores {deployment_name(each.restores_id)}" if each.restores_id
         else release_name(each.release_id) if each.release_id else "–",
         age(each.live_from, now), "baked" if each.is_baked else "healthy" if each.was_healthy_when_replaced else "",
         f"withdrawn: {each.withdrawn_reason}" if each.withdrawn_reason else "")
        for each in found.history
    ]  # fmt: skip
    habits = _habits(found) if call.at is None else []  # the history does not tell them
    head = ("DEPLOYMENT", "VERSION", "SERVER", "BY", "LIVE SINCE", "GOOD", "")
    return Answer(plain(found), [_environment_line(found, now), *habits, *table(rows, head=head)])


def _habits(found: EnvironmentDetail) -> list[str]:
    """What the gateway was told when it was started."""
    environment, said = found.environment, []
    if found.deployment is not None and found.deployment.replicas > 1:
        replayed = f"; bodies up to {environment.replay_bytes // 1024} KiB are sent again when one dies"
        unkept = "; none is sent again when one dies: mltui env stop and env start set that right"
        said.append(f"{found.deployment.replicas} servers{replayed if environment.replay_bytes else unkept}")
    if environment.sticky_header:
        said.append(f"callers stay with a version by {environment.sticky_header}")
    if environment.metrics_endpoint:
        said.append(f"metrics http://{environment.metrics_endpoint}/metrics, of a server /metrics/d18.1")
    return said


def _origin_lines(found: EnvironmentDetail) -> list[str]:
    origin = found.origin
    if origin is None:
        return []
    release = "" if origin.release_id is None else f", {release_name(origin.release_id)}"
    return [f"trained on {data_name(origin.data)}, approved by {', '.join(origin.approved_by) or 'nobody'}{release}"]


def _live(found: EnvironmentDetail) -> dict[str, object]:
    live, environment = found.deployment, found.environment
    return {
        "version": version_name(live.version_id) if live else None,
        "deployment": deployment_name(live.id) if live else None,
        "package": live.package if live else None,
        "live_from": live.live_from if live else None,
        "answering": [part_as_json(each) for each in found.answering],
        "data": data_name(found.origin.data) if found.origin else None,
        "release": release_name(found.origin.release_id) if found.origin and found.origin.release_id else None,
        "approved_by": found.origin.approved_by if found.origin else (),
        "is_stopped": environment.is_stopped,
        "is_smoke_green": environment.is_smoke_green,
        "smoked_at": environment.smoked_at,
    }


def _why_silent(environment: Environment) -> str:
    if environment.is_dormant:
        return f"not running since the workspace was restored; mltui env start {environment.name}"
    return "stopped, answers 503" if environment.is_stopped else "nothing is live"


def parts_of(found: EnvironmentDetail) -> str:
    """What is put behind a line about an environment; empty while one version answers alone."""
    said = ", ".join(f"{version_name(each.deployment.version_id)} {each.percent} %" for each in found.answering)
    return f"   ⇄ SHARED: {said}" if len(found.answering) > 1 else ""


def part_as_json(each: Answering) -> dict[str, object]:
    return {
        "version": version_name(each.deployment.version_id),
        "deployment": deployment_name(each.deployment.id),
        "percent": each.percent,
    }


def _address(environment: Environment) -> str:
    """The history may tell of no endpoint; what answers has one."""
    return f"{environment.url}/predict" if environment.url else "(its endpoint of then is not recorded)"


def _environment_line(found: EnvironmentDetail, now: datetime) -> str:
    environment, live = found.environment, found.deployment
    lock = f"   ! LOCKED by {environment.locked_by}: {environment.lock_reason}" if environment.is_locked else ""
    if live is None:
        sign = "■" if environment.is_stopped else "·"
        return f"{sign} {environment.name}: {_why_silent(environment)}{lock}"
    health = {True: "✓ smoke green", False: f"✗ SMOKE FAILED: {environment.smoke_failure}", None: ""}[
        environment.is_smoke_green
    ]
    smoked = f"{health} {age(environment.smoked_at, now)} ago" if health else "no smoke on record"
    return (
        f"{version_name(live.version_id)} in {environment.name} for {age(live.live_from, now)}   {smoked}"
        f"   {_address(environment)}{parts_of(found)}{lock}"
    )
