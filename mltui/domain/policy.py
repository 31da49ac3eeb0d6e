"""What the workspace's policy says: people, environments, gates and check rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mltui.domain.rollout import ALL_AT_ONCE, Rollout

InconclusiveRule = Literal["hold", "block", "pass"]


@dataclass(frozen=True, slots=True)
class Operator:
    """A person: one login of the build host, and the e-mail addresses that stand in their commits."""

    login: str
    emails: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """Public SSH keys, a line each as in `id_ed25519.pub`."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Who has to agree before a version goes to the environment."""

    approvers: tuple[str, ...] = ()
    """Names from `[operators]`."""
    required: int = 1
    self_approval: bool = False
    """Whether the one who asked for the run, or wrote the commit, may approve it."""
    expires_hours: float = 72
    model_card: tuple[str, ...] = ()
    """Fields of the model card that have to be filled in before anyone decides."""
    signatures: bool = False
    """Whether a decision has to be signed with one of the person's SSH keys; an account that several share needs it."""
    inconclusive: InconclusiveRule = "hold"
    """hold: the approver acknowledges each by name; block: counts as failed; pass: counts as passed, on the record."""


@dataclass(frozen=True, slots=True)
class CheckRule:
    """One automatic check. Metrics of the evaluation table, of the profile, or of the data.

    With `attribute`, the limits hold for each of its groups; without any limit the check is about bias: the metric is
    compared between the groups.
    """

    metric: str
    floor: float | None = None
    ceiling: float | None = None
    allowed_loss: float | None = None
    """How much worse than production it may be, in the metric's own unit, on the same rows."""
    attribute: str | None = None
    group: str | None = None
    """Of the attribute this group alone, which has to be there."""
    reference: str | None = None
    """Without a limit: what each group is held against: others, largest, best, or a group's name; None: others."""
    inconclusive: InconclusiveRule | None = None
    """Overrides the gate's rule for this check."""
    dry_run: bool = False
    """Reported with its verdict, and holds or stops nothing."""

    @property
    def has_limit(self) -> bool:
        return any(limit is not None for limit in (self.floor, self.ceiling, self.allowed_loss))


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files; a relative path begins in the workspace's folder."""

    certificate: str
    """The server's own first, then what leads to its issuer."""
    key: str


@dataclass(frozen=True, slots=True)
class EnvironmentPolicy:
    """One environment: where it runs, what guards it, how long a release is watched."""

    after: str | None = None
    """The environment that a version passes before this one."""
    engine: Literal["docker", "process", "default"] = "default"
    """default: the engine of the workspace."""
    listen: str = "127.0.0.1:0"
    """Host and port of the endpoint; port 0 takes a free one and keeps it."""
    tls: Tls | None = None
    token_file: str | None = None
    """Holds the word that every request has to bring: `Authorization: Bearer WORD`."""
    insecure: bool = False
    """Whether it may be reachable from outside without TLS and a token; then every screen says so."""
    cpus: float = 1
    """Of each replica."""
    replicas: int = 1
    """Servers of each version, 8 at most; with two, no request is lost when one of them is killed."""
    sticky_header: str | None = None
    """Requests with the same value of this header go to the same version while several share the traffic."""
    metrics: str | None = None
    """Host and port for Prometheus; port 0 takes a free one and keeps it, None tells nobody."""
    traffic_steps: tuple[int, ...] = ALL_AT_ONCE
    """Percent of the requests that a new version gets, one step after the other; the last one is 100.

    How fast a version takes over is no part of what an approval binds, just as the bake: a release goes by what stands
    here when its first step begins."""
    step_seconds: float = 300
    """How long each step lasts before the two versions are compared."""
    least_requests: int = 50
    """Of the new version, below which a comparison is inconclusive."""
    bake_seconds: float = 300
    smoke_every_seconds: float = 60
    rolls_back_when_ill: bool = False
    """Whether two failed smokes in a row bring the last known good version back without a person."""
    latency_limit_ms: float = 1000
    """A smoke answer later than this fails the case."""
    keep_warm: int = 1
    keep_cold: int = 5
    profile_seconds: float = 20
    least_harm: float = 0
    """Where a group that gets worse against what is here by less than that is not called harmed: of the share of right
    answers, or of the mean absolute error in standard deviations of the truth."""
    skip: tuple[str, ...] = ()
    """Stages that are recorded as skipped; only `profile` can be."""
    newer: Literal["supersedes", "queues"] = "supersedes"
    """What a newer release to here does with one that waits for a decision, while nobody has approved that.

    Where no environment comes before this one, nothing is superseded: there each decision stands for itself."""
    window: str | None = None
    """When it may be deployed to, `Mon-Fri 09:00-16:00 Europe/Berlin`; None for any time."""
    require_containers: bool = False
    """Refuses versions that were trained without containers."""
    gate: Gate = Gate()
    checks: tuple[CheckRule, ...] = ()

    @property
    def is_guarded(self) -> bool:
        return self.tls is not None and bool(self.token_file)

    @property
    def rollout(self) -> Rollout:
        return Rollout(self.traffic_steps, self.step_seconds, self.least_requests)


EVERY_EVENT = "*"


@dataclass(frozen=True, slots=True)
class Notifier:
    """A program of this machine that is told of events, by the worker and as its user."""

    run: tuple[str, ...]
    """Its whole path and its arguments; the event comes as JSON on stdin."""
    on: tuple[str, ...] = (EVERY_EVENT,)
    """Kinds of events, or `*` for all."""
    seconds: float = 10
    """After that it is killed, and told again later."""

    def wants(self, kind: str) -> bool:
        return EVERY_EVENT in self.on or kind in self.on


@dataclass(frozen=True, slots=True)
class Keep:
    """How long what nothing needs any more is kept before `prune` takes it."""

    days: float = 14
    log_days: float = 90
    """Logs of runs."""


@dataclass(frozen=True, slots=True)
class Policy:
    engine: Literal["docker", "process"] = "docker"
    """Where steps and servers run, unless an environment says otherwise."""
    operators: Mapping[str, Operator] = field(default_factory=dict)
    environments: dict[str, EnvironmentPolicy] = field(default_factory=dict)
    notify: Mapping[str, Notifier] = field(default_factory=dict)
    keep: Keep = Keep()
    is_demo: bool = False
    """Set by the demo; a self-approval is then recorded as `self-approved (demo policy)`."""


def goals(policy: Policy) -> list[str]:
    """The environments that no other comes after, in the policy's order."""
    followed = {environment.after for environment in policy.environments.values()}
    return [name for name in policy.environments if name not in followed]


def last_environment(policy: Policy) -> str | None:
    """Where releases lead: the environment that no other comes after; None without environments."""
    found = goals(policy)
    return found[-1] if found else None
