"""What a server tells Prometheus about its own work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from serving_models import make_picture_model, plain
from serving_processes import raw

from mltui.serving.answers import Identity
from mltui.serving.metrics import BOUNDS, LABELS, RequestMetrics, latencies

Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    """As Prometheus reads it."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def by_class(found: Samples) -> list[float]:
    return [found["mltui_requests_total", (("code", f"{kind}xx"),)] for kind in (2, 4, 5)]


def test_a_server_counts_requests_to_its_model_and_not_those_of_its_watchers(tmp_path: Path, start_server) -> None:
    server = start_server(tmp_path / "d18.1", make_picture_model(tmp_path / "model"))
    with server.client() as client:
        before = samples(client.metrics())
        assert by_class(before) == [0, 0, 0]
        assert [client.predict(plain("red")).status for _ in range(3)] == [200] * 3
        assert client.predict(b"no picture").status == 400
        assert client.predict({"a": 1}).status == 415
        client.ready()
        text = client.metrics()
    found = samples(text)
    assert by_class(found) == [3, 2, 0]
    assert found["mltui_request_seconds_count", ()] == 4  # the wrong type never reached the model
    assert 0 < found["mltui_request_seconds_sum", ()] < 60
    assert sum(latencies(text).values()) == 4
    assert found["mltui_requests_in_flight", ()] == 0
    assert found["mltui_peak_memory_bytes", ()] > 1e6
    who = (("deployment", "d18"), ("package", "ab" * 32), ("version", "v7"))
    assert found["mltui_server_info", who] == 1
    assert b"content-type: text/plain; version=0.0.4" in raw(
        server.folder, b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )


def test_each_answer_falls_into_the_bucket_of_its_seconds() -> None:
    metrics = RequestMetrics()
    for seconds in (0.0, BOUNDS[0], BOUNDS[0] * 1.01, BOUNDS[-1], BOUNDS[-1] * 2):
        metrics.took(seconds)
    metrics.answered(200), metrics.answered(503)
    text = metrics.text(Identity('v"7\\', "", "d1"), peak_memory_bytes=5)
    counts = {label: count for label, count in latencies(text).items() if count}
    assert counts == {LABELS[0]: 2, LABELS[1]: 1, LABELS[-2]: 1, "+Inf": 1}
    found = samples(text)
    assert by_class(found) == [1, 0, 1]
    assert found["mltui_server_info", (("deployment", "d1"), ("package", ""), ("version", 'v"7\\'))] == 1
    assert found["mltui_request_seconds_bucket", (("le", "+Inf"),)] == 5


def test_other_words_hold_no_latencies() -> None:
    assert latencies("") == latencies("<html>") == {}
