"""What mltui.toml and policy.toml may not say although its types are right."""

from __future__ import annotations

import pytest
from test_config import PICTURES, POLICY, TABLE

from mltui.config.policy import parse_policy
from mltui.config.project import parse_project
from mltui.errors import ConfigInvalid

REGRESSION = TABLE.replace('name = "loans"', 'name = "loans"\ntask = "regression"').replace('"yes"', "12.5")


def test_paths_of_the_project_are_made_plain() -> None:
    text = PICTURES.replace('"pictures"', '"./x/../pictures/"').replace('"smoke/taco', '"./smoke//taco')
    project = parse_project(text)
    assert project.data.source == "pictures"
    assert project.smoke.cases[0].input == "smoke/taco-1.jpg"


KEY = 'login = "eve", keys = ["ssh-ed25519 AAAA"]'


@pytest.mark.parametrize("source", ["/data/pictures", "~/pictures"])
def test_data_outside_of_git_may_be_named_by_its_whole_path(source: str) -> None:
    assert parse_project(PICTURES.replace('"pictures"', f'"{source}"')).data.source == source


def test_a_regression_is_read() -> None:
    assert parse_project(REGRESSION).smoke.cases[0].expect == 12.5


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('source = "pictures"', 'source = "x/../../pictures"', "data.source"),
        ('source = "pictures"', 'source = "."', "data.source"),
        ('source = "pictures"', 'source = "pictures"\ngroups = "../groups.csv"', "data.groups"),
        ('"smoke/taco-1.jpg"', '"../taco-1.jpg"', "input"),
        ('"smoke/taco-1.jpg"', '"/taco-1.jpg"', "input"),
        ('"smoke/taco-1.jpg"', "{ income = 3 }", "input"),
        ('template = "image"', 'dockerfile = "../Dockerfile"\nrun = ["x"]', "dockerfile"),
        ('template = "image"', 'template = "table"', "template"),
        ('template = "image"', 'template = "image"\nretries = -1', "retries"),
        ("parameters = { epochs = 5", "parameters = { epoch = 5", "no parameter epoch"),
        ('template = "image"', 'template = "image"\nlimits = { memory = "4gb" }', "memory"),
        ('template = "image"', 'template = "image"\nlimits = { memory = "0g" }', "memory"),
        ('template = "image"', 'template = "image"\nlimits = { cpu = 0 }', "cpu"),
        ('template = "image"', 'template = "image"\nlimits = { cpu = nan }', "cpu"),
        ('template = "image"', 'template = "image"\nlimits = { seconds = 0 }', "seconds"),
        ('template = "image"', 'template = "image"\nlimits = { gpus = -1 }', "gpus"),
        ('source = "pictures"', 'source = "pictures"\nunreadable_limit = 1.5', "unreadable_limit"),
        ('source = "pictures"', 'source = "pictures"\nmeasured = ["colour"]', "line 6: data.measured"),
        (
            'source = "pictures"',
            'source = "pictures"\nbands = { lux = { quantiles = 3 } }',
            "line 6: data.bands.lux: pict",
        ),
        ("[steps.train]", "[data.bands.lux]\nedges = [5, 2]\n[steps.train]", "line 7: data.bands.lux.edges"),
        (
            "[steps.train]",
            "[data.bands.lux]\nedges = [2]\nquantiles = 2\n[steps.train]",
            "data.bands.lux needs edges or",
        ),
        (
            "[steps.train]",
            "[data.bands]\nlux = { edge = [2] }\n[steps.train]",
            "line 7: unknown key data.bands.lux.edge",
        ),
        ("[steps.train]", '[data.bands]\nlux = { edges = ["2"] }\n[steps.train]', "data.bands.lux.edges"),
        ('source = "pictures"', 'source = "pictures"\nmax_megapixels = 0', "max_megapixels"),
        ('source = "pictures"', 'source = "pictures"\nmax_megabytes = -1', "max_megabytes"),
        ("minimum_score = 0.6", "minimum_score = 1.6", "minimum_score"),
        ("minimum_score = 0.6", "tolerance = -0.1", "tolerance"),
        ('expect = "taco"', "expect = 1", "expect"),
        ("[smoke]\ncases =", "[smoke]\n#", "no smoke.cases"),
    ],
)
def test_a_value_out_of_its_bounds_is_told_with_its_place(old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigInvalid, match=told) as raised:
        parse_project(PICTURES.replace(old, new))
    assert raised.value.hint


