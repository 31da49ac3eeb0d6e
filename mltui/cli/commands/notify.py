"""Commands about the programs outside that are told of events."""

from __future__ import annotations

from mltui.cli.answer import Answer, plain
from mltui.cli.call import Call
from mltui.cli.commands.read import limit_of
from mltui.cli.text import age, table
from mltui.operations.workspaces import notify


def notify_list(call: Call) -> Answer:
    found, now = notify.notifier_states(call.workspace), call.workspace.now()
    rows = [
        (
            each.name,
            ", ".join(each.notifier.on),
            str(each.pending),
            str(each.missed),
            "never" if each.last is None else f"{age(each.last.tried_at, now)} ago",
            f"✗ {each.problem}" if each.problem else each.notifier.run[0],
        )
        for each in found
    ]
    head = ("NAME", "ON", "PENDING", "MISSED", "LAST TOLD", "PROGRAM")
    return Answer({"notifiers": plain(found)}, table(rows, head=head) if rows else ["the policy has no [notify.NAME]"])


def notify_log(call: Call) -> Answer:
    found, now = notify.delivery_log(call.workspace, limit=limit_of(call)), call.workspace.now()
    rows = [
        (
            str(each.delivery.sequence),
            each.delivery.notifier,
            each.delivery.state.value,
            str(each.delivery.attempts),
            age(each.delivery.tried_at, now),
            each.delivery.outcome,
            "" if each.event is None else str(each.event),
        )
        for each in found
    ]
    head = ("EVENT", "NAME", "STATE", "TRIED", "AGO", "OUTCOME", "")
    return Answer({"deliveries": plain(found)}, table(rows, head=head) if rows else ["nobody was told of anything"])


def notify_test(call: Call) -> Answer:
    end = notify.try_out(call.workspace, call.name)
    said = [f"  {line}" for line in end.output.splitlines()]
    return Answer({"name": call.name, "output": end.output}, [f"{call.name} was told of a test", *said])


def notify_retry(call: Call) -> Answer:
    count = notify.retry_missed(call.workspace, call.name)
    return Answer({"name": call.name, "count": count}, [f"{call.name} is told again of {count} events"])


def notify_dismiss(call: Call) -> Answer:
    count = notify.dismiss_missed(call.workspace, call.name)
    return Answer({"name": call.name, "count": count}, [f"{count} events that {call.name} missed are left at that"])
