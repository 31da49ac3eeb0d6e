"""Commands about the worker: whether it is there, started, ended, and brought up with the machine."""

from __future__ import annotations

from mltui.cli.answer import Answer, plain
from mltui.cli.call import Call
from mltui.cli.text import age
from mltui.errors import Refused, Unreachable


def worker_status(call: Call) -> Answer:
    from mltui.operations.standing.installation import installations_of
    from mltui.operations.workspaces.install_worker import missing_at_boot
    from mltui.processes import start_ticks
    from mltui.registry import jobs
    from mltui.registry import worker as heartbeat

    conn = call.workspace.registry.read()
    beat, waiting = heartbeat.read(conn), jobs.unfinished(conn)
    is_alive = beat is not None and start_ticks(beat.pid) == beat.start_ticks
    installed, missing = installations_of(conn), missing_at_boot(call.workspace)
    data = {"is_alive": is_alive, "heartbeat": beat, "jobs": waiting, "installed": installed, "at_boot": missing}
    who = " and ".join(f"{each.how} of {each.by}" for each in installed)
    boot = f"with the machine it is started by {who}" if who and not missing else missing
    if beat is None or not is_alive:
        told = f"no worker is there; {len(waiting)} jobs wait, the next act starts one"
    else:
        seen = age(beat.at, call.workspace.now())
        told = f"worker {beat.pid}, last seen {seen} ago, {len(waiting)} jobs under way"
    return Answer(plain(data), [told, *([boot] if boot else [])])


def worker_start(call: Call) -> Answer:
    from mltui.operations.acting.wake import wake_worker, worker_is_there
    from mltui.operations.acting.worker_need import needs_worker

    if call.if_needed and not needs_worker(call.workspace):
        return Answer({"woken": False}, ["there is nothing that a worker has to be there for"])
    if call.if_needed and worker_is_there(call.workspace):  # of whatever build: only a person's act replaces it
        return Answer({"woken": False}, ["a worker is there"])
    wake_worker(call.workspace)
    return Answer({"woken": True}, ["the worker is woken"])


def worker_stop(call: Call) -> Answer:
    from mltui.operations.acting.wake import living_worker, stop_worker

    found = living_worker(call.workspace)
    if found is None:
        raise Refused("no worker is there", hint="nothing has to be stopped")
    if not stop_worker(call.workspace):
        raise Unreachable(
            f"worker {found.pid} was asked to end and is still there",
            hint="it ends what it is at first; mltui worker status tells when it is gone",
            code="worker_still_there",
        )
    return Answer({"stopped": True}, ["the worker has ended; what it did is taken up by the next one"])


def worker_install(call: Call) -> Answer:
    from mltui.operations.workspaces.install_worker import install_worker, plan_installation

    if call.print:
        plan = plan_installation(call.workspace)
        shown = [part for place, text in plan.texts.items() for part in (f"# {place}", *text.splitlines(), "")]
        return Answer({"written": False, **plain(plan)}, [*shown, *plan.remarks])
    plan = install_worker(call.workspace)
    lines = [f"written: {place}" for place in plan.texts]
    return Answer(
        {"written": True, **plain(plan)}, [*lines, *plan.remarks, f"{plan.how} starts the worker from now on"]
    )


def worker_uninstall(call: Call) -> Answer:
    from mltui.operations.workspaces.install_worker import uninstall_worker

    found = uninstall_worker(call.workspace)
    return Answer({"removed": plain(found)}, [f"{found.how} does not start the worker any more"])
