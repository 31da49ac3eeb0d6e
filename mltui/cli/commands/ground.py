"""Commands that keep the ground in order: backup, restore, prune."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mltui.cli import diagnostics
from mltui.cli.answer import Answer
from mltui.cli.call import Call
from mltui.cli.text import seconds_of, size, table
from mltui.errors import Damaged

_TENTHS = 10


def backup(call: Call) -> Answer:
    from mltui.operations.workspaces.backup import make_backup

    made = make_backup(call.workspace, Path(call.file), on_progress=_teller("saved"))
    lines = [
        f"{made.file}: {size(made.bytes)}, {made.blobs} blobs, {made.events} events",
        f"its history ends with {made.head}",
        *(f"not in it, save it yourself: {each}" for each in made.left_out),
    ]
    return Answer({"backup": made}, lines, _loss(made.lost, "could not be saved"))


def restore(call: Call) -> Answer:
    from mltui.operations.workspaces.restore import restore as bring_back

    folder = None if call.workspace_flag is None else Path(call.workspace_flag)
    made = bring_back(Path(call.file), folder, group=call.group, on_progress=_teller("restored"))
    where = f"mltui --workspace {made.folder}"
    lines = [
        f"project {made.project} restored to {made.folder}, as it was at {made.made_at}",
        f"{made.blobs} blobs and {made.events} events, all verified",
        *(f"{each} was under way and has ended" for each in made.ended),
        *(f"{each} is not there, and the policy names it: put it back" for each in made.wanting),
        *(f"{each} does not run: {where} env start {each}" for each in made.stopped),
    ]
    return Answer({"restored": made}, lines, _loss(made.lost, "were lost before the backup was made"))


def prune(call: Call) -> Answer:
    from mltui.operations.pruning.prune import ages_of, plan_pruning
    from mltui.operations.pruning.prune import prune as take

    age = None if call.older_than is None else seconds_of(call.older_than)
    act = plan_pruning if call.dry_run else take
    found = act(call.workspace, ages_of(call.workspace, older_than_seconds=age), with_models=call.models)
    kinds = found.by_kind()
    rows = [(kind, str(count), size(count_bytes)) for kind, (count, count_bytes) in kinds.items()]
    lines = table(rows, head=("WHAT", "HOW MANY", "SIZE")) if rows else ["nothing is old that nothing needs"]
    lines += [f"left alone: {each}" for each in found.left]
    if rows:
        lines.append(f"{size(found.bytes)} {'would be' if found.is_dry_run else 'are'} free")
    return Answer({"pruning": found, "bytes": found.bytes}, lines)


def _loss(lost: tuple[str, ...], how: str) -> Damaged | None:
    if not lost:
        return None
    return Damaged(
        f"{len(lost)} blobs {how}: {', '.join(lost[:3])}{' …' if len(lost) > 3 else ''}",
        hint="all else is there; take these from an older backup, or train those versions again",
        code="blobs_lost",
    )


def _teller(done_word: str) -> Callable[[int, int], None]:
    """On stderr, a line for each tenth of what takes long."""
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        tenths = _TENTHS * done // max(1, total)
        if tenths > told and total > 2**28:
            told = tenths
            diagnostics.say(f"{size(done)} of {size(total)} {done_word}")

    return tell
