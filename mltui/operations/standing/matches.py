"""Where the words stand by which versions were found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from mltui.registry import Connection, notes, versions
from mltui.registry.search import Words
from mltui.registry.version_facts import VersionFacts


def matches(conn: Connection, words: Words, found: Sequence[VersionFacts]) -> Mapping[int, str]:
    """By id, for instance `note: night shift, three of them blurred`; nothing for what was found by its name."""
    if not words.wanted:
        return {}
    texts = {facts.id: dict(_texts(facts)) for facts in found}
    for note in notes.of_versions(conn, list(texts)):
        if words.until is not None and note.at > words.until:
            continue
        before = texts[note.version_id].get("note")
        texts[note.version_id]["note"] = note.text if before is None else f"{before} / {note.text}"
    told = {id: _told(words.wanted, known) for id, known in texts.items()}
    return {id: line or _in_parameters(conn, words.wanted, id) for id, line in told.items()}


def _texts(facts: VersionFacts) -> Iterator[tuple[str, str]]:
    yield "branch", facts.branch
    yield "author", f"{facts.author_name} {facts.author_email}"
    yield "asked by", facts.requested_by
    yield "commit", facts.commit


def _told(wanted: Sequence[str], texts: Mapping[str, str]) -> str:
    """Each text once in which one of the words begins."""
    return ", ".join(
        f"{name}: {' '.join(text.split())}"
        for name, text in texts.items()
        if any(_is_in(word, text) for word in wanted)
    )


def _in_parameters(conn: Connection, wanted: Sequence[str], id: int) -> str:
    version = versions.find(conn, id)
    steps = {} if version is None else version.parameters
    flat = {f"{step}.{name}": str(value) for step, named in steps.items() for name, value in named.items()}
    return ", ".join(
        f"{name}={value}" for name, value in flat.items() if any(_is_in(word, f"{name} {value}") for word in wanted)
    )


def _is_in(word: str, text: str) -> bool:
    """As the registry's full text finds it: at the beginning of a word."""
    tokens = re.findall(r"[^\W_]+", word)
    begun = r"(?<![^\W_])" + r"[\W_]+".join(tokens)
    return bool(tokens) and re.search(begun, text, re.IGNORECASE) is not None
