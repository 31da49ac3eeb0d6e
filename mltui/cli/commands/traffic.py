"""Commands that move the traffic of an environment; like their imports they are short, for they are in a hurry."""

from __future__ import annotations

from mltui.cli.answer import Answer
from mltui.cli.call import Call
from mltui.domain.names import parse_id
from mltui.errors import UsageError
from mltui.operations.acting.finish import wait_for_job
from mltui.operations.environments.roll_back import request_rollback, request_start, request_stop

ROLLBACK_SECONDS = 120.0


def rollback(call: Call) -> Answer:
    to_version = None if call.to is None else parse_id("version", call.to)
    if to_version is not None and call.undo:
        raise UsageError("--to and --undo exclude each other", hint="name a version, or undo")
    job = request_rollback(call.workspace, call.environment, reason=call.reason, to_version=to_version, undo=call.undo)
    result = wait_for_job(call.workspace, job, timeout_seconds=ROLLBACK_SECONDS).result
    restored, left, smoke = result["restored"], result["left"], result["smoke"]
    fate = "withdrawn" if left["is_withdrawn"] else "no longer live" if call.undo else "without a part of the traffic"
    lines = [f"{call.environment} answers from {restored['version']} again, {left['version']} is {fate}"]
    lines += [f"smoke: {smoke['sentence']}", *(f"skipped: {each}" for each in result["skipped"])]
    return Answer(result, lines)


def traffic(call: Call) -> Answer:
    """Without parts it only tells them, and starts no worker."""
    environment, words = call.environment, list(call.parts)
    if "=" in environment:
        environment, words = "production", [environment, *words]
    if not words:
        return _traffic_now(call, environment)
    from mltui.operations.environments.share_traffic import percents_of, request_share

    job = request_share(call.workspace, environment, percents_of(words))
    result = wait_for_job(call.workspace, job, timeout_seconds=ROLLBACK_SECONDS).result
    said = ", ".join(f"{each['version']} {each['percent']} %" for each in result["shares"])
    return Answer(result, [f"{environment} is answered by {said}"])


def _traffic_now(call: Call, environment: str) -> Answer:
    from mltui.cli.commands.live import part_as_json
    from mltui.operations.standing.which import which

    shares = [part_as_json(each) for each in which(call.workspace, environment).answering]
    lines = [f"{each['percent']:>3} %   {each['version']}   {each['deployment']}" for each in shares]
    return Answer({"environment": environment, "shares": shares}, lines or [f"nobody answers in {environment}"])


def lock(call: Call) -> Answer:
    from mltui.operations.environments.lock import lock as put_on

    found = put_on(call.workspace, call.environment, reason=call.reason)
    line = f"{found.name} is locked: {found.lock_reason}; rollbacks go on, mltui unlock {found.name} ends it"
    return Answer({"environment": found}, [line])


def unlock(call: Call) -> Answer:
    from mltui.operations.environments.lock import unlock as take_off

    before = take_off(call.workspace, call.environment, reason=call.reason)
    return Answer(
        {"environment": before.name, "ended": before.lock_reason},
        [f"{before.name} may be deployed to again; it was locked by {before.locked_by}: {before.lock_reason}"],
    )


def env_stop(call: Call) -> Answer:
    job = request_stop(call.workspace, call.environment, reason=call.reason)
    result = wait_for_job(call.workspace, job, timeout_seconds=ROLLBACK_SECONDS).result
    return Answer(
        result, [f"{call.environment} is stopped and answers 503; mltui env start {call.environment} ends that"]
    )


def env_start(call: Call) -> Answer:
    job = request_start(call.workspace, call.environment)
    result = wait_for_job(call.workspace, job, timeout_seconds=ROLLBACK_SECONDS).result
    line = f"{call.environment} answers again from {result['deployment']}, {result['version']}"
    withdrawn = result["withdrawn"]
    return Answer(result, [line if withdrawn is None else f"{line}, which had been withdrawn: {withdrawn}"])
