"""The demo's throw-away project: a sample's files, its data drawn by the sample's own program, and its commits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mltui.errors import NotFound, WorkFailed
from mltui.operations.demo.waiting import Say

PACKAGE = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class DemoScript:
    """How a sample's data is made, and what the second commit changes."""

    program: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    parameter: tuple[str, int]
    purpose: str
    """Message of the first commit."""
    told: str


SCRIPTS = {
    "tacos": DemoScript(
        "draw.py",
        (),
        ("--extra-night", "200"),
        ("seed", 2),
        "Tell tacos from burritos",
        "200 more pictures taken at night, and another training seed",
    ),
    "loans": DemoScript(
        "make.py",
        (),
        ("--count", "5000"),
        ("seed", 2),
        "Decide on loans",
        "1,000 more applications, and another training seed",
    ),
    "housing": DemoScript(
        "make.py",
        (),
        ("--extra-harbour", "600"),
        ("seed", 2),
        "Tell the price of a home",
        "600 more sales by the harbour, and another training seed",
    ),
}


def sample_folder(sample: str) -> Path:
    """In the wheel beside the package's code, in a clone beside the package."""
    places = [PACKAGE / "sample_data" / sample, PACKAGE.parent / "sample_data" / sample]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise NotFound(
            f"the sample project {sample} is not installed",
            hint="install mltui again, from its wheel or its repository",
        )
    return found


def lay_down_project(place: Path, sample: str, say: Say) -> Path:
    project = place / "project"
    shutil.copytree(sample_folder(sample), project, ignore=shutil.ignore_patterns("__pycache__"))
    say(f"drawing the data of {sample} into {project}")
    _draw(project, SCRIPTS[sample], SCRIPTS[sample].first)
    _git(project, "init", "-q", "-b", "main")
    _git(project, "config", "user.name", "Demo Operator")
    _git(project, "config", "user.email", "operator@demo.invalid")
    return project


def change_project(project: Path, sample: str) -> None:
    """One parameter and some data, as the second commit has it."""
    script = SCRIPTS[sample]
    _draw(project, script, script.second)
    _set_parameter(project, *script.parameter)


def _draw(project: Path, script: DemoScript, arguments: tuple[str, ...]) -> None:
    answer = subprocess.run([sys.executable, script.program, *arguments], cwd=project, capture_output=True, text=True)
    if answer.returncode != 0:
        raise WorkFailed(
            f"{script.program} failed: {answer.stderr.strip()[-300:]}", hint="the sample project may be damaged"
        )


def _set_parameter(project: Path, name: str, value: int) -> None:
    import tomlkit

    path = project / "mltui.toml"
    document: Any = tomlkit.parse(path.read_text("utf-8"))
    document["steps"]["train"]["parameters"][name] = value
    path.write_text(tomlkit.dumps(document), "utf-8")


def commit(project: Path, message: str) -> None:
    _git(project, "add", "--all")
    _git(project, "commit", "-q", "-m", message)


def _git(project: Path, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    answer = subprocess.run(["git", "-C", str(project), *arguments], capture_output=True, text=True, env=environment)
    if answer.returncode != 0:
        raise WorkFailed(
            f"git {arguments[0]} failed: {answer.stderr.strip()}", hint="is git installed, and may it write there?"
        )
