"""Images of a Docker Engine: found by what they are made of, built, removed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from mltui.engines.base import IMAGE_MISSING, Image, ImageRecipe
from mltui.engines.docker_client import docker_errors
from mltui.engines.recipes import base_images, build_arguments, build_context, recipe_key
from mltui.errors import Conflict, MltuiError, WorkFailed

LABEL_IMAGE_KEY = "mltui.image_key"
"""Label on every image that we build: the whole key of its recipe."""

BUILD_SILENCE_SECONDS = 1800
"""A build step such as `pip install` may print nothing for a long time."""
_LAST_LINES = 15


class DockerImages:
    def __init__(self, api: Callable[[], Any]) -> None:
        self._api = api

    def key(self, recipe: ImageRecipe) -> str:
        return recipe_key(recipe, base_ids=[self._base_id(image) for image in base_images(recipe)])

    def find(self, key: str) -> str | None:
        with docker_errors("look for an image"):
            found = self._api().images(filters={"label": [f"{LABEL_IMAGE_KEY}={key}"]})
        newest = max(found, key=lambda image: int(image["Created"]), default=None)
        return None if newest is None else str(newest["Id"])

    def has(self, image_id: str) -> bool:
        return self._id_of(image_id) is not None

    def build(self, recipe: ImageRecipe, *, key: str, on_line: Callable[[str], None]) -> str:
        """The tag is the owner's claim: Docker keeps an image while it bears one."""
        found = self.find(key)
        if found is None:
            return self._built(recipe, key=key, on_line=on_line)
        with docker_errors(f"tag {recipe.name}"):
            self._api().tag(found, recipe.name, _tag(recipe, key))
        return found

    def _built(self, recipe: ImageRecipe, *, key: str, on_line: Callable[[str], None]) -> str:
        tail: deque[str] = deque(maxlen=_LAST_LINES)
        image_id, unfinished, failure = "", "", ""
        for item in self._build_stream(recipe, key=key):
            image_id = item.get("aux", {}).get("ID", image_id)
            *lines, unfinished = (unfinished + _text(item)).split("\n")
            for line in filter(str.strip, lines):
                tail.append(line)
                on_line(line)
            failure = item.get("error", failure)
        if failure or not image_id:
            raise _build_failed(recipe, failure or "it ended without an image", [*tail, unfinished])
        return image_id

    def _build_stream(self, recipe: ImageRecipe, *, key: str) -> Iterator[Mapping[str, Any]]:
        base_id = self._base_id(recipe.base_image) if recipe.base_image in base_images(recipe) else None
        arguments = build_arguments(recipe, environment=os.environ, base_id=base_id)
        with build_context(recipe) as context:
            with docker_errors(f"build {recipe.name}"):
                stream = self._api().build(
                    fileobj=context,
                    custom_context=True,
                    decode=True,
                    rm=True,
                    forcerm=True,
                    tag=f"{recipe.name}:{_tag(recipe, key)}",
                    labels={LABEL_IMAGE_KEY: key},
                    buildargs=arguments,
                    timeout=BUILD_SILENCE_SECONDS,
                )
            yield from _each(stream, doing=f"build {recipe.name}")

    def all(self) -> list[Image]:
        with docker_errors("list images"):
            everything = self._api().images()
        ours = [image for image in self._newest_first() if image.get("RepoTags")]
        others = {str(image["Id"]) for image in everything} - {str(image["Id"]) for image in ours}
        return [self._described(image, others) for image in ours]

    def _described(self, image: Mapping[str, Any], others: Collection[str]) -> Image:
        """`others` are the ids of images that are not ours: from there on down the layers are theirs."""
        with docker_errors(f"look at image {image['Id']}"):
            history = takewhile(lambda layer: layer["Id"] not in others, self._api().history(image["Id"]))
        names, owners = zip(*map(_name_and_owner, image["RepoTags"]), strict=True)
        return Image(
            id=str(image["Id"]),
            names=tuple(sorted(set(names))),
            owners=frozenset(owners),
            made_at=datetime.fromtimestamp(int(image["Created"]), UTC),
            layers={layer["Id"]: int(layer["Size"]) for layer in history if layer["Id"].startswith("sha256:")},
        )

    def _newest_first(self) -> list[Mapping[str, Any]]:
        with docker_errors("list images"):
            images = self._api().images(filters={"label": [LABEL_IMAGE_KEY]})
        return sorted(images, key=lambda image: int(image["Created"]), reverse=True)

    def give_up(self, owner: str, *, only: Collection[str] | None) -> list[str]:
        images = [image for image in self._newest_first() if only is None or image["Id"] in only]
        return [image["Id"] for image in images if self._give_up_one(image, owner)]

    def _give_up_one(self, image: Mapping[str, Any], owner: str) -> bool:
        """Whether it is gone. Never by force: a container or an image made from it keeps it."""
        claims = [tag for tag in image.get("RepoTags") or () if tag.endswith(f"-{owner}")]
        try:
            for claim in claims:
                with docker_errors(f"remove image {claim}"):
                    self._api().remove_image(claim)
        except Conflict:
            return False
        except WorkFailed as error:
            if error.code != IMAGE_MISSING:
                raise
        return bool(claims) and not self.has(image["Id"])

    def _base_id(self, image: str) -> str:
        return self._id_of(image) or self._pulled(image)

    def _id_of(self, image: str) -> str | None:
        from docker.errors import ImageNotFound

        with docker_errors(f"inspect image {image}"):
            try:
                return str(self._api().inspect_image(image)["Id"])
            except ImageNotFound:
                return None

    def _pulled(self, image: str) -> str:
        failures = ["it is named by its id"] if image.startswith("sha256:") else self._pull(image)
        found = self._id_of(image)
        if found is None:
            raise WorkFailed(
                f"the base image {image} is not here and cannot be pulled: {'; '.join(failures) or 'no reason given'}",
                hint="Load it with `docker load` or `docker pull`, or name another one in the `base_image` setting.",
                code="base_image_missing",
            )
        return found

    def _pull(self, image: str) -> list[str]:
        """What went wrong; empty when it is here now."""
        repository, _, digest = image.partition("@")
        name, tag = (repository, digest) if digest else _split_tag(image)
        try:
            with docker_errors(f"pull {image}"):
                stream = self._api().pull(name, tag=tag, stream=True, decode=True)
            return [item["error"] for item in _each(stream, doing=f"pull {image}") if "error" in item]
        except MltuiError as error:
            return [error.message]


