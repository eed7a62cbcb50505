"""Statuses as exceptions. What each means and what to do about it: docs/api.md.

The server sends its reason and values as `google.rpc.ErrorInfo`, the fields at fault as `google.rpc.BadRequest`, and the time
to wait as `google.rpc.RetryInfo`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from .v1.tagging_pb2 import TagError


@dataclass(frozen=True)
class FieldViolation:
    """A field at fault."""

    field: str
    """Path of the field, such as `documents[3].text`."""
    description: str
    """What is wrong with it."""


class Error(Exception):
    """A call, or one document of a batch or stream, failed."""

    code: grpc.StatusCode
    """Canonical status code."""
    message: str
    """What is wrong, in English."""
    reason: str
    """UPPER_SNAKE reason such as `OVERLOADED`; empty where the server did not answer itself."""
    values: Mapping[str, str]
    """The values behind the reason, such as a limit."""
    fields: tuple[FieldViolation, ...]
    """The fields at fault."""
    retry_delay: float | None
    """Seconds the server asks to wait before the next try."""
    unanswered: str | None = None
    """Where a stream failed: the id of its first document without an answer. If a message was too large, it was this one."""

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        *,
        reason: str = "",
        values: Mapping[str, str] | None = None,
        fields: tuple[FieldViolation, ...] = (),
        retry_delay: float | None = None,
    ) -> None:
        where = "".join(f" [{field.field}]" for field in fields)
        super().__init__(f"{reason or code.name}{where}: {message}")
        self.code, self.message, self.reason, self.values = code, message, reason, values or {}
        self.fields, self.retry_delay = fields, retry_delay

    def at(self, unanswered: str) -> Error:
        """The same as the failure of a stream whose first document without an answer is `unanswered`."""
        self.unanswered = unanswered
        self.args = (f"{self.args[0]} (first document without an answer: {unanswered!r})",)
        return self

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later. All calls of this client may be sent again.

        CANCELLED is not ours, and the service never says it: it is what gRPC makes of a stream that a balancer resets when
        it loses the server behind it.
        """
        lost = self.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        return lost or self.reason == "OVERLOADED"


class InvalidArgument(Error):
    """The request is wrong: `fields` tells where."""


class NotFound(Error):
    """No such model, version, alias or axis."""


class ResourceExhausted(Error):
    """The service is overloaded (`retryable`), or the message is too large."""


class DeadlineExceeded(Error):
    """Not done in time."""


class Unavailable(Error):
    """No server answers, or it is starting or stopping, or a balancer lost it on the way."""


class Unauthenticated(Error):
    """No token, or an unknown one."""


class PermissionDenied(Error):
    """The token is not for this."""


_KINDS = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidArgument,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ResourceExhausted,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.CANCELLED: Unavailable,
    grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDenied,
}
_CODES = {code.value[0]: code for code in grpc.StatusCode}


def of_call(error: Any) -> Error:
    """The exception for a failed call: a `grpc.RpcError` that is also a call, or a `grpc.aio.AioRpcError`."""
    code, message = error.code(), error.details() or ""
    details: dict[str, Any] = {}
    for entry in _status_details(error):
        info, request, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if entry.Unpack(info):
            details |= {"reason": info.reason, "values": dict(info.metadata)}
        elif entry.Unpack(request):
            fields = (FieldViolation(v.field, v.description) for v in request.field_violations)
            details["fields"] = tuple(fields)
        elif entry.Unpack(retry):
            details["retry_delay"] = retry.retry_delay.ToTimedelta().total_seconds()
    return _KINDS.get(code, Error)(code, message, **details)


def of_end() -> Error:
    """The exception for a stream that ended in good order before its last answer, as at the end of a connection's age."""
    return Unavailable(grpc.StatusCode.UNAVAILABLE, "the stream ended before its last answer")


def of_document(error: TagError) -> Error:
    """The exception for one document's failure."""
    code = _CODES.get(error.code, grpc.StatusCode.UNKNOWN)
    fields = (FieldViolation(error.field, error.message),) if error.field else ()
    return _KINDS.get(code, Error)(code, error.message, reason=error.reason, fields=fields)


def _status_details(error: Any) -> Any:
    for key, value in error.trailing_metadata() or ():
        if key == rpc_status.GRPC_DETAILS_METADATA_KEY:
            return rpc_status.status_pb2.Status.FromString(value).details
    return ()
