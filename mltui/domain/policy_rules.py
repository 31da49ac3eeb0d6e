"""What a policy may not say although its types are right; every mistake with what would be right."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from mltui.domain.actor import UNKNOWN
from mltui.domain.endpoint import endpoint_problems
from mltui.domain.metrics import CHANGED_PREDICTIONS, METRICS, OF_DATA, PROXY_AUC, find_metric
from mltui.domain.model_card import CARD_FIELDS
from mltui.domain.notify_rules import notify_problems
from mltui.domain.policy import CheckRule, EnvironmentPolicy, Gate, Policy
from mltui.domain.rollout import step_problem
from mltui.domain.signature import plain_key
from mltui.domain.way import stops
from mltui.domain.window import DeployWindow

Problem = tuple[str, str]
"""What is wrong, and what would be right."""

MOST_REPLICAS = 8
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_LOOPBACK = re.compile(r"127\.0\.0\.1:[0-9]{1,5}")
_MOST_HOURS = 100_000
_KEY = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[\w@.-]+ [A-Za-z0-9+/]+={0,2}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def policy_problems(policy: Policy) -> Iterator[Problem]:
    yield from _operator_problems(policy)
    for name, environment in policy.environments.items():
        where = f"environments.{name}"
        if _NAME.fullmatch(name) is None:
            yield where, "name it with a lower-case letter and then letters, digits and -, 31 at most"
        yield from endpoint_problems(environment, where)
        yield from _number_problems(environment, where)
        yield from _rollout_problems(environment, where)
        yield from _gateway_problems(environment, where)
        yield from _window_problems(environment, where)
        if set(environment.skip) - {"profile"}:
            yield f"{where}.skip = {list(environment.skip)}", 'only "profile" can be skipped'
        yield from _gate_problems(environment.gate, policy, f"{where}.gate")
        for index, rule in enumerate(environment.checks):
            yield from _rule_problems(rule, f"{where}.checks.{index}")
    yield from _order_problems(policy)
    yield from notify_problems(policy)
    for name in ("days", "log_days"):
        if not 0 < getattr(policy.keep, name) < math.inf:
            yield f"keep.{name} = {getattr(policy.keep, name)}", "a number of days above 0"


def _operator_problems(policy: Policy) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for name, operator in policy.operators.items():
        where = f"operators.{name}"
        if name == UNKNOWN:
            yield f"{where}: that stands for whoever is no operator", "name the person"
        if not operator.login.strip():
            yield f"{where}.login is empty", "the person's login on this machine"
        for key in operator.keys:
            plain = plain_key(key)
            if _KEY.fullmatch(plain) is None:
                yield f"{where}.keys: “{key[:40]}” is no SSH key", "a line of ~/.ssh/id_ed25519.pub"
            if owners.setdefault(plain, name) != name:
                yield f"{where}.keys: {owners[plain]} has that key, too", "a key of their own for each person"


def _number_problems(environment: EnvironmentPolicy, where: str) -> Iterator[Problem]:
    for key in ("cpus", "latency_limit_ms"):
        value = getattr(environment, key)
        if not 0 < value < math.inf:
            yield f"{where}.{key} = {value}", "a number above 0"
    for key in (
        "bake_seconds",
        "step_seconds",
        "smoke_every_seconds",
        "profile_seconds",
        "keep_warm",
        "keep_cold",
        "least_harm",
    ):
        value = getattr(environment, key)
        if not 0 <= value < math.inf:
            yield f"{where}.{key} = {value}", "0 or more"


def _rollout_problems(environment: EnvironmentPolicy, where: str) -> Iterator[Problem]:
    if environment.least_requests < 1:
        yield f"{where}.least_requests = {environment.least_requests}", "1 or more, for instance 50"
    wrong = step_problem(environment.traffic_steps)
    if wrong:
        yield f"{where}.traffic_steps = {list(environment.traffic_steps)}: {wrong}", "for instance [5, 25, 50, 100]"


def _gateway_problems(environment: EnvironmentPolicy, where: str) -> Iterator[Problem]:
    sticky, metrics = environment.sticky_header, environment.metrics
    if sticky is not None and _HEADER.fullmatch(sticky) is None:
        yield f"{where}.sticky_header = “{sticky}”", "the name of a header, for instance x-user"
    if metrics is not None and (_LOOPBACK.fullmatch(metrics) is None or int(metrics.rpartition(":")[2]) > 65535):
        yield f"{where}.metrics = “{metrics}”", "write 127.0.0.1:port, for instance 127.0.0.1:9101"
    if metrics == environment.listen and not environment.listen.endswith(":0"):
        yield f"{where}.metrics = “{metrics}” is where the endpoint listens", "give it a port of its own"
    if not 1 <= environment.replicas <= MOST_REPLICAS:
        yield f"{where}.replicas = {environment.replicas}", f"1 to {MOST_REPLICAS}"


def _window_problems(environment: EnvironmentPolicy, where: str) -> Iterator[Problem]:
    if environment.window is not None:
        try:
            DeployWindow.parse(environment.window)
        except ValueError as error:
            yield f"{where}.window: {error}", "write days, hours and the name of a time zone"


def _gate_problems(gate: Gate, policy: Policy, where: str) -> Iterator[Problem]:
    for approver in gate.approvers:
        if approver not in policy.operators:
            yield f"{where}.approvers: “{approver}” is no operator", "add the person to [operators]"
    for name in set(gate.model_card) - set(CARD_FIELDS):
        yield f"{where}.model_card: “{name}” is no field of a model card", f"there are: {', '.join(CARD_FIELDS)}"
    if gate.required < 1:
        yield f"{where}.required = {gate.required}", "1 or more: nothing is approved by itself"
    if not 0 < gate.expires_hours <= _MOST_HOURS:
        yield f"{where}.expires_hours = {gate.expires_hours}", f"a number above 0, {_MOST_HOURS} at most"


def _rule_problems(rule: CheckRule, where: str) -> Iterator[Problem]:
    if find_metric(rule.metric) is None:
        yield f"{where}: there is no metric “{rule.metric}”", f"there are: {', '.join(METRICS)}"
    limits = (rule.floor, rule.ceiling, rule.allowed_loss)
    if rule.attribute is None and all(limit is None for limit in limits):
        yield f"{where}: {rule.metric} has no limit", "give floor, ceiling, allowed_loss or attribute"
    if rule.group is not None and (rule.attribute is None or all(limit is None for limit in limits)):
        yield f"{where}: a group needs its attribute and a limit", "give attribute, and floor, ceiling or allowed_loss"
    if rule.reference is not None and (rule.attribute is None or rule.has_limit or rule.metric in OF_DATA):
        hint = 'for instance { metric = "recall", attribute = "sex", reference = "best" }'
        yield f"{where}: a reference is for a check that compares groups", hint
    is_more = rule.floor is not None or rule.allowed_loss is not None or rule.attribute is not None
    if rule.metric == CHANGED_PREDICTIONS and (rule.ceiling is None or is_more):
        yield f"{where}: changed_predictions takes a ceiling alone", "for instance ceiling = 0.2"
    yield from _data_rule_problems(rule, where)
    metric = find_metric(rule.metric)
    if metric is not None and metric.is_from_profile and rule.attribute is not None:
        yield f"{where}: {rule.metric} is of the server, not of a group", "take attribute away"
    if not all(limit is None or math.isfinite(limit) for limit in limits):
        yield f"{where}: a limit of {rule.metric} is no number", "give a finite number"


def _data_rule_problems(rule: CheckRule, where: str) -> Iterator[Problem]:
    if rule.metric not in OF_DATA:
        return
    wanted, limit = ("ceiling = 0.8", rule.ceiling) if rule.metric == PROXY_AUC else ("floor = 30", rule.floor)
    given = [each for each in (rule.floor, rule.ceiling, rule.allowed_loss) if each is not None]
    if rule.attribute is None or rule.group is not None or limit is None or len(given) > 1:
        hint = f'for instance {{ metric = "{rule.metric}", attribute = "sex", {wanted} }}'
        yield f"{where}: {rule.metric} takes an attribute and a {wanted.partition(' ')[0]}", hint


def _order_problems(policy: Policy) -> Iterator[Problem]:
    """They stand one after the other: none comes after itself, and no two after the same one."""
    environments = policy.environments
    for name, environment in environments.items():
        where, before = f"environments.{name}.after = “{environment.after}”", environment.after
        if before is None:
            continue
        if before not in environments:
            yield f"{where} is no environment", f"there are: {', '.join(environments)}"
        elif name in _all_before(policy, name):
            yield f"{where} leads back to {name}", "an environment cannot come after itself"
    for name in set(environments) - set(stops(policy)):
        if environments[name].checks:
            hint = "name approvers in its gate, or move them to the environment after it"
            yield f"environments.{name}.checks: nobody decides there, so nothing would look at them", hint
    for before, count in Counter(each.after for each in environments.values() if each.after is not None).items():
        if before in environments and environments[before].rollout.is_in_steps:
            yield f"environments.{before}.traffic_steps: a release passes {before} all at once", "only goals have steps"
        if count > 1:
            sharing = ", ".join(name for name, each in environments.items() if each.after == before)
            yield f"environments {sharing} come after the same {before}", "give each an environment of its own"


def _all_before(policy: Policy, name: str) -> set[str]:
    found: set[str] = set()
    before = policy.environments[name].after
    while before is not None and before in policy.environments and before not in found:
        found.add(before)
        before = policy.environments[before].after
    return found