def _tag(recipe: ImageRecipe, key: str) -> str:
    return f"{key[:12]}-{recipe.owner}"


def _name_and_owner(tagged: str) -> tuple[str, str]:
    name, tag = _split_tag(tagged)
    return name, tag.partition("-")[2]


def _split_tag(image: str) -> tuple[str, str]:
    """`host:5000/name:tag` → name with host, and tag; `latest` where there is none."""
    name, colon, tag = image.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (image, "latest")


def _each(stream: Iterable[Mapping[str, Any]], *, doing: str) -> Iterator[Mapping[str, Any]]:
    """The items; only what fetching one raises is translated, not what the caller does with it."""
    items = iter(stream)
    while True:
        with docker_errors(doing):
            try:
                item = next(items)
            except StopIteration:
                return
        yield item


def _text(item: Mapping[str, Any]) -> str:
    if "stream" in item:
        return str(item["stream"])
    status = " ".join(str(item[key]) for key in ("id", "status", "progress") if item.get(key))
    return f"{status}\n" if status else ""


def _build_failed(recipe: ImageRecipe, reason: str, last_lines: Iterable[str]) -> WorkFailed:
    return WorkFailed(
        "\n".join([f"building {recipe.name} failed: {reason.strip()}", *filter(None, last_lines)]),
        hint="Mend the step's Dockerfile or its files; the whole log is kept with the run.",
        code="build_failed",
    )
