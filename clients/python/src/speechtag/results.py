"""Answers for one document of many, and answers as flat rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import errors
from .v1.model_pb2 import ModelIdentity
from .v1.tagging_pb2 import TaggedDocument, TagResult


@dataclass(frozen=True)
class Result:
    """A tagged document, or why it could not be tagged; exactly one of `document` and `error` is set."""

    id: str
    """The document's id."""
    document: TaggedDocument | None
    """The tagged document."""
    error: errors.Error | None
    """Why it could not be tagged."""
    model: ModelIdentity
    """The model that gave the tags; empty where the document failed before one was chosen."""

    def unwrap(self) -> TaggedDocument:
        """The tagged document; raises `error` if there is none."""
        if self.document is None:
            assert self.error is not None
            raise self.error
        return self.document


def result(message: TagResult, model: ModelIdentity) -> Result:
    """The result in `message`."""
    if message.HasField("document"):
        return Result(message.id, message.document, None, model)
    return Result(message.id, None, errors.of_document(message.error), model)


def rows(document: TaggedDocument) -> Iterator[dict[str, Any]]:
    """One flat mapping per speech, for tables: id, speech, start, end, title, and per axis its label (None: abstained) and
    confidence, such as `topic` and `topic_confidence`."""
    for speech in document.speeches:
        row: dict[str, Any] = {
            "id": document.id,
            "speech": speech.index,
            "start": speech.span.start,
            "end": speech.span.end,
            "title": speech.title if speech.HasField("title") else None,
        }
        for tag in speech.tags:
            row[tag.axis] = tag.label if tag.HasField("label") else None
            row[f"{tag.axis}_confidence"] = tag.confidence
        yield row
