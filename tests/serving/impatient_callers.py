"""Load on an endpoint, by callers that notice whatever goes wrong."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from contextlib import closing
from functools import partial

from serving_processes import wait_until


class Callers:
    """Eight callers that keep their connection and eight that take a new one each time, none of which tries twice."""

    def __init__(self, endpoint: str, body: bytes) -> None:
        host, _, port = endpoint.partition(":")
        self._connect = partial(http.client.HTTPConnection, host, int(port), timeout=20)
        self._body = body
        self.versions: Counter[str] = Counter()
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=each) for each in [self._keep_one] * 8 + [self._take_new_ones] * 8]

    def __enter__(self) -> Callers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def answered(self) -> int:
        return sum(self.versions.values())

    def wait_for(self, count: int) -> None:
        """Until so many more are answered, or one has failed."""
        goal = self.answered + count
        wait_until(lambda: self.answered >= goal or bool(self.failures), f"{count} more answers")

    def _keep_one(self) -> None:
        with closing(self._connect()) as connection:
            while not self._stop.is_set():
                self._ask(connection)

    def _take_new_ones(self) -> None:
        while not self._stop.is_set():
            with closing(self._connect()) as connection:
                self._ask(connection)

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        try:
            connection.request("POST", "/predict", self._body, {"content-type": "image/png"})
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self.failures.append(repr(error))
            return
        if response.status == 200:
            self.versions[response.headers["x-mltui-version"]] += 1
        else:
            self.failures.append(f"{response.status} {content!r}")
