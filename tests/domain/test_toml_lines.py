"""A mistake in a TOML file is found by its line."""

from __future__ import annotations

import pytest

from mltui.domain.toml_lines import line_of, line_of_problem

TEXT = """\
engine = "docker"
[operators]
alice = { login = "alice" }
"bob.b" = { login = "bob" }

[environments.production]
after = "staging"
gate = { approvers = ["alice"],
         required = 3 }
checks = [
  # { metric = "no", floor = 1 },
  { metric = "accuracy", floor = 0.8 },
  { metric = "recall",
    attribute = "lighting" },
]
[environments]
staging.cpus = 2
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("engine", 1),
        ("operators.alice.login", 3),
        ("environments.production", 6),
        ("environments.production.after", 7),
        ("environments.production.gate.approvers", 8),
        ("environments.production.gate.required", 9),
        ("environments.production.checks.0.floor", 12),
        ("environments.production.checks.1", 13),
        ("environments.production.checks.1.attribute", 14),
        ("environments.staging.cpus", 17),
        ("environments.production.skip", 6),
    ],
)
def test_a_key_is_found_where_it_stands_and_a_missing_one_where_its_table_begins(path: str, line: int) -> None:
    assert line_of(TEXT, path.split(".")) == line


def test_what_stands_nowhere_has_no_line() -> None:
    assert line_of(TEXT, ["steps", "train"]) is None
    assert line_of_problem(TEXT, "a regression needs a target") is None


def test_the_key_is_taken_from_the_sentence() -> None:
    assert line_of_problem(TEXT, "unknown key environments.production.checks.0.floor") == 12
    assert line_of_problem(TEXT, "Expected `int`, got `str` - at `environments.production.gate.required`") == 9
