"""What has to hold of a world after each fault, as sentences about what does not."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.world import World
from stories.pictures import noise
from stories.soundness import is_in_line, strays

from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.event import Event
from mltui.engines.base import LABEL_WORKSPACE, State
from mltui.errors import MltuiError
from mltui.operations.acting.wake import worker_is_there
from mltui.operations.workspaces.audit import verify_history
from mltui.registry import deployments, environments, events, jobs
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.worker.environments.servers import is_running, server_names

SOUND_SECONDS = 90.0
_MAY_HAPPEN_AGAIN = {
    "WorkerStarted", "WorkerStopped", "SmokeFailed", "SmokeRecovered", "DeploymentRetired",
    "RequestTurnedStale", "RequestFreshAgain",
}  # fmt: skip
_ENDS = {
    "stage": ("StagePassed", "StageFailed", "StageSkipped"),
    "step": ("StepSucceeded", "StepFailed", "StepCached"),
    "release": ("ReleaseSucceeded", "ReleaseFailed", "ReleaseCancelled"),
    "run": ("RunSucceeded", "RunFailed", "RunCancelled"),
}


@dataclass(frozen=True, slots=True)
class Settled:
    seconds: float
    """Until one production answered again as the registry says, its gateway in line."""
    problems: tuple[str, ...]
    """What did not come to hold."""


def await_sound(world: World, since: float) -> Settled:
    """Somebody acts while there is no worker, or only one that hangs; that starts one."""
    in_line, problems = None, ["nobody looked"]
    while problems and time.monotonic() - since < SOUND_SECONDS:
        if not worker_is_there(world.workspace):
            world.ask("worker", "start").ending()
        problems = list(_of_production(world))
        if not problems and in_line is None:
            in_line = time.monotonic() - since
        problems += [*_of_work(world), *_of_containers(world)]
        time.sleep(0.05)
    problems += _of_history(world)
    return Settled(time.monotonic() - since if in_line is None else in_line, tuple(problems))


def _of_production(world: World) -> Iterator[str]:
    for environment in environments.list_environments(world.workspace.registry.read()):
        yield from _of_environment(world, environment)


def _of_environment(world: World, environment: Environment) -> Iterator[str]:
    known = deployments.of_environment(world.workspace.registry.read(), environment.name)
    live = [each for each in known if each.state is DeploymentState.LIVE]
    if [each.id for each in live] != [environment.deployment_id]:
        yield f"{environment.name} has {len(live)} live deployments"
        return
    answered = _answering(environment.endpoint)
    if answered != f"v{live[0].version_id}":
        yield f"{environment.name}: v{live[0].version_id} is on record, and the answer is {answered}"
    if not is_in_line(world.workspace, environment.name):
        yield f"the gateway of {environment.name} is out of line"
    if not is_running(world.workspace, live[0]):
        yield f"not every server of {environment.name} runs"


def _answering(endpoint: str) -> str:
    try:
        with PredictionClient.over_tcp(endpoint, timeout_seconds=5) as client:
            answer = client.predict(noise("dark", seed=5))
    except ServerUnreachable as error:
        return str(error)
    return str(answer.body["version"]) if answer.status == 200 else f"status {answer.status}"


def _of_work(world: World) -> Iterator[str]:
    for job in jobs.unfinished(world.workspace.registry.read()):
        yield f"{job.kind} {job.subject} is {job.state}"


def _of_containers(world: World) -> Iterator[str]:
    """Whatever runs is on record, and no process of it stands under no shim."""
    try:
        found = world.engine.list({LABEL_WORKSPACE: world.workspace.uuid})
    except MltuiError as error:
        yield error.message
        return
    running = {status.name for status in found if status.state is State.RUNNING}
    yield from (f"{name} runs off the record" for name in running - _names_on_record(world))
    if world.docker is None:
        yield from (f"{pid} runs astray: {command}" for pid, command in strays(world.workspace).items())


def _names_on_record(world: World) -> set[str]:
    workspace, names = world.workspace, set[str]()
    conn = workspace.registry.read()
    for environment in environments.list_environments(conn):
        names.add(workspace.container_name(f"gateway-{environment.name}"))
        for each in deployments.of_environment(conn, environment.name):
            if each.state in (DeploymentState.LIVE, DeploymentState.WARM):
                names.update(map(workspace.container_name, server_names(workspace, each)))
    return names


def _of_history(world: World) -> Iterator[str]:
    """The chain verifies, and nothing that happens once is in it twice."""
    try:
        verify_history(world.workspace)
    except MltuiError as error:
        yield error.message
    found = list(events.every(world.workspace.registry.read()))
    yield from (f"{kind} of {subject} is on record {count} times" for (kind, subject, _), count in _twice(found))
    for what, kinds in _ENDS.items():
        yield from (f"{name} has {count} ends" for name, count in _ends(found, what, kinds))


def _twice(found: Sequence[Event]) -> list[tuple[tuple[str, str, str], int]]:
    once = [each for each in found if each.kind not in _MAY_HAPPEN_AGAIN]
    identities = Counter((each.kind, each.subject, json.dumps(dict(each.data), sort_keys=True)) for each in once)
    return [(identity, count) for identity, count in identities.items() if count > 1]


def _ends(found: Sequence[Event], what: str, kinds: Sequence[str]) -> list[tuple[str, int]]:
    ended = [each for each in found if each.kind in kinds]
    counts = Counter(f"{each.subject} {each.data.get(what)} {each.data.get('attempt', '')}" for each in ended)
    return [(name, count) for name, count in counts.items() if count > 1]
