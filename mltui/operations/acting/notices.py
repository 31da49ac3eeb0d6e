"""What a program outside is told of an event, and how it is called. Pure but for the look whether it is there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime

from mltui.domain.event import Event
from mltui.domain.policy import Notifier
from mltui.engines.command import CommandEnd, run_command
from mltui.workspace import Workspace

FORMAT = 1
TEST_KIND = "NotificationTest"
_ALLOWED = {
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
}  # fmt: skip


def tell(
    workspace: Workspace, notifier: Notifier, event: Event, *, is_stopping: Callable[[], bool] = lambda: False
) -> CommandEnd:
    """Calls the program, and returns when it has ended or was killed."""
    environment, given = notice_environment(dict(os.environ), workspace, event), notice_json(workspace, event)
    return run_command(notifier.run, given=given, env=environment, seconds=notifier.seconds, is_stopping=is_stopping)


def notice_json(workspace: Workspace, event: Event) -> bytes:
    """One object on one line; `text` is the event as a sentence."""
    said = {
        "mltui": FORMAT,
        "project": workspace.project_name,
        "workspace": str(workspace.folder),
        "event": {
            "sequence": event.sequence,
            "at": event.at.isoformat(),
            "actor": event.actor,
            "kind": event.kind,
            "subject": event.subject,
            "data": event.data,
            "hash": event.hash,
        },
        "text": sentence(event),
    }
    return json.dumps(said, ensure_ascii=False).encode() + b"\n"


def notice_environment(environment: Mapping[str, str], workspace: Workspace, event: Event) -> dict[str, str]:
    """Nothing of the event but words of ours and numbers: what people and programs wrote comes on stdin alone."""
    allowed = {name: value for name, value in environment.items() if name in _ALLOWED or name.startswith("LC_")}
    return {
        **allowed,
        "MLTUI_EVENT_KIND": event.kind,
        "MLTUI_EVENT_SUBJECT": event.subject,
        "MLTUI_EVENT_SEQUENCE": str(event.sequence),
        "MLTUI_EVENT_AT": event.at.isoformat(),
        "MLTUI_PROJECT": workspace.project_name,
        "MLTUI_WORKSPACE": str(workspace.folder),
    }


def sentence(event: Event) -> str:
    return "a test: nothing happened" if event.kind == TEST_KIND else str(event)


def test_event(workspace: Workspace, *, at: datetime) -> Event:
    """Of no history; its sequence number is 0."""
    return Event(0, at, str(workspace.actor), TEST_KIND, workspace.project_name, {}, "", "")


def outcome_of(end: CommandEnd, *, seconds: float) -> str:
    """A sentence with the last line of what the program said."""
    said = end.output.rpartition("\n")[2][:200]
    if end.is_killed:
        told = f"killed after {seconds:g} s"
    elif end.exit_code is None:
        told = "not started"
    else:
        told = "done" if end.exit_code == 0 else f"ended with {end.exit_code}"
    return f"{told}: {said}" if said else told


def program_problem(notifier: Notifier) -> str:
    """Why this machine cannot run it; empty where it can."""
    program = notifier.run[0]
    if not os.path.isfile(program):
        return f"there is no program {program}"
    return "" if os.access(program, os.X_OK) else f"{program} cannot be executed"
