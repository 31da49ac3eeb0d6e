"""A project that is quick to lay down: a table of a few rows under git."""

from __future__ import annotations

import subprocess
from pathlib import Path

PROJECT = """
[project]
name = "{name}"
[data]
source = "{source}"
target = "approved"
features = ["income"]
[steps.train]
template = "table"
parameters = {{ seed = 1 }}
[smoke]
cases = [{{ input = {{ income = 1000 }}, expect = "yes" }}]
"""
ROWS = "income,approved\n" + "".join(f"{1000 * number},{'yes' if number % 2 else 'no'}\n" for number in range(20))


def lay_down(folder: Path, *, name: str = "loans", source: str = "applications.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mltui.toml").write_text(PROJECT.format(name=name, source=source))
    if not Path(source).is_absolute():
        (folder / source).write_text(ROWS)
    return folder


def under_git(folder: Path) -> Path:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Ann")
    git(folder, "config", "user.email", "ann@example.org")
    commit(folder, "Decide on loans")
    return folder


def commit(folder: Path, message: str) -> str:
    """Its SHA."""
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()