def test_a_regression_is_asked_for_numbers() -> None:
    with pytest.raises(ConfigInvalid, match="expect"):
        parse_project(REGRESSION.replace("12.5", '"12.5"'))


STAGING = "[environments.staging]"
CANARY = "[environments.canary]\n"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'metric = "accuracy"',
            'metric = "accuracy", reference = "best"',
            "a reference is for a check",
        ),
        ('metric = "accuracy"', 'metric = "acuracy"', "acuracy"),
        ('metric = "accuracy"', 'metric = "recall:"', "recall:"),
        ("floor = 0.8", "floor = nan", "limit of accuracy"),
        (STAGING, f"{STAGING}\ncpus = 0", "cpus"),
        (STAGING, f"{STAGING}\nreplicas = 0", "replicas = 0"),
        (STAGING, f"{STAGING}\nreplicas = 9", "replicas = 9"),
        (STAGING, f'{STAGING}\nsticky_header = "x user"', "sticky_header = “x user”"),
        (STAGING, f'{STAGING}\nmetrics = "0.0.0.0:9101"', "metrics = “0.0.0.0:9101”"),
        (STAGING, f'{STAGING}\nmetrics = "127.0.0.1:70000"', "metrics = “127.0.0.1:70000”"),
        (STAGING, f'{STAGING}\nlisten = "127.0.0.1:1"\nmetrics = "127.0.0.1:1"', "is where the endpoint listens"),
        (STAGING, f"{STAGING}\nbake_seconds = -1", "bake_seconds"),
        (STAGING, f"{STAGING}\nkeep_cold = -1", "keep_cold"),
        (STAGING, f"{STAGING}\nleast_harm = -0.01", "least_harm"),
        (STAGING, f"{STAGING}\nstep_seconds = -1", "step_seconds"),
        (STAGING, f"{STAGING}\nleast_requests = 0", "least_requests"),
        (STAGING, f"{CANARY}traffic_steps = []\n{STAGING}", "traffic_steps.*last step is 100"),
        (STAGING, f"{CANARY}traffic_steps = [5, 50]\n{STAGING}", "line 6.*last step is 100"),
        (STAGING, f"{CANARY}traffic_steps = [0, 100]\n{STAGING}", "from 1 to 100"),
        (STAGING, f"{CANARY}traffic_steps = [50, 25, 100]\n{STAGING}", "larger than the one before"),
        (STAGING, f"{STAGING}\ntraffic_steps = [50, 100]", "passes staging all at once"),
        ('approvers = ["alice"]', 'approvers = ["alice"], required = 0', "required"),
        ('approvers = ["alice"]', 'approvers = ["alice"], expires_hours = 0', "expires_hours"),
        ('approvers = ["alice"]', 'approvers = ["alice"], expires_hours = inf', "expires_hours"),
        ('login = "alice"', 'login = ""', "login is empty"),
        ('login = "alice"', 'login = "alice", keys = ["junk"]', "no SSH key"),
        ("[operators]\n", f"[operators]\neve = {{ {KEY} }}\ndan = {{ {KEY} }}\n", "eve has that key, too"),
        ("[operators]\n", '[operators]\nunknown = { login = "eve" }\n', "whoever is no operator"),
        ("floor = 0.8", 'attribute = "sex" }, { metric = "latency_p95_ms", attribute = "sex", ceiling = 9', "server"),
        ("floor = 0.8", 'floor = 0 }, { metric = "changed_predictions", ceiling = 1, allowed_loss = 1', "alone"),
        (STAGING, f'[environments."Last Stage"]\n{STAGING}', "Last Stage"),
        (STAGING, f'{STAGING}\nafter = "production"', "leads back"),
        (STAGING, f'{STAGING}\nchecks = [{{ metric = "accuracy", floor = 0.5 }}]', "staging.checks: nobody decides"),
        (STAGING, f'{STAGING}\nnewer = "waits"', "newer"),
        (STAGING, f'{CANARY}after = "staging"\n{STAGING}', "come after the same staging"),
    ],
)
def test_a_policy_that_cannot_be_followed_is_told_with_its_place(old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigInvalid, match=told) as raised:
        parse_policy(POLICY.replace(old, new))
    assert raised.value.hint
