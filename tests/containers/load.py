"""Callers that keep tagging through the balancer, and what became of their calls."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import speechtag


@dataclass(frozen=True)
class CountingRetry(speechtag.Retry):
    """The usual retries, counted by what they were for."""

    seen: Counter[str] = field(default_factory=Counter)

    def delay(self, error, attempt):
        self.seen[error.reason or error.code.name] += 1
        return super().delay(error, attempt)


class Load:
    """Some callers of single texts and some that stream, from `with` to its end; `result()` afterwards."""

    def __init__(self, target: str, page: str, callers: int = 6, streams: int = 4) -> None:
        self.target, self.page = target, page
        self.retry_calls, self.retry_streams = CountingRetry(), CountingRetry()
        self.answers: Counter[str] = Counter()
        self.streamed = 0
        self.failures: list[str] = []
        self.slowest = 0.0
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._call) for _ in range(callers)]
        self._threads += [threading.Thread(target=self._stream) for _ in range(streams)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _call(self) -> None:
        with speechtag.Client(self.target, retry=self.retry_calls, timeout=20) as client:
            while not self._stop.is_set():
                begun = time.monotonic()
                try:
                    answer = client.tag(self.page)
                except speechtag.Error as error:
                    self.failures.append(str(error))
                    continue
                with self._lock:
                    self.answers[answer.model.version] += 1
                    self.slowest = max(self.slowest, time.monotonic() - begun)

    def _stream(self) -> None:
        sent = answered = 0

        def source():
            nonlocal sent
            while not self._stop.is_set():
                yield str(sent), self.page
                sent += 1
                time.sleep(0.01)

        with speechtag.Client(self.target, retry=self.retry_streams) as client:
            try:
                for result in client.tag_stream(source(), window=8):
                    if result.error or result.id != str(answered):
                        self.failures.append(f"stream: {answered} expected: {result}")
                    answered += 1
            except speechtag.Error as error:
                self.failures.append(f"stream: {error}")
        if answered != sent:
            self.failures.append(f"stream: {sent} sent, {answered} answered")
        with self._lock:
            self.streamed += answered

    def __str__(self) -> str:
        def again(retry: CountingRetry) -> str:
            return ", ".join(f"{n}× {name}" for name, n in retry.seen.items()) or "none"

        versions = ", ".join(f"{n} by {version}" for version, n in sorted(self.answers.items()))
        return (
            f"{self.answers.total()} calls answered ({versions}), {self.streamed} documents streamed, "
            f"{len(self.failures)} failed; slowest call {self.slowest:.2f} s\n"
            f"sent again by the client: calls {again(self.retry_calls)}; streams {again(self.retry_streams)}"
        )
