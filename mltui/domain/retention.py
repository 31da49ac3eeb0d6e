"""Which servers stay warm, which cold and which go: first in line is what a rollback, an undo or `--to` could name."""

from __future__ import annotations

from collections.abc import Sequence

from mltui.domain.deployment import Deployment, DeploymentState
from mltui.domain.rollback import last_known_good, standing, undo_target

HAS_SERVER = frozenset(
    {
        DeploymentState.STARTING,
        DeploymentState.LIVE,
        DeploymentState.CANARY,
        DeploymentState.WARM,
        DeploymentState.COLD,
    }
)
_IDLE = (DeploymentState.WARM, DeploymentState.COLD)


def retention(
    deployments: Sequence[Deployment], *, current: Deployment, keep_warm: int, keep_cold: int
) -> list[tuple[Deployment, DeploymentState]]:
    """Every deployment of one environment that has a server and does not answer, with the state that it should have.

    The last known good comes first, then what an undo puts back, then what `--to` may name, then the rest; among
    equals what was left last.
    """
    ranked = _in_line(deployments, current)
    states = [DeploymentState.WARM] * keep_warm + [DeploymentState.COLD] * keep_cold
    states += [DeploymentState.GONE] * max(0, len(ranked) - len(states))
    return list(zip(ranked, states, strict=False))


def needed(deployments: Sequence[Deployment], *, current: Deployment | None) -> list[Deployment]:
    """Those of one environment that have a server, or that a rollback, an undo or `--to` could lead to.

    Nothing that they are started from may be taken away.
    """
    places = standing(deployments)
    undone = undo_target(deployments, current=current)
    return [
        each
        for each in deployments
        if each.state in HAS_SERVER
        or places[each.id].was_good
        or (undone is not None and places[each.id] is places[undone.id])
    ]


def _in_line(deployments: Sequence[Deployment], current: Deployment) -> list[Deployment]:
    places = standing(deployments)
    best = last_known_good(deployments, current=current)
    undone = undo_target(deployments, current=current)

    def worth(one: Deployment) -> tuple[object, ...]:
        place = places[one.id]
        return (
            best is not None and place is places[best.id],
            undone is not None and place is places[undone.id],
            place.was_good and one.version_id != current.version_id,
            one.live_until or one.created_at,
        )

    return sorted((each for each in deployments if each.state in _IDLE), key=worth, reverse=True)
