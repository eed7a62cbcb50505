"""What a caller may hand over as a document, and the message it becomes."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from .v1.tagging_pb2 import Document

Source: TypeAlias = "str | bytes | PathLike[str] | tuple[str, str | bytes] | Mapping[str, str | bytes] | Document"
"""A text; a file's bytes, whatever their encoding; a path, read as bytes, its name the id; a pair (id, text or bytes); a
mapping with the fields of `Document`, such as a record of JSON Lines; or a `Document` itself."""


def document(source: Source) -> Document:
    """The message of `source`."""
    match source:
        case Document():
            return source
        case str():
            return Document(text=source)
        case bytes():
            return Document(data=source)
        case PathLike():
            path = Path(source)
            return Document(id=path.name, data=path.read_bytes())
        case (str() as id, str() as text):
            return Document(id=id, text=text)
        case (str() as id, bytes() as data):
            return Document(id=id, data=data)
        case Mapping():
            known = Document.DESCRIPTOR.fields_by_name
            fields: dict[str, Any] = {key: value for key, value in source.items() if key in known and value is not None}
            return Document(**fields)
    raise TypeError(f"not a document: {type(source).__name__}")
