"""Users of the operating system, made for a test and in one group of their own, each at a shell with umask 022."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import mltui

NEEDED = "import mltui.worker.__main__, mltui.cli.main, mltui.engines.process, numpy, onnxruntime, uvicorn"
PYTHONS = (sys.executable, "/usr/bin/python3")
"""The one that runs these tests may lie in a folder that is closed to others."""
COMMAND_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Person:
    login: str
    group: str
    python: str
    home: Path
    others: tuple[str, ...] = ()
    """Groups beside that."""

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"}

    def run(self, *words: str, directory: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, *words],
            env=self.environment,
            user=self.login,
            group=self.group,
            extra_groups=list(self.others),
            umask=0o022,
            cwd=directory or self.home,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )

    def mltui(self, *words: str, directory: Path | None = None, exit_code: int = 0) -> Any:
        """What `--batch` says: its data, or its error where it is to end with another code."""
        done = self.run("-P", "-m", "mltui", "--batch", *words, directory=directory)
        assert done.returncode == exit_code, (self.login, words, done.stdout[-1000:], done.stderr[-1000:])
        answer = json.loads(done.stdout.splitlines()[-1])
        return answer["data"] if exit_code == 0 else answer["error"]

    def as_command(self, *words: str) -> list[str]:
        """For a terminal that somebody else opens."""
        others = ["--groups", ",".join(self.others)] if self.others else ["--clear-groups"]
        switch = ["setpriv", "--reuid", self.login, "--regid", self.group, *others]
        return [*switch, "sh", "-c", 'umask 022; exec "$@"', "sh", self.python, "-P", "-m", "mltui", *words]


@contextmanager
def people(folder: Path, *names: str, others: tuple[str, ...] = ()) -> Iterator[tuple[Person, ...]]:
    """Of one new group, and of `others`. Skips the test where no user can be made, or no interpreter is open to one."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("groupadd", "useradd", "userdel", "setpriv"))):
        pytest.skip("only root can make users")
    mark = uuid.uuid4().hex[:8]
    group = f"mltui{mark}"
    with ExitStack() as stack:
        _make(stack, ["groupadd", group], ["groupdel", group])
        made = [replace(_person(stack, folder, f"{name}{mark}", group), others=others) for name in names]
        python = next((found for base in PYTHONS if (found := _installed(folder, base, made[0])) is not None), None)
        if python is None:
            pytest.skip("no interpreter is open to another user")
        yield tuple(replace(each, python=python) for each in made)


def _person(stack: ExitStack, folder: Path, login: str, group: str) -> Person:
    _make(stack, ["useradd", "--no-create-home", "--gid", group, login], ["userdel", login])
    home = folder / f"home-{login}"
    home.mkdir()
    shutil.chown(home, login, group)
    return Person(login, group, PYTHONS[0], home)


def _make(stack: ExitStack, making: list[str], ending: list[str]) -> None:
    if subprocess.run(making, capture_output=True).returncode != 0:
        pytest.skip(f"{making[0]} is not possible here")
    stack.callback(subprocess.run, ending, check=True, capture_output=True)


def _installed(folder: Path, base: str, person: Person) -> str | None:
    """An interpreter that finds what these tests run by itself, and that the person may run."""
    place = folder / f"python{len(list(folder.glob('python*')))}"
    made = subprocess.run([base, "-m", "venv", "--without-pip", str(place)], capture_output=True)
    if made.returncode != 0:
        return None
    found = [str(Path(mltui.__file__).parents[1]), *(path for path in sys.path if path.endswith("site-packages"))]
    packages = next(place.glob("lib/python*/site-packages"))
    (packages / "found.pth").write_text("\n".join(found))
    python = str(place / "bin" / "python")
    try:
        fit = replace(person, python=python).run("-P", "-c", NEEDED)
    except OSError:
        return None
    return python if fit.returncode == 0 else None


def engine_groups(engine: str) -> tuple[str, ...]:
    """Whom the engine's socket is open to."""
    if engine != "docker":
        return ()
    place = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    return (Path(place.removeprefix("unix://")).group(),)


def give_to(folder: Path, login: str | int, group: str) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            shutil.chown(path, login, group)
