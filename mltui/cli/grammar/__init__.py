"""Every command with its arguments: the one table that parser, help and tests are made from."""

from __future__ import annotations

from mltui.cli.grammar.arguments import Argument, Command, Group
from mltui.cli.grammar.changing import CHANGE
from mltui.cli.grammar.reading import READ
from mltui.cli.grammar.setting_up import SETUP

__all__ = ["CHANGE", "GROUPS", "READ", "SETUP", "Argument", "Command", "Group"]

GROUPS = (READ, CHANGE, SETUP)
