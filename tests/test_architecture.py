"""What the rooms promise each other: who imports whom, who prints, who speaks SQL, and what a quick answer loads."""

from __future__ import annotations

import ast
import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from operations.small_project import lay_down
from registry.registry_values import NOW, add_deployment

import mltui
from mltui.cli.grammar import GROUPS
from mltui.domain.deployment import DeploymentState, Environment
from mltui.domain.event import SENTENCES
from mltui.operations.workspaces.initialise import init_workspace
from mltui.registry import deployments, environments

PACKAGE = Path(mltui.__file__).parent
PROGRAMS_IN_CONTAINERS = ("steps/", "serving/")
HEAVY = {
    "textual", "torch", "docker", "git", "numpy", "scipy", "sklearn", "onnxruntime", "sqlite_utils", "msgspec",
    "httpx", "asyncio", "psutil", "tomlkit", "ssl", "email",
}  # fmt: skip

_WHICH = """
import json, sys
from mltui.__main__ import main
sys.argv = ["mltui", "--batch", "which", "production"]
code = main()
print(json.dumps(sorted(sys.modules)))
raise SystemExit(code)
"""


@functools.cache
def sources() -> dict[str, ast.Module]:
    """By the place in the package; not read while tests are collected, which each test process does."""
    return {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_bytes()) for path in PACKAGE.rglob("*.py")}


def test_the_rooms_import_only_what_they_may() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([program, "--no-cache"], cwd=PACKAGE.parent, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stdout


def test_a_quick_answer_loads_nothing_heavy(tmp_path: Path) -> None:
    project = lay_down(tmp_path)
    workspace = init_workspace(project, engine="process")
    with workspace.registry.write() as tx:
        deployment = add_deployment(tx)
        deployments.update(tx, deployment.id, state=DeploymentState.LIVE, live_from=NOW)
        environments.save(tx, Environment("production", deployment.id, endpoint="127.0.0.1:8501", smoked_at=NOW))
    workspace.close()
    answer = subprocess.run(
        [sys.executable, "-c", _WHICH], cwd=project, capture_output=True, text=True, timeout=60, check=True
    )
    envelope, modules = map(json.loads, answer.stdout.splitlines())
    assert envelope["data"]["version"] == "v1"
    assert HEAVY & set(modules) == set()


def test_only_the_command_line_prints() -> None:
    allowed = ("cli/output.py", "cli/diagnostics.py", *PROGRAMS_IN_CONTAINERS)
    found = {place for place, tree in sources().items() if not place.startswith(allowed) and any(_prints(tree))}
    assert found == set()


def test_only_the_registry_speaks_sql() -> None:
    wanted = {"sqlite3", "sqlite_utils"}
    others = {place: tree for place, tree in sources().items() if not place.startswith("registry/")}
    assert {place for place, tree in others.items() if wanted & _imports(tree)} == set()


def test_every_kind_of_event_has_a_sentence_and_every_sentence_is_told() -> None:
    others = [tree for place, tree in sources().items() if place != "domain/event.py"]
    words = {node.value for tree in others for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert set(SENTENCES) - words == set()
    appended = {kind for tree in others for kind in _appended_kinds(tree)}
    assert appended
    assert appended - set(SENTENCES) == set()


@pytest.mark.parametrize("command", [command for group in GROUPS for command in group.commands], ids=lambda c: c.name)
def test_every_command_and_every_argument_has_a_sentence_of_help(command: object) -> None:
    assert command.help  # type: ignore[attr-defined]
    for argument in command.arguments:  # type: ignore[attr-defined]
        assert argument.help, argument.names


def test_a_broken_rule_would_be_seen() -> None:
    tree = ast.parse('import sqlite3\nprint("x")\nevents.append(tx, "NeverHeardOf", "v1", {}, actor="a", at=now)')
    assert "sqlite3" in _imports(tree)
    assert any(_prints(tree))
    assert list(_appended_kinds(tree)) == ["NeverHeardOf"]
    assert not any(_prints(ast.parse("print(line, file=log)")))


def _prints(tree: ast.AST) -> Iterator[bool]:
    """Whether anything goes to stdout or stderr; what is printed into a file does not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield not any(keyword.arg == "file" for keyword in node.keywords)
        if isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr"):
            yield isinstance(node.value, ast.Name) and node.value.id == "sys"


def _imports(tree: ast.AST) -> set[str]:
    """Top names of all that is imported, lazily or for types alone too."""
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module is not None]
    return {name.partition(".")[0] for name in names}


def _appended_kinds(tree: ast.AST) -> Iterator[str]:
    """Kinds that are written out where an event is appended, as in `events.append(tx, KIND, subject, …)`."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("append", "event")
            and len(node.args) >= 3
        ):
            choices = (
                (node.args[1].body, node.args[1].orelse) if isinstance(node.args[1], ast.IfExp) else node.args[1:2]
            )
            yield from (str(choice.value) for choice in choices if isinstance(choice, ast.Constant))
