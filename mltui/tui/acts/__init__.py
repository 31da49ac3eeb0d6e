"""Every act that a person can do: one table that keys, palette, help and the copied command are made from."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass

from mltui.tui.desk import Desk


@dataclass(frozen=True, slots=True)
class Act:
    name: str
    key: str
    title: str
    help: str
    target: str
    """`module:function` in this package: `async (desk, subject)`, with its dialogs one after the other."""
    needs: str = ""
    """What has to be under the cursor: run, version, release, environment or threshold; else empty."""
    words: str = ""
    """Words after `mltui --batch`, with `{}` for the subject; empty where no command does the same."""

    async def carry_out(self, desk: Desk, subject: str) -> None:
        module, _, name = self.target.partition(":")
        await getattr(importlib.import_module(f"{__name__}.{module}"), name)(desk, subject)

    def command(self, subject: str) -> Sequence[str]:
        return self.words.format(subject).split()


ACTS = {
    act.name: act
    for act in (
        Act(
            "approve",
            "a",
            "Approve",
            "let this version go to production",
            "decide:approve_release",
            needs="release",
            words="approve {}",
        ),
        Act(
            "reject",
            "x",
            "Reject",
            "end this release, with a reason",
            "decide:reject_release",
            needs="release",
            words="reject {}",
        ),
        Act(
            "break_glass",
            "G",
            "Break the glass",
            "approve in an emergency, aloud until another approver has seen it",
            "decide:break_glass",
            needs="release",
            words="approve {}",
        ),
        Act(
            "acknowledge",
            "A",
            "Acknowledge",
            "say that you have seen the emergency",
            "decide:acknowledge_release",
            needs="release",
            words="release acknowledge {}",
        ),
        Act(
            "go_on",
            "o",
            "Go on",
            "let this release go on, which waits in a step of its traffic",
            "decide:go_on_with_release",
            needs="release",
            words="release continue {}",
        ),
        Act(
            "roll_back",
            "b",
            "Roll back",
            "bring back the last known good version",
            "traffic:roll_back",
            needs="environment",
            words="rollback {}",
        ),
        Act(
            "undo",
            "u",
            "Undo rollback",
            "put back what the last rollback withdrew",
            "traffic:undo",
            needs="environment",
            words="rollback {} --undo",
        ),
        Act(
            "start",
            "R",
            "Start again",
            "end a stop",
            "traffic:start",
            needs="environment",
            words="env start {}",
        ),
        Act(
            "unlock",
            "U",
            "Unlock",
            "end a lock",
            "traffic:unlock_environment",
            needs="environment",
            words="unlock {}",
        ),
        Act(
            "stop",
            "S",
            "Stop",
            "answer 503 from now on",
            "traffic:stop",
            needs="environment",
            words="env stop {}",
        ),
        Act(
            "lock",
            "L",
            "Lock",
            "let nothing be deployed; rollbacks go on",
            "traffic:lock_environment",
            needs="environment",
            words="lock --environment {}",
        ),
        Act(
            "share",
            "W",
            "Weights",
            "share the traffic between versions that were good here",
            "traffic:share",
            needs="environment",
            words="traffic {}",
        ),
        Act(
            "compare",
            "d",
            "Compare",
            "compare with production's version, and that one with what it replaced",
            "looks:compare",
            needs="version",
            words="version compare {}",
        ),
        Act(
            "cancel",
            "c",
            "Cancel",
            "end this run",
            "training:cancel",
            needs="run",
            words="run cancel {}",
        ),
        Act(
            "resume",
            "e",
            "Resume",
            "run again what failed",
            "training:resume",
            needs="run",
            words="run resume {}",
        ),
        Act(
            "release_version",
            "p",
            "Release",
            "open the release of this version",
            "training:release",
            needs="version",
            words="release open {}",
        ),
        Act(
            "note",
            "n",
            "Note",
            "add a note to this version",
            "notes:add",
            needs="version",
            words="version note {}",
        ),
        Act(
            "pin",
            "P",
            "Pin",
            "keep this version's files whatever is pruned, or let them go again",
            "notes:pin",
            needs="version",
            words="version pin {}",
        ),
        Act(
            "thresholds",
            "T",
            "Thresholds",
            "see what another threshold of this version would do to every group",
            "thresholds:explore",
            needs="version",
            words="version thresholds {}",
        ),
        Act(
            "take_threshold",
            "K",
            "Take it",
            "make this threshold part of a new version, by the same gate",
            "thresholds:take",
            needs="threshold",
            words="version threshold {}",
        ),
        Act(
            "train",
            "t",
            "Train",
            "train a version from the newest commit",
            "training:train",
            words="train",
        ),
        Act(
            "report",
            "E",
            "Report",
            "write one page about this version, for people without a terminal",
            "reporting:write_report",
            needs="version",
            words="report {}",
        ),
        Act(
            "copy_command",
            "C",
            "Copy command",
            "show and copy the same as a command",
            "looks:copy_command",
        ),
        Act(
            "bias",
            "B",
            "Bias",
            "for whom this version is worse, group by group",
            "looks:bias",
            needs="version",
            words="version bias {}",
        ),
    )
}
