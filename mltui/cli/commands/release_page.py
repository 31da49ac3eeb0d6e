"""A release for people: what a decision needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mltui.cli.answer import Answer, plain
from mltui.cli.call import Call
from mltui.cli.commands.changes_page import changes_lines, harm_lines
from mltui.cli.commands.compare_page import against_lines
from mltui.cli.text import age, figure, moment_of, size, table
from mltui.domain.approval import Refusal
from mltui.domain.bias_in_sight import BiasInSight
from mltui.domain.names import release_name, version_name
from mltui.domain.release import Stage
from mltui.operations.acting.policy_record import try_policy
from mltui.operations.releases.against_production import sealed_against
from mltui.operations.releases.groups_in_sight import groups_in_sight
from mltui.operations.releases.seal import try_seal, try_sealed_evidence
from mltui.operations.standing.past_releases import release_state_at
from mltui.operations.standing.rollout_progress import progress_of
from mltui.operations.standing.staleness import stale_now
from mltui.operations.standing.state import ReleaseDetail, release_state
from mltui.operations.versions.answer_changes import checked_changes


def release_show(call: Call) -> Answer:
    at = moment_of(call.at)
    if at is not None:
        then = release_state_at(call.workspace, call.release, at)
        bias = groups_in_sight(call.workspace, then.release, None)
        return Answer({**_plain(then), "bias": plain(bias)}, release_lines(then, now=at, bias=bias))
    found = release_state(call.workspace, call.release)
    broken = try_seal(call.workspace, found.release)
    stale = stale_now(call.workspace, found.release)
    sealed = sealed_against(try_sealed_evidence(call.workspace, found.release))
    bias = groups_in_sight(call.workspace, found.release, try_policy(call.workspace)[0])
    data = {**_plain(found), "bias": plain(bias), "broken_seal": broken, "stale": stale, "against_production": sealed}
    against = [*broken, *filter(None, [stale])]
    below = [] if sealed is None else against_lines(sealed, version_name(found.release.version_id))
    below += decision_lines(found, against=against)
    return Answer(data, release_lines(found, now=call.workspace.now(), bias=bias, below=below))


def _plain(found: ReleaseDetail) -> dict[str, object]:
    changes = checked_changes(found.stages)
    harm = "" if changes is None else changes.harm(found.release.version_id)
    return {**plain(found.release), "harm": harm, "stages": found.stages, "approvals": found.approvals}


def release_lines(
    found: ReleaseDetail, *, now: datetime, bias: BiasInSight | None, below: Sequence[str] = ()
) -> list[str]:
    release = found.release
    version, changes = version_name(release.version_id), checked_changes(found.stages)
    lines = harm_lines("" if changes is None else changes.harm(release.version_id))
    lines += [
        f"{release_name(release.id)}   {version} to {release.environment}   {release.state.value}"
        + (f": {release.failure}" if release.failure else ""),
        f"opened {age(release.opened_at, now)} ago by {release.opened_by}",
    ]
    if release.package:
        lines.append(f"package  {release.package}")
    if release.evidence:
        lines.append(f"evidence {release.evidence}")
    rows = [(stage.name, stage.state.value, _took(stage), stage.failure or "") for stage in found.stages]
    lines += ["", *table(rows, head=("STAGE", "STATE", "TOOK", "")), *_steps(found)]
    data = {stage.name: stage.data for stage in found.stages}
    lines += _checks(data.get("checks", {})) + _bias(bias) + changes_lines(None if changes is None else changes.changes)
    lines += _profile(data.get("profile", {})) + _smoke(data.get("smoke", {}))
    for each in found.approvals:
        note = f" ({each.note})" if each.note else ""
        note += f" BY BREAKING THE GLASS: {each.emergency}" if each.emergency else ""
        lines.append(f"{each.decision} by {each.person}{note}, {age(each.at, now)} ago: {each.comment or 'no comment'}")
    return [*lines, *below]


def decision_lines(found: ReleaseDetail, *, against: Sequence[Refusal]) -> list[str]:
    """What to type next, or `against`: why nobody can approve it now, whoever asks."""
    release = found.release
    if release.state.value != "waiting_approval":
        return []
    checks = next((stage.data for stage in found.stages if stage.name == "checks"), {})
    return ["", *(_instead(against) or _next(version_name(release.version_id), checks, release.evidence))]


def _steps(found: ReleaseDetail) -> list[str]:
    """Where its traffic stands, and what to do where a person is waited for."""
    progress, name = progress_of(found.stages), release_name(found.release.id)
    if progress is None:
        return []
    lines = ["", f"traffic: {progress[1].words}"]
    if progress[1].state == "held":
        lines += [f"  mltui release continue {name}", f"  mltui release cancel {name}"]
    return lines


def _checks(found: Mapping[str, Any]) -> list[str]:
    rows = [
        (
            each["name"],
            f"{each['verdict']} (dry run)" if each.get("is_dry_run") else each["verdict"],
            figure(each["value"]),
            each["limit"],
            each["sentence"],
        )
        for each in found.get("checks", ())
    ]
    return ["", *table(rows, head=("CHECK", "VERDICT", "VALUE", "LIMIT", ""))] if rows else []


def _bias(found: BiasInSight | None) -> list[str]:
    return [] if found is None else ["", found.head, *(f"  {each}" for each in found.worst)]


def _profile(found: Mapping[str, Any]) -> list[str]:
    if not found:
        return []
    return [
        "",
        f"profile: p50 {found['latency_p50_ms']} ms, p95 {found['latency_p95_ms']} ms,"
        f" peak {size(found['peak_memory_bytes'])},"
        f" limit {size(found['memory_limit_bytes'])}, {found['requests_per_second']} requests/s",
    ]


def _smoke(found: Mapping[str, Any]) -> list[str]:
    if not found:
        return []
    rows = [
        (
            each["case"],
            each["expected"],
            each["answered"],
            figure(each["score"]),
            f"{each['milliseconds']:.0f} ms",
            "✓" if each["is_right"] else f"✗ {each['reason']}",
        )
        for each in found["answers"]
    ]
    return ["", *table(rows, head=("SMOKE CASE", "EXPECTED", "ANSWERED", "SCORE", "TOOK", ""))]


def _next(version: str, checks: Mapping[str, Any], evidence: str) -> list[str]:
    held = [
        each["name"]
        for each in checks.get("checks", ())
        if each["verdict"] == "inconclusive" and not each["is_dry_run"]
    ]
    acknowledge = "".join(f' --acknowledge "{name}"' for name in held)
    return [
        "decide:",
        f"  mltui approve {version} --evidence {evidence}{acknowledge}",
        f'  mltui reject {version} --comment "…"',
    ]


def _instead(against: Sequence[Refusal]) -> list[str]:
    """What is left to do where nobody can approve it."""
    return [f"nobody can approve it: {each.sentence}" for each in against] + [f"  {each.hint}" for each in against[:1]]


def _took(stage: Stage) -> str:
    if stage.started_at is None or stage.ended_at is None:
        return ""
    return f"{(stage.ended_at - stage.started_at).total_seconds():.1f} s"
