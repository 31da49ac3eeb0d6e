"""What the README says can be typed: its TOML is understood, its commands exist."""

from __future__ import annotations

import base64
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from mltui.cli.grammar import GROUPS
from mltui.cli.parser import parse
from mltui.config.policy import parse_policy
from mltui.domain.passable import gates_that_nobody_passes
from mltui.errors import UsageError
from mltui.serving.description import ModelDescription

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
TOML = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
JSON = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
COMMANDS = {
    line.partition("#")[0].strip()
    for line in re.findall(r"^    (?:pip install -q uv && uv run )?(mltui [^\n]*)$", README, re.MULTILINE)
}


def test_the_policy_of_the_readme_can_be_used_and_passed() -> None:
    (text,) = [block for block in TOML if "[environments.production]" in block]
    for person in (1, 2):
        text = text.replace("AAAA…", _key(person), 1)
    policy = parse_policy(text + "\n[environments.staging]\n")
    assert gates_that_nobody_passes(policy) == {}


def _key(number: int) -> str:
    """The base64 of an ed25519 public key, as OpenSSH writes it (RFC 8709)."""
    return base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes([number]) * 32).decode()


@pytest.mark.parametrize("block", TOML, ids=lambda block: block.splitlines()[0])
def test_every_toml_of_the_readme_is_toml(block: str) -> None:
    assert tomllib.loads(block)


@pytest.mark.parametrize("block", JSON, ids=["pictures", "rows"])
def test_every_model_json_of_the_readme_describes_a_model(block: str, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(block)
    assert ModelDescription.load(tmp_path / "model.json").task in ("classification", "regression")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_of_the_readme_exists(command: str) -> None:
    names = {each.name for group in GROUPS for each in group.commands}
    arguments = parse(shlex.split(command)[1:])
    assert command == "mltui" or arguments.command_name in names


def test_a_command_that_does_not_exist_would_be_found() -> None:
    with pytest.raises(UsageError):
        parse(["fly", "to", "production"])
