"""Proves that an engine does what work needs: answers, makes an image, runs it, shares folders with it as its user."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mltui.engines.base import ContainerSpec, Engine, ImageRecipe, Mount
from mltui.errors import MltuiError, WorkFailed

RUN_SECONDS = 60
_LABEL = "mltui.probe"
_QUESTION, _ANSWER = "question", "answer"
_PROGRAM = f"""
import os
text = open("/mltui/in/{_QUESTION}").read()
with open("/mltui/out/{_ANSWER}", "w") as file:
    file.write(f"{{text}} {{os.getuid()}}")
"""
_MOUNT_HINT = (
    "Containers must see this machine's folders: a remote, rootless or desktop Docker may share none or others."
)


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    is_good: bool
    text: str
    hint: str = ""


def probe(engine: Engine, *, folder: Path, base_image: str = "python:3.11-slim") -> tuple[Finding, ...]:
    """Ends with the first finding that is not good. Leaves no image, no container and nothing in `folder`."""
    place = folder / f"probe-{uuid.uuid4().hex[:12]}"
    labels = {_LABEL: place.name}
    try:
        return tuple(_findings(engine, place, labels=labels, base_image=base_image))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _findings(engine: Engine, place: Path, *, labels: dict[str, str], base_image: str) -> Iterator[Finding]:
    subject = "engine"
    try:
        report = engine.check()
        gibibytes = report.memory_bytes / 1024**3
        yield Finding(subject, True, f"{report.name} {report.version}, {report.cpus} CPUs, {gibibytes:.1f} GiB")
        unenforced = ", ".join(sorted(engine.unenforced))
        yield Finding("limits", True, f"not enforced: {unenforced}" if unenforced else "all enforced")
        subject = "images"
        recipe = ImageRecipe("mltui/probe", "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n", {}, base_image, owner=place.name)
        image = engine.build(recipe, on_line=lambda line: None)
        yield Finding(subject, True, f"an image can be made from {base_image}")
        subject = "mounts"
        yield _mounts(engine, place, image=image, labels=labels)
    except MltuiError as error:
        yield Finding(subject, False, error.message, error.hint)
    finally:
        _clean_up(engine, place.name)


def _mounts(engine: Engine, place: Path, *, image: str, labels: dict[str, str]) -> Finding:
    for name in ("in", "out"):
        (place / name).mkdir(parents=True)
    (place / "in" / _QUESTION).write_text(place.name)
    mounts = (Mount(place / "in", "/mltui/in"), Mount(place / "out", "/mltui/out", is_read_only=False))
    engine.start(ContainerSpec(place.name, image, ("python", "-c", _PROGRAM), mounts=mounts, labels=labels))
    status = engine.wait(place.name, timeout_seconds=RUN_SECONDS)
    uid, _ = engine.owner
    if not status.has_succeeded:
        last = [line.text for line in engine.logs(place.name)][-1:] if status.exit_code is not None else ["it runs on"]
        raise WorkFailed(f"a container cannot use the workspace's folders: {' '.join(last)}", hint=_MOUNT_HINT)
    answer = place / "out" / _ANSWER
    if not answer.exists() or answer.read_text() != f"{place.name} {uid}" or answer.stat().st_uid != uid:
        raise WorkFailed(f"what a container writes as uid {uid} does not arrive here as its", hint=_MOUNT_HINT)
    return Finding("mounts", True, f"containers read and write the workspace's folders as uid {uid}")


def _clean_up(engine: Engine, name: str) -> None:
    try:
        engine.remove(name)
        engine.give_up_images(name)
    except MltuiError:
        return
