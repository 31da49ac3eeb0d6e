"""Who somebody is by the policy, and how things are called."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mltui.domain.actor import Actor, person_of_email, person_of_login
from mltui.domain.deployment import Deployment, DeploymentState, root_of
from mltui.domain.names import data_name, deployment_name, parse_id, release_name, version_name
from mltui.domain.policy import EnvironmentPolicy, Operator, Policy, last_environment
from mltui.errors import UsageError

OPERATORS = {"alice": Operator("al", ("Alice@Example.org",)), "bob": Operator("bob")}


def test_a_login_and_an_address_lead_to_the_person() -> None:
    assert person_of_login("al", OPERATORS) == "alice"
    assert person_of_email("alice@example.ORG", OPERATORS) == "alice"


def test_who_is_not_mapped_is_unknown() -> None:
    assert person_of_login("alice", OPERATORS) == "unknown"
    assert person_of_email("", OPERATORS) == "unknown"


def test_sudo_stands_beside_the_login() -> None:
    assert str(Actor("root", "al")) == "root (sudo by al)"
    assert str(Actor("al")) == "al"
    assert [Actor.parse(text) for text in ("root (sudo by al)", "al")] == [Actor("root", "al"), Actor("al")]


@pytest.mark.parametrize(
    ("noun", "text", "number"),
    [("run", "41", 41), ("version", "v7", 7), ("release", " r12 ", 12), ("deployment", "d1", 1)],
)
def test_names_are_read(noun: str, text: str, number: int) -> None:
    assert parse_id(noun, text) == number


@pytest.mark.parametrize(
    ("noun", "text"), [("version", "7"), ("version", "v0"), ("run", "v1"), ("run", "1; drop"), ("release", "r")]
)
def test_other_words_are_refused_with_an_example(noun: str, text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_id(noun, text)
    assert raised.value.hint


def test_names_are_written() -> None:
    assert (version_name(7), release_name(12), deployment_name(18)) == ("v7", "r12", "d18")
    assert data_name("3f2a91c" + "0" * 57) == "data@3f2a91c"


def test_releases_lead_to_the_environment_that_none_comes_after() -> None:
    environments = {"staging": EnvironmentPolicy(), "production": EnvironmentPolicy(after="staging")}
    assert last_environment(Policy(environments=environments)) == "production"
    assert last_environment(Policy()) is None


def test_a_restored_deployment_leads_back_to_the_first() -> None:
    def deployment(number: int, restores: int | None) -> Deployment:
        return Deployment(
            id=number,
            environment="production",
            version_id=1,
            state=DeploymentState.LIVE,
            package="",
            image_id="",
            engine="process",
            cpus=1,
            memory_bytes=None,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            restores_id=restores,
        )

    known = {1: deployment(1, None), 3: deployment(3, 1), 5: deployment(5, 3)}
    assert root_of(known[5], known).id == 1
    assert root_of(known[1], known).id == 1
