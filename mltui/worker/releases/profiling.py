"""Profile: latency and memory of the packaged server, by HTTP, at the largest input and the served concurrency."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mltui.domain.deployment import Deployment, DeploymentState
from mltui.engines.base import ContainerSpec
from mltui.errors import WorkFailed
from mltui.serving.client import PredictionClient, ServerUnreachable
from mltui.worker.environments import servers
from mltui.worker.releases import workloads
from mltui.worker.releases.release_work import LABEL_RELEASE, ReleaseWork

HEADROOM = 1.3
"""Limit = measured peak × this."""
WARM_REQUESTS = 5


def profile(work: ReleaseWork) -> Mapping[str, Any]:
    """Starts the server alone, without a memory limit, asks it for `profile_seconds`, and removes it."""
    place, release = work.place, work.release
    concurrency = max(1, int(place.rules.cpus))
    deployment = Deployment(
        id=0,
        environment=place.name,
        version_id=work.version.id,
        state=DeploymentState.STARTING,
        package=release.package,
        image_id=release.image_id,
        engine=place.engine_name,
        cpus=place.rules.cpus,
        memory_bytes=None,
        created_at=work.workspace.now(),
        release_id=release.id,
    )
    server = f"p{release.id}.1"
    name = work.workspace.container_name(server)
    engine = work.workspace.engine(place.engine_name)
    engine.remove(name)
    (work.workspace.sockets_folder / server).mkdir(parents=True, exist_ok=True)
    try:
        engine.start(_alone(work, servers.spec_of(work.workspace, deployment, server)))
        work.journal.on_boundary("profile begun")
        with servers.await_ready(work.workspace, deployment, server=server) as client:
            return _measure(work, client, concurrency=concurrency)
    finally:
        engine.remove(name)


def _alone(work: ReleaseWork, spec: ContainerSpec) -> ContainerSpec:
    return replace(spec, restart="no", labels={**spec.labels, LABEL_RELEASE: work.name})


def _measure(work: ReleaseWork, client: PredictionClient, *, concurrency: int) -> Mapping[str, Any]:
    schema, seconds = work.version.input_schema, work.rules.profile_seconds
    typical = workloads.typical(work.workspace.store, work.version)
    largest = workloads.largest(schema)
    for body in typical[:WARM_REQUESTS]:
        _ask(client, body)
    began = time.monotonic()
    latencies = _drive(client, typical, concurrency=concurrency, seconds=seconds)
    elapsed = time.monotonic() - began
    for body in largest:
        _drive(client, [body], concurrency=concurrency, seconds=0)
    peak = int(client.ready()["peak_memory_bytes"])
    return {
        "requests": len(latencies),
        "concurrency": concurrency,
        "requests_per_second": round(len(latencies) / elapsed, 1),
        "latency_p50_ms": round(percentile(latencies, 0.50), 2),
        "latency_p95_ms": round(percentile(latencies, 0.95), 2),
        "latency_p99_ms": round(percentile(latencies, 0.99), 2),
        "peak_memory_bytes": peak,
        "peak_memory_mb": round(peak / 2**20, 1),
        "memory_limit_bytes": math.ceil(peak * HEADROOM),
        "largest_input_bytes": max(len(body) if isinstance(body, bytes) else 0 for body in largest),
        "cpus": work.rules.cpus,
    }


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def _drive(
    client: PredictionClient, bodies: Sequence[workloads.Body], *, concurrency: int, seconds: float
) -> list[float]:
    """Milliseconds of every answer to `concurrency` threads that ask on until the time is up, each at least once."""
    deadline, latencies, failures = time.monotonic() + seconds, list[float](), list[WorkFailed]()

    def ask_on(first: int) -> None:
        index = first
        try:
            while True:
                latencies.append(_ask(client, bodies[index % len(bodies)]))
                index += concurrency
                if time.monotonic() > deadline:
                    return
        except WorkFailed as failure:
            failures.append(failure)

    threads = [threading.Thread(target=ask_on, args=(first,)) for first in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return latencies


def _ask(client: PredictionClient, body: workloads.Body) -> float:
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    try:
        answer = client.predict(body, content_type=kind)
    except ServerUnreachable as error:
        raise WorkFailed(
            f"the server went away under load: {error}", hint="its log has the reason", code="profile_failed"
        ) from error
    if answer.status != 200:
        raise WorkFailed(
            f"the server answered with status {answer.status} under load: {answer.body}",
            hint="its log has the reason",
            code="profile_failed",
        )
    return answer.milliseconds
