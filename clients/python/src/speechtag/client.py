"""The client that waits for its answers."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import SimpleQueue
from types import TracebackType
from typing import Any, TypeVar

import grpc
import tenacity
from grpc_health.v1 import health_pb2, health_pb2_grpc

from . import errors
from .channels import OPTIONS, Option, metadata, seconds
from .documents import Source, document, several
from .results import Result, result
from .retries import Retry
from .v1 import model_pb2, model_pb2_grpc, tagging_pb2, tagging_pb2_grpc

T = TypeVar("T")


class Client:
    """A connection to speechtag. Threads may share it. Close it, or use it in `with`.

    `target` is `host:port`; `credentials` (such as `grpc.ssl_channel_credentials()`) make it TLS; `token` is sent with every
    call; `retry` says what is sent again; `timeout` is the seconds a unary call may take with all its tries.
    """

    def __init__(
        self,
        target: str = "localhost:50051",
        *,
        credentials: grpc.ChannelCredentials | None = None,
        token: str | None = None,
        retry: Retry = Retry(),
        timeout: float = 60.0,
        options: Sequence[Option] = (),
    ) -> None:
        options = [*OPTIONS, *options]
        if credentials is None:
            self._channel = grpc.insecure_channel(target, options)
        else:
            self._channel = grpc.secure_channel(target, credentials, options)
        self._tagging = tagging_pb2_grpc.TaggingServiceStub(self._channel)
        self._models = model_pb2_grpc.ModelServiceStub(self._channel)
        self._health = health_pb2_grpc.HealthStub(self._channel)
        self._metadata = metadata(token)
        self._retry, self._timeout = retry, timeout

    def tag(
        self, source: Source, options: tagging_pb2.TagOptions | None = None, *, timeout: float | None = None
    ) -> tagging_pb2.TagDocumentResponse:
        """Tags one document."""
        request = tagging_pb2.TagDocumentRequest(document=document(source), options=options)
        return self._call(self._tagging.TagDocument, request, timeout)

    def tag_batch(
        self, sources: Iterable[Source], options: tagging_pb2.TagOptions | None = None, *, timeout: float | None = None
    ) -> list[Result]:
        """Tags some documents in one call, as many as `model().limits` allows; answers in order, one each."""
        request = tagging_pb2.BatchTagDocumentsRequest(documents=map(document, several(sources)), options=options)
        answer = self._call(self._tagging.BatchTagDocuments, request, timeout)
        return [result(message, answer.model) for message in answer.results]

    def tag_stream(
        self, sources: Iterable[Source], options: tagging_pb2.TagOptions | None = None, *, window: int = 32
    ) -> Iterator[Result]:
        """Tags any number of documents; answers come in order, as they are ready.

        Takes from `sources` at most `window` documents ahead of the answers, so an archive need not fit in memory. Where a
        stream breaks, what has no answer yet is sent again on a new one. Where documents come slowly and each answer
        counts, ask for `window=1`. A message above `model().limits.max_message_bytes` ends the stream; the error's `unanswered`
        names its document.
        """
        if window < 1:
            raise ValueError(f"window: must be at least 1, found {window}")
        return self._stream(several(sources), options, window)

    def _stream(
        self, sources: Iterable[Source], options: tagging_pb2.TagOptions | None, window: int
    ) -> Iterator[Result]:
        requests = (tagging_pb2.StreamTagDocumentsRequest(document=document(s), options=options) for s in sources)
        waiting: deque[tagging_pb2.StreamTagDocumentsRequest] = deque()
        failures = 0
        while True:
            sending: SimpleQueue[tagging_pb2.StreamTagDocumentsRequest | None] = SimpleQueue()
            for request in waiting:
                sending.put(request)
            answers = self._tagging.StreamTagDocuments(iter(sending.get, None), metadata=self._metadata)
            try:
                while True:
                    for request in itertools.islice(requests, window - len(waiting)):
                        waiting.append(request)
                        sending.put(request)
                    if not waiting:
                        # All is answered: end in good order, so that the server counts no cancelled call.
                        sending.put(None)
                        with contextlib.suppress(grpc.RpcError):
                            next(answers, None)
                        return
                    try:
                        answer = next(answers)
                    except StopIteration:
                        cause = errors.of_end()
                        break
                    except grpc.RpcError as error:
                        cause = errors.of_call(error)
                        break
                    waiting.popleft()
                    failures = 0
                    yield result(answer.result, answer.model)
            finally:
                # Ends gRPC's thread that reads from the queue, and the call if it is still under way.
                sending.put(None)
                answers.cancel()
            failures += 1
            if not self._retry.may(cause, failures):
                raise cause.at(waiting[0].document.id)
            time.sleep(self._retry.delay(cause, failures))

    def model(self, name: str = "") -> model_pb2.GetModelResponse:
        """What a model can say, with names in Chinese and English, and the service's limits."""
        return self._call(self._models.GetModel, model_pb2.GetModelRequest(name=name))

    def models(self) -> Sequence[model_pb2.LoadedModel]:
        """The models in service with their aliases, the default first."""
        return self._call(self._models.ListModels, model_pb2.ListModelsRequest()).loaded

    def healthy(self, timeout: float = 1.0) -> bool:
        """Whether the service serves now; does not try again."""
        try:
            answer = self._health.Check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def close(self) -> None:
        """Ends the connection and what is under way on it."""
        self._channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: Callable[..., T], request: Any, timeout: float | None = None) -> T:
        timeout = seconds(self._timeout if timeout is None else timeout)
        end = time.monotonic() + timeout

        def once() -> T:
            try:
                return method(request, timeout=max(0.001, end - time.monotonic()), metadata=self._metadata)
            except grpc.RpcError as error:
                raise errors.of_call(error) from error

        return tenacity.Retrying(**self._retry.policy(timeout))(once)
