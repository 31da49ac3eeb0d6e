"""Commands that read runs, versions, releases, data and history. They change nothing and start no worker."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from mltui.cli.answer import Answer, plain
from mltui.cli.call import Call
from mltui.cli.commands.data_page import bias_lines
from mltui.cli.text import age, figure, moment_of, size, table
from mltui.domain.harm import Harm
from mltui.domain.names import data_name, release_name, version_name
from mltui.errors import NotFound, UsageError
from mltui.operations.standing import browse, past_releases, state
from mltui.operations.versions.data_bias import try_data_bias

MOST_ROWS = 1_000_000

Choice = TypeVar("Choice", bound=StrEnum)

_MARKS = {
    "succeeded": "✓", "passed": "✓", "live": "✓", "failed": "✗", "rejected": "✗", "running": "…", "queued": "…",
    "waiting_approval": "?", "waiting": "?", "inconclusive": "?", "skipped": "-", "cancelled": "-",
}  # fmt: skip


def run_list(call: Call) -> Answer:
    from mltui.domain.run import WorkState

    wanted = _one_of(WorkState, call.state)
    found = browse.list_runs(call.workspace, matching=call.match, state=wanted, limit=limit_of(call))
    now = call.workspace.now()
    rows = [
        (str(run.id), f"{_mark(run.state)} {run.state.value}", run.commit[:10], age(run.requested_at, now),
         run.requested_by, version_name(run.version_id) if run.version_id else "", run.message[:40])
        for run in found
    ]  # fmt: skip
    return Answer({"runs": found}, table(rows, head=("RUN", "STATE", "COMMIT", "AGE", "BY", "VERSION", "MESSAGE")))


def run_show(call: Call) -> Answer:
    from mltui.operations.standing.progress import progress_of

    found = state.run_state(call.workspace, call.run)
    run = found.run
    beside = " (the work tree had changes beside it)" if run.is_dirty else ""
    lines = [
        f"run {run.id} {_mark(run.state)} {run.state.value}" + (f": {run.failure}" if run.failure else ""),
        f"commit {run.commit[:12]} on {run.branch or 'no branch'}{beside}, by {run.author_name} <{run.author_email}>",
        f"data {data_name(run.data)}   engine {run.engine}   asked for by {run.requested_by}",
    ]
    rows = []
    for step in found.steps:
        took = (
            ""
            if step.started_at is None or step.ended_at is None
            else f"{(step.ended_at - step.started_at).total_seconds():.1f} s"
        )
        origin = f"cached from run {step.cached_from}" if step.cached_from else step.container_id[:12]
        rows.append((step.step, f"{_mark(step.state)} {step.state.value}", took, origin, step.failure or ""))
    progress = progress_of(call.workspace, run.id)
    lines += table(rows, head=("STEP", "STATE", "TOOK", "CONTAINER", ""))
    if progress is not None and not run.state.is_over:
        lines.append(str(progress))
    return Answer({**plain(run), "steps": found.steps, "progress": progress}, lines)


def run_logs(call: Call) -> Answer:
    from mltui.operations.runs.run_log import log_lines

    run = state.run_state(call.workspace, call.run).run
    found = log_lines(call.workspace, run.id, step=call.step)
    lines = [f"{line.step:<9} {line.text}" for line in found]
    return Answer({"run": run.id, "lines": found}, lines or [f"nothing is logged of run {run.id}"])


def version_list(call: Call) -> Answer:
    asked, at = {"matching": call.match, "sort": call.sort, "limit": limit_of(call)}, moment_of(call.at)
    found = (
        browse.list_versions(call.workspace, **asked)
        if at is None
        else past_releases.versions_at(call.workspace, at, **asked)
    )
    facts = [each.facts for each in found]
    main = call.sort or browse.main_metric(facts[0].task if facts else "classification")
    now = at or call.workspace.now()
    rows = [
        (
            version_name(each.id) + ("" if each.threshold is None else f" ≥{each.threshold:g}"),
            figure(each.metrics.get(main)),
            age(each.created_at, now),
            each.commit[:10],
            data_name(each.data),
            each.engine,
            _harmed(row.harm),
        )
        for row in found
        for each in [row.facts]
    ]
    kept = ("id", "run_id", "created_at", "task", "metrics", "commit", "data", "engine", "requested_by", "threshold")
    data = [{key: getattr(row.facts, key) for key in kept} | {"harm": row.harm} for row in found]
    head = ("VERSION", main.upper(), "AGE", "COMMIT", "DATA", "ENGINE", "HARMS")
    return Answer({"versions": data}, table(rows, head=head))


def _harmed(harm: Harm | None) -> str:
    if harm is None:
        return ""
    return f"✗ {harm.group} ({harm.attribute}){harm.more}, against {version_name(harm.baseline)}"


def version_show(call: Call) -> Answer:
    from mltui.cli.commands.version_page import version_lines
    from mltui.operations.versions.model_card import card_of

    at = moment_of(call.at)
    found = (
        state.version_state(call.workspace, call.version)
        if at is None
        else past_releases.version_state_at(call.workspace, call.version, at)
    )
    card = card_of(call.workspace, found.version)
    data = {**plain(found.version), "notes": found.notes, "releases": found.releases, "model_card": card}
    data |= {"pin": found.pin, "pruned": found.pruned}
    return Answer(data, version_lines(found, card=card, now=at or call.workspace.now()), error=found.damage)


def release_list(call: Call) -> Answer:
    from mltui.domain.release import ReleaseState

    wanted = _one_of(ReleaseState, call.state)
    asked, at = {"matching": call.match, "state": wanted, "limit": limit_of(call)}, moment_of(call.at)
    found = (
        browse.list_releases(call.workspace, **asked)
        if at is None
        else past_releases.releases_at(call.workspace, at, **asked)
    )
    now = at or call.workspace.now()
    rows = [
        (
            release_name(each.id),
            version_name(each.version_id),
            each.environment,
            f"{_mark(each.state)} {each.state.value}",
            age(each.opened_at, now),
            each.failure or "",
        )
        for each in found
    ]
    return Answer({"releases": found}, table(rows, head=("RELEASE", "VERSION", "TO", "STATE", "AGE", "")))


def data_list(call: Call) -> Answer:
    found = browse.list_data(call.workspace, matching=call.match, limit=limit_of(call))
    now = call.workspace.now()
    rows = [
        (data_name(each.digest), str(each.files), size(each.bytes_total), age(each.imported_at, now), each.source)
        for each in found
    ]
    return Answer({"data": found}, table(rows, head=("DATA", "FILES", "SIZE", "AGE", "SOURCE")))


def data_show(call: Call) -> Answer:
    from mltui.registry import data_versions, versions

    found = data_versions.find(call.workspace.registry.read(), call.data)
    if found is None:
        raise NotFound(f"there is no data version {call.data}", hint="mltui data list shows what there is")
    tree = call.workspace.store.tree(found.digest)
    folders = Counter("/".join(entry.path.split("/")[:-1]) or "." for entry in tree.entries)
    lines = [f"{data_name(found.digest)}   {found.files} files, {size(found.bytes_total)}, from {found.source}"]
    lines += table([(name, str(count)) for name, count in sorted(folders.items())], head=("FOLDER", "FILES"))
    trained = versions.of_data(call.workspace.registry.read(), found.digest)
    bias, problem = (None, "") if trained is None else try_data_bias(trained)
    lines += [] if bias is None else bias_lines(bias, problem)
    of = None if trained is None else version_name(trained.id)
    return Answer(
        {
            **plain(found),
            "folders": dict(folders),
            "version": of,
            "bias": bias and plain(bias),
            "problem": problem or None,
        },
        lines,
    )


def audit_list(call: Call) -> Answer:
    found = browse.list_events(
        call.workspace,
        matching=call.match,
        subject=call.subject,
        until=moment_of(call.at),
        limit=limit_of(call),
    )
    lines = [f"{each.sequence:>6}  {each.at.astimezone():%Y-%m-%d %H:%M:%S}  {each.actor:<10} {each}" for each in found]
    return Answer({"events": found}, lines or ["no event matches"])


def audit_verify(call: Call) -> Answer:
    from mltui.operations.workspaces.audit import verify_history

    report = verify_history(call.workspace, head=call.head)
    return Answer(
        plain(report),
        [f"{report.count} events, whole and unaltered; {report.signatures} signatures hold; head {report.head}"],
    )


def audit_export(call: Call) -> Answer:
    from mltui.operations.workspaces.audit import export_history

    file = call.directory / Path(call.file).expanduser()
    count = export_history(call.workspace, file)
    return Answer({"file": file, "events": count}, [f"{count} events written to {file}"])


def policy_check(call: Call) -> Answer:
    from mltui.domain.passable import gates_for_others
    from mltui.errors import ConfigInvalid
    from mltui.operations.acting.notices import program_problem
    from mltui.operations.environments.endpoint_guard import guard_notes, require_guards
    from mltui.operations.releases.passable_gates import impassable_gates
    from mltui.operations.releases.pooled_checks import undecidable_checks
    from mltui.operations.releases.unchecked_groups import unchecked_groups

    policy, folder, now = call.workspace.policy(), call.workspace.folder, call.workspace.now()
    for impassable in impassable_gates(call.workspace, policy).values():
        raise impassable
    for name, notifier in policy.notify.items():
        problem = program_problem(notifier)
        if problem:
            raise ConfigInvalid(f"notify.{name}.run: {problem}", hint="install it, or name another program")
    require_guards(folder, policy, now=now)
    notes = list(guard_notes(folder, policy, now=now))
    notes += [f"! {name}: {warning}" for name, warning in gates_for_others(policy).items()]
    notes += [f"! {name}: {warning}" for name, warning in undecidable_checks(call.workspace, policy)]
    notes += [f"! {name}: {warning}" for name, warning in unchecked_groups(call.workspace, policy)]
    lines = [
        f"{name}: {len(rules.checks)} checks, approvers {', '.join(rules.gate.approvers) or 'nobody'}"
        for name, rules in policy.environments.items()
    ]
    return Answer({"policy": policy, "notes": notes}, ["the policy can be used", *lines, *notes])


def limit_of(call: Call) -> int:
    if not 1 <= call.limit <= MOST_ROWS:
        raise UsageError(f"--limit has to be 1 or more, and at most {MOST_ROWS}", hint="for instance --limit 20")
    return int(call.limit)


def _mark(value: object) -> str:
    return _MARKS.get(str(getattr(value, "value", value)), "·")


def _one_of(kind: type[Choice], value: str | None) -> Choice | None:
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(each.value for each in kind)
        raise UsageError(f"“{value}” is no state", hint=f"there are: {known}") from None
