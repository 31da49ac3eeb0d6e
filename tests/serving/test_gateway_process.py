from __future__ import annotations

import time
from pathlib import Path

from conftest import make_picture_model, plain

from mltui.serving.client import ServerUnreachable
from mltui.serving.gateway import Backend


def test_probe(tmp_path: Path, start_server, start_gateway, endpoint) -> None:
    model = make_picture_model(tmp_path / "model")
    g = start_gateway(tmp_path, endpoint=endpoint)
    c = g.client()
    print(c.predict(plain("red")))
    print(c.predict(plain("red"), request_id="abc.1"))
    a = start_server(tmp_path / "d1.1", model, version="v1")
    b = start_server(tmp_path / "d2.1", model, version="v2")
    A = lambda w: Backend("d1.1", "d1.1/s.sock", w)
    B = lambda w: Backend("d2.1", "d2.1/s.sock", w)
    t = time.perf_counter()
    g.admin.shift([A(100)], timeout_seconds=10)
    print("first", time.perf_counter() - t)
    print(c.predict(plain("red"), request_id="abc.1"))
    t = time.perf_counter()
    g.admin.shift([A(0), B(100)], timeout_seconds=10)
    print("second", time.perf_counter() - t)
    print(g.admin.servers())
    t = time.perf_counter()
    g.admin.shift([A(95), B(5)], timeout_seconds=10)
    print("third", time.perf_counter() - t)
    print(g.admin.command("set weight production/d1.1 300"), g.admin.command("set weight production/d1.1 256"))
    n = {"v1": 0, "v2": 0}
    g.admin.shift([A(95), B(5)], timeout_seconds=10)
    for i in range(200):
        n[c.predict(plain("red")).body["version"]] += 1
    print(n)
    for size in (250_000, 5_000_000):
        try:
            print(c.predict(b"x" * size))
        except ServerUnreachable as e:
            print(e)
    t = time.perf_counter()
    g.admin.remove("d1.1", drain_seconds=5)
    print("remove", time.perf_counter() - t)
    print(g.admin.servers())
    print(c.predict(plain("red")).body["version"])
    b.stop()
    print(c.predict(plain("red")))
    t = time.perf_counter()
    while g.admin.servers()[0].is_up:
        time.sleep(0.01)
    print("down", time.perf_counter() - t)
    print(c.predict(plain("red")))
    b = start_server(tmp_path / "d2.1", model, version="v2")
    t = time.perf_counter()
    while not g.admin.servers()[0].is_up:
        time.sleep(0.01)
    print("up again", time.perf_counter() - t)
    print(c.predict(plain("red")))
    g.admin.shift([], timeout_seconds=1)
    print(c.predict(plain("red")))
    assert 0
