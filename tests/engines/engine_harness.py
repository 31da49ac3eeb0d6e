"""The engines under one contract: real programs for the real ones, the same script played by the recording one."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mltui.engines.base import LABEL_WORKSPACE, ContainerSpec, Engine, ImageRecipe, Mount
from mltui.engines.recording import Outcome

OUT = "/mltui/out"
DOCKERFILE = "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY nonce /nonce\n"

_PROGRAM = """
import json, os, signal, sys, time
script = json.loads(sys.argv[1])
if "append" in script:
    with open(script["append"], "a") as file:
        file.write("started\\n")
if script.get("ignores_term"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
for stream, text in script.get("say", ()):
    print(text, file=getattr(sys, stream), flush=True)
if "kill" in script:
    os.kill(os.getpid(), script["kill"])
while script.get("waits"):
    time.sleep(60)
sys.exit(script.get("exit", 0))
"""


def program(**script: Any) -> tuple[str, ...]:
    """`say` [[stream, text], …], `append` a line to a file, `waits`, `ignores_term`, `kill` itself, `exit` code."""
    return ("python", "-c", _PROGRAM, json.dumps(script))


def played(spec: ContainerSpec) -> Outcome:
    """What the program would do."""
    if spec.argv[0] != "python":
        return Outcome(start_failure="no such program")
    script = json.loads(spec.argv[-1])
    if "append" in script:
        [mount] = [mount for mount in spec.mounts if script["append"].startswith(mount.target)]
        with (mount.source / Path(script["append"]).relative_to(mount.target)).open("a") as file:
            file.write("started\n")
    code = 128 + script["kill"] if "kill" in script else script.get("exit", 137 if script.get("ignores_term") else 0)
    lines = tuple((stream, text) for stream, text in script.get("say", ()))
    return Outcome(exit_code=code, lines=lines, keeps_running=script.get("waits", False))


def until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


@dataclass
class Harness:
    """One engine in a workspace of its own."""

    engine: Engine
    reopen: Callable[[], Engine]
    image: str
    recipe: ImageRecipe
    folder: Path
    workspace: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def out(self) -> Mount:
        return Mount(self.folder / "out", OUT, is_read_only=False)

    @property
    def starts(self) -> int:
        path = self.folder / "out" / "starts"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def spec(self, argv: tuple[str, ...] | None = None, /, **changes: Any) -> ContainerSpec:
        """Its program appends to `starts` when it is given none."""
        spec = ContainerSpec(
            name=f"mltui-test-{uuid.uuid4().hex[:12]}",
            image=self.image,
            argv=argv or program(append=f"{OUT}/starts"),
            mounts=(self.out,),
            labels={LABEL_WORKSPACE: self.workspace},
        )
        return replace(spec, **changes)


def make_recipe(folder: Path, *, owner: str = "test") -> ImageRecipe:
    (folder / "nonce").write_text(uuid.uuid4().hex)
    return ImageRecipe("mltui/test", DOCKERFILE, {"nonce": folder / "nonce"}, owner=owner)


def make_harness(engine: Engine, reopen: Callable[[], Engine], recipe: ImageRecipe, folder: Path) -> Harness:
    (folder / "out").mkdir()
    return Harness(engine, reopen, engine.build(recipe, on_line=lambda line: None), recipe, folder)
