"""The client that is awaited; call by call that of client.py."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from types import TracebackType
from typing import Any

import grpc
import grpc.aio
import tenacity
from grpc_health.v1 import health_pb2, health_pb2_grpc

from . import errors
from .channels import OPTIONS, Option, metadata, seconds
from .documents import Source, document, several
from .results import Result, result
from .retries import Retry
from .v1 import model_pb2, model_pb2_grpc, tagging_pb2, tagging_pb2_grpc


class AsyncClient:
    """A connection to speechtag, for one event loop. Close it, or use it in `async with`. See `Client`."""

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
            self._channel = grpc.aio.insecure_channel(target, options)
        else:
            self._channel = grpc.aio.secure_channel(target, credentials, options)
        self._tagging: Any = tagging_pb2_grpc.TaggingServiceStub(self._channel)
        self._models: Any = model_pb2_grpc.ModelServiceStub(self._channel)
        self._health = health_pb2_grpc.HealthStub(self._channel)
        self._metadata = metadata(token)
        self._retry, self._timeout = retry, timeout

    async def tag(
        self, source: Source, options: tagging_pb2.TagOptions | None = None, *, timeout: float | None = None
    ) -> tagging_pb2.TagDocumentResponse:
        """Tags one document."""
        request = tagging_pb2.TagDocumentRequest(document=document(source), options=options)
        answer: tagging_pb2.TagDocumentResponse = await self._call(self._tagging.TagDocument, request, timeout)
        return answer

    async def tag_batch(
        self, sources: Iterable[Source], options: tagging_pb2.TagOptions | None = None, *, timeout: float | None = None
    ) -> list[Result]:
        """Tags some documents in one call, as many as `model().limits` allows; answers in order, one each."""
        request = tagging_pb2.BatchTagDocumentsRequest(documents=map(document, several(sources)), options=options)
        answer = await self._call(self._tagging.BatchTagDocuments, request, timeout)
        return [result(message, answer.model) for message in answer.results]

    def tag_stream(
        self,
        sources: Iterable[Source] | AsyncIterable[Source],
        options: tagging_pb2.TagOptions | None = None,
        *,
        window: int = 32,
    ) -> AsyncIterator[Result]:
        """Tags any number of documents, from an iterable of either kind; see `Client.tag_stream`."""
        if window < 1:
            raise ValueError(f"window: must be at least 1, found {window}")
        return self._stream(several(sources), options, window)

    async def _stream(
        self, sources: Iterable[Source] | AsyncIterable[Source], options: tagging_pb2.TagOptions | None, window: int
    ) -> AsyncIterator[Result]:
        source = _aiter(sources)
        waiting: deque[tagging_pb2.StreamTagDocumentsRequest] = deque()
        failures, exhausted = 0, False
        while True:
            sending: asyncio.Queue[tagging_pb2.StreamTagDocumentsRequest | None] = asyncio.Queue()
            for request in waiting:
                sending.put_nowait(request)
            call = self._tagging.StreamTagDocuments(_until_none(sending), metadata=self._metadata)
            try:
                while True:
                    while not exhausted and len(waiting) < window:
                        try:
                            item = await anext(source)
                        except StopAsyncIteration:
                            exhausted = True
                            break
                        request = tagging_pb2.StreamTagDocumentsRequest(document=document(item), options=options)
                        waiting.append(request)
                        sending.put_nowait(request)
                    if not waiting:
                        # All is answered: end in good order, so that the server counts no cancelled call.
                        sending.put_nowait(None)
                        with contextlib.suppress(grpc.aio.AioRpcError):
                            await call.read()
                        return
                    try:
                        answer = await call.read()
                    except grpc.aio.AioRpcError as error:
                        cause = errors.of_call(error)
                        break
                    if answer is grpc.aio.EOF:
                        cause = errors.of_end()
                        break
                    waiting.popleft()
                    failures = 0
                    yield result(answer.result, answer.model)
            finally:
                sending.put_nowait(None)
                call.cancel()
            failures += 1
            if not self._retry.may(cause, failures):
                raise cause.at(waiting[0].document.id)
            await asyncio.sleep(self._retry.delay(cause, failures))

    async def model(self, name: str = "") -> model_pb2.GetModelResponse:
        """What a model can say, with names in Chinese and English, and the service's limits."""
        answer: model_pb2.GetModelResponse = await self._call(
            self._models.GetModel, model_pb2.GetModelRequest(name=name)
        )
        return answer

    async def models(self) -> Sequence[model_pb2.LoadedModel]:
        """The models in service with their aliases, the default first."""
        answer: model_pb2.ListModelsResponse = await self._call(
            self._models.ListModels, model_pb2.ListModelsRequest()
        )
        return answer.loaded

    async def healthy(self, timeout: float = 1.0) -> bool:
        """Whether the service serves now; does not try again."""
        try:
            answer = await self._health.Check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def close(self) -> None:
        """Ends the connection and what is under way on it."""
        await self._channel.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(self, method: Callable[..., Any], request: Any, timeout: float | None = None) -> Any:
        timeout = seconds(self._timeout if timeout is None else timeout)
        end = time.monotonic() + timeout

        async def once() -> Any:
            try:
                return await method(request, timeout=max(0.001, end - time.monotonic()), metadata=self._metadata)
            except grpc.aio.AioRpcError as error:
                raise errors.of_call(error) from error

        return await tenacity.AsyncRetrying(**self._retry.policy(timeout))(once)


async def _aiter(sources: Iterable[Source] | AsyncIterable[Source]) -> AsyncIterator[Source]:
    if isinstance(sources, AsyncIterable):
        async for source in sources:
            yield source
    else:
        for source in sources:
            yield source


async def _until_none(queue: asyncio.Queue[Any]) -> AsyncIterator[Any]:
    while (item := await queue.get()) is not None:
        yield item
