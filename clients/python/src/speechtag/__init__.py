"""Client of speechtag, which tags Chinese official texts. 公文讲话标注服务的客户端。

    import speechtag

    with speechtag.Client("localhost:50051") as client:
        answer = client.tag("同志们:……")
        for speech in answer.document.speeches:
            for tag in speech.tags:
                print(tag.axis, tag.label, tag.confidence)

`Client` waits, `AsyncClient` is awaited; both have the same calls. Answers are the messages of the contract (`speechtag.v1`),
errors are exceptions (`speechtag.Error` and its kinds).
"""

from .aio import AsyncClient
from .client import Client
from .documents import Source
from .errors import (
    DeadlineExceeded,
    Error,
    FieldViolation,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
)
from .results import Result, rows
from .retries import Retry
from .v1.model_pb2 import GetModelResponse, LoadedModel, ModelIdentity
from .v1.tagging_pb2 import (
    Document,
    Priors,
    Speech,
    Tag,
    TagDocumentResponse,
    TaggedDocument,
    TagOptions,
)

__all__ = [
    "AsyncClient",
    "Client",
    "DeadlineExceeded",
    "Document",
    "Error",
    "FieldViolation",
    "GetModelResponse",
    "InvalidArgument",
    "LoadedModel",
    "ModelIdentity",
    "NotFound",
    "PermissionDenied",
    "Priors",
    "ResourceExhausted",
    "Result",
    "Retry",
    "Source",
    "Speech",
    "Tag",
    "TagDocumentResponse",
    "TagOptions",
    "TaggedDocument",
    "Unauthenticated",
    "Unavailable",
    "rows",
]
