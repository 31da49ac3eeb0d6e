"""Whatever is done to an environment, in whatever order: one deployment is live, the weights make 100 or nothing."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from operations.gates import write_policy
from operations.small_project import lay_down, under_git
from registry.registry_values import NOW, add_deployment, add_run, add_version

from mltui.domain.deployment import Deployment, DeploymentState
from mltui.operations.workspaces.audit import verify_history
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import deployments, environments
from mltui.worker.environments import gateways, sharing, stopping, traffic
from mltui.worker.environments.place import Place

_ACTS = st.sampled_from(["release", "release", "share", "share", "canary", "give back", "roll back", "stop", "start"])
_STEPS = st.lists(st.tuples(_ACTS, st.integers(0, 99), st.integers(1, 99)), max_size=12)


def test_one_is_live_and_the_weights_make_100(tmp_path: Path) -> None:
    workspace = init_workspace(
        under_git(lay_down(tmp_path / "project")), folder=tmp_path / "workspace", engine="process"
    )
    write_policy(workspace)
    count = iter(range(1000))

    @given(_STEPS)
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def check(steps: list[tuple[str, int, int]]) -> None:
        place = Place(workspace, f"production-{next(count)}", workspace.policy().environments["production"], "process")
        for act, choice, percent in steps:
            _act(place, act, choice, percent)
            _assert_sound(place)

    check()
    verify_history(workspace)
    workspace.close()


def _act(place: Place, act: str, choice: int, percent: int) -> None:
    """As the worker commits each, without servers and gateway."""
    current, known = place.current(), _known(place)
    others = [each for each in known if each.state in (DeploymentState.WARM, DeploymentState.CANARY)]
    with place.workspace.registry.write() as tx:
        if act == "release":
            traffic.commit_switch(tx, place, _new(tx, place), left=current, by_release=True)
        if current is None or (act == "start" and not place.environment.is_stopped):
            return
        if act == "start":
            traffic.commit_switch(tx, place, current, left=current, by_release=False)
        if act == "stop":
            stopping.commit_stop(tx, place, actor="ann", reason="")
        if act == "roll back" and others:
            target = others[choice % len(others)]
            traffic.commit_switch(tx, place, _new(tx, place, restores=target), left=current, by_release=False)
        if place.environment.is_stopped:
            return
        if act == "share" and others:
            sharing.commit(tx, place, {current.id: 100 - percent, others[choice % len(others)].id: percent})
        if act == "canary":
            sharing.commit(tx, place, {current.id: 100 - percent, _new(tx, place).id: percent})
        if act == "give back":
            sharing.commit(tx, place, {current.id: 100})


def _new(tx: object, place: Place, *, restores: Deployment | None = None) -> Deployment:
    if restores is not None:
        return add_deployment(
            tx,
            environment=place.name,
            version_id=restores.version_id,
            restores_id=restores.id,  # type: ignore[arg-type]
        )
    version = add_version(tx, run_id=add_run(tx).id)  # type: ignore[arg-type]
    return add_deployment(tx, environment=place.name, version_id=version.id, created_at=NOW)  # type: ignore[arg-type]


def _known(place: Place) -> list[Deployment]:
    return deployments.of_environment(place.workspace.registry.read(), place.name)


def _assert_sound(place: Place) -> None:
    environment = environments.find(place.workspace.registry.read(), place.name)
    if environment is None:
        return
    known = _known(place)
    live = [each.id for each in known if each.state is DeploymentState.LIVE]
    assert live == ([] if environment.deployment_id is None else [environment.deployment_id])
    answers = bool(live) and not environment.is_stopped
    assert sum(backend.weight for backend in gateways.truth(place.workspace, environment)) == (100 if answers else 0)
    sharing_ones = {each.id for each in known if each.state is DeploymentState.CANARY}
    assert {*sharing_ones, *live} == {*(share.deployment_id for share in environment.shares), *live}
