"""What a caller may hand over as a document, and the message it becomes."""

import os
from collections.abc import Mapping
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from .v1.tagging_pb2 import Document

Source: TypeAlias = "str | bytes | PathLike[str] | tuple[str | int, str | bytes] | Mapping[str, Any] | Document"
"""A text; a file's bytes, whatever their encoding; a `pathlib.Path`, read as bytes, the path as given the id; a pair (id, text or
bytes); a mapping with the fields of `Document`, such as a record of JSON Lines; or a `Document` itself. A number as id becomes a
string."""

T = TypeVar("T")


def several(sources: T) -> T:
    """`sources`, unless it is one document alone: each of its characters, bytes or fields would be taken for a document."""
    if isinstance(sources, (str, bytes, PathLike, Mapping, Document)):
        raise TypeError(f"sources: must be several documents, found one of type {type(sources).__name__}; put it in a list")
    return sources


def document(source: Source) -> Document:
    """The message of `source`.

    A `str` is a text. One that names a file is refused with `ValueError`, for its name would be tagged and not what it holds.
    """
    match source:
        case Document():
            return source
        case str():
            if "\n" not in source and os.path.isfile(source):
                raise ValueError(f"{source!r} names a file: pass pathlib.Path(...), or Document(text=...) if it is the text")
            return Document(text=source)
        case bytes():
            return Document(data=source)
        case PathLike():
            return Document(id=os.fspath(source), data=Path(source).read_bytes())
        case (str() | Integral() as id, str() as text):
            return Document(id=str(id), text=text)
        case (str() | Integral() as id, bytes() as data):
            return Document(id=str(id), data=data)
        case Mapping():
            known = Document.DESCRIPTOR.fields_by_name
            fields: dict[str, Any] = {key: value for key, value in source.items() if key in known and value is not None}
            if "text" in fields and "data" in fields:
                raise ValueError("a document has text or data, and not both")
            if isinstance(fields.get("id"), Integral):
                fields["id"] = str(fields["id"])
            return Document(**fields)
    raise TypeError(f"not a document: {type(source).__name__}")
