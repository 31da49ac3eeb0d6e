"""What mltui.toml and policy.toml may say, and how a mistake in them is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mltui.config.policy import parse_policy
from mltui.config.project import parse_project, project_as_json, project_from_json
from mltui.errors import ConfigInvalid

PICTURES = """
[project]
name = "tacos"
[data]
source = "pictures"
[steps.train]
template = "image"
parameters = { epochs = 5, learning_rate = 1e-4 }
[smoke]
cases = [{ input = "smoke/taco-1.jpg", expect = "taco", minimum_score = 0.6 }]
"""
TABLE = """
[project]
name = "loans"
[data]
source = "applications.csv"
target = "approved"
features = ["income"]
attributes = ["sex"]
[steps.train]
template = "table"
[smoke]
cases = [{ input = { income = 1200.5, purpose = "car" }, expect = "yes" }]
"""


def test_a_project_of_pictures_is_read() -> None:
    project = parse_project(PICTURES)
    assert project.data_kind == "pictures"
    assert project.steps["train"].parameters == {"epochs": 5, "learning_rate": 1e-4}
    assert project.smoke.cases[0].minimum_score == 0.6


def test_a_project_of_a_table_is_read() -> None:
    project = parse_project(TABLE)
    assert project.data_kind == "table"
    assert project.smoke.cases[0].input == {"income": 1200.5, "purpose": "car"}


@pytest.mark.parametrize("text", [PICTURES, TABLE])
def test_a_project_survives_its_json(text: str) -> None:
    project = parse_project(text)
    assert project_from_json(project_as_json(project)) == project
    assert project_as_json(project) == project_as_json(parse_project(text))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("epochs = 5", "epochs = [5]", "steps"),
        ('name = "tacos"', 'name = "Tacos!"', "project.name"),
        ('source = "pictures"', 'sauce = "pictures"', "data.sauce"),
        ('template = "image"', "", "exactly one of template and dockerfile"),
        ('template = "image"', 'template = "images"', "template"),
        ('source = "pictures"', 'source = "pictures"\nsplit = { held_out = 0.95 }', "split"),
        ("minimum_score = 0.6", "minimum_scor = 0.6", "smoke.cases.0.minimum_scor"),
        ("[smoke]", "[smoke", "not TOML"),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigInvalid, match=told) as raised:
        parse_project(PICTURES.replace(old, new))
    assert raised.value.hint


def test_an_unknown_key_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(ConfigInvalid) as raised:
        parse_project(PICTURES.replace("minimum_score", "minimum_scor"))
    assert "minimum_score" in raised.value.hint


POLICY = """
engine = "process"
[operators]
alice = { login = "alice", emails = ["alice@example.org"] }
[environments.staging]
[environments.production]
after = "staging"
gate = { approvers = ["alice"] }
checks = [{ metric = "accuracy", floor = 0.8 }]
"""


def test_a_policy_is_read() -> None:
    policy = parse_policy(POLICY)
    assert policy.environments["production"].gate.approvers == ("alice",)
    assert policy.environments["production"].checks[0].floor == 0.8


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('approvers = ["alice"]', 'approvers = ["bob"]', "bob"),
        ('after = "staging"', 'after = "stage"', "stage"),
        (", floor = 0.8", "", "no limit"),
        ("[environments.staging]", '[environments.staging]\nlisten = "0.0.0.0:80"', "reachable from outside"),
        ("[environments.staging]", '[environments.staging]\nlisten = "8501"', "listen"),
        ("[environments.staging]", '[environments.staging]\nskip = ["smoke"]', "skip"),
        ("[environments.staging]", "[environments.staging]\nbake_second = 3", "bake_second"),
    ],
)
def test_a_mistake_in_the_policy_is_told_with_its_place(old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigInvalid, match=told):
        parse_policy(POLICY.replace(old, new))


def test_two_threads_may_read_their_first_policy_at_once(tmp_path: Path) -> None:
    """It takes a fresh process, since what a type is made of is looked up once."""
    program = f"""
import sys, threading
import subprocess
import sys
from pathlib import Path
sys.setswitchinterval(1e-6)
from mltui.config.policy import read_policy
start = threading.Barrier(6)
def read():
    start.wait()
    read_policy(Path({str(tmp_path)!r}))
threads = [threading.Thread(target=read) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    (tmp_path / "policy.toml").write_text(
        "[environments.production]\nchecks = [{ metric = 'accuracy', floor = 0.5 }]\n"
    )
    assert [subprocess.run([sys.executable, "-c", program]).returncode for _ in range(10)] == [0] * 10


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("cpus = 0", "line 4: environments.staging.cpus = 0"),
        ('cpus = "two"', "line 4: Expected `float`, got `str` - at `environments.staging.cpus`"),
        ("cpu = 1", "line 4: unknown key environments.staging.cpu"),
        ("gate = { required = 0 }", "line 4: environments.staging.gate.required = 0"),
        ('checks = [{ metric = "auc" },\n{ metric = "auk", floor = 1 }]', "line 4: environments.staging.checks.0"),
        ('checks = [{ metric = "auc", floor = 1 },\n{ metric = 7 }]', "line 5: Expected `str`, got `int`"),
        ('window = "always"', "line 4: environments.staging.window: “always” is no window"),
        ("cpus = = 1", "at line 4"),
    ],
)
def test_a_mistake_in_the_policy_is_named_with_its_line(line: str, told: str) -> None:
    text = f"[environments.production]\n\n[environments.staging]\n{line}\n"
    with pytest.raises(ConfigInvalid) as raised:
        parse_policy(text)
    assert told in raised.value.message
    assert raised.value.hint
