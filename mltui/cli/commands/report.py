"""The report of a version."""

from __future__ import annotations

from pathlib import Path

from mltui.cli.answer import Answer
from mltui.cli.call import Call
from mltui.domain.names import version_name


def report(call: Call) -> Answer:
    from mltui.operations.report.gathered import gather
    from mltui.operations.report.page import file_name, markdown, write

    found = gather(call.workspace, call.version)
    name = version_name(found.version.id)
    if call.md and call.out is None:
        text = markdown(found)
        return Answer({"version": name, "markdown": text}, text.splitlines())
    usual = file_name(found.project, found.version.id, is_markdown=call.md)
    file = call.directory / Path(call.out or usual).expanduser()
    write(found, file, is_markdown=call.md)
    return Answer({"version": name, "file": str(file)}, [f"report of {name} written to {file}"])
