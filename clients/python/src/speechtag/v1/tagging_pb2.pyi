from speechtag.v1 import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Document(_message.Message):
    __slots__ = ("id", "text", "data", "encoding", "title")
    ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    id: str
    text: str
    data: bytes
    encoding: str
    title: str
    def __init__(self, id: _Optional[str] = ..., text: _Optional[str] = ..., data: _Optional[bytes] = ..., encoding: _Optional[str] = ..., title: _Optional[str] = ...) -> None: ...

class TagOptions(_message.Message):
    __slots__ = ("model", "axes", "top_k", "evidence", "skip_cleaning", "skip_splitting", "include_removals", "min_confidence", "compare_documents", "priors")
    class PriorsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Priors
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Priors, _Mapping]] = ...) -> None: ...
    MODEL_FIELD_NUMBER: _ClassVar[int]
    AXES_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    SKIP_CLEANING_FIELD_NUMBER: _ClassVar[int]
    SKIP_SPLITTING_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_REMOVALS_FIELD_NUMBER: _ClassVar[int]
    MIN_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    COMPARE_DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    PRIORS_FIELD_NUMBER: _ClassVar[int]
    model: str
    axes: _containers.RepeatedScalarFieldContainer[str]
    top_k: int
    evidence: int
    skip_cleaning: bool
    skip_splitting: bool
    include_removals: bool
    min_confidence: float
    compare_documents: bool
    priors: _containers.MessageMap[str, Priors]
    def __init__(self, model: _Optional[str] = ..., axes: _Optional[_Iterable[str]] = ..., top_k: _Optional[int] = ..., evidence: _Optional[int] = ..., skip_cleaning: bool = ..., skip_splitting: bool = ..., include_removals: bool = ..., min_confidence: _Optional[float] = ..., compare_documents: bool = ..., priors: _Optional[_Mapping[str, Priors]] = ...) -> None: ...

class Priors(_message.Message):
    __slots__ = ("labels",)
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    LABELS_FIELD_NUMBER: _ClassVar[int]
    labels: _containers.ScalarMap[str, float]
    def __init__(self, labels: _Optional[_Mapping[str, float]] = ...) -> None: ...

class Span(_message.Message):
    __slots__ = ("start", "end", "byte_start", "byte_end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    BYTE_START_FIELD_NUMBER: _ClassVar[int]
    BYTE_END_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    byte_start: int
    byte_end: int
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ..., byte_start: _Optional[int] = ..., byte_end: _Optional[int] = ...) -> None: ...

class TaggedDocument(_message.Message):
    __slots__ = ("id", "speeches", "removals", "encoding")
    ID_FIELD_NUMBER: _ClassVar[int]
    SPEECHES_FIELD_NUMBER: _ClassVar[int]
    REMOVALS_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    id: str
    speeches: _containers.RepeatedCompositeFieldContainer[Speech]
    removals: _containers.RepeatedCompositeFieldContainer[Removal]
    encoding: str
    def __init__(self, id: _Optional[str] = ..., speeches: _Optional[_Iterable[_Union[Speech, _Mapping]]] = ..., removals: _Optional[_Iterable[_Union[Removal, _Mapping]]] = ..., encoding: _Optional[str] = ...) -> None: ...

class Speech(_message.Message):
    __slots__ = ("index", "span", "title", "title_span", "duplicate_of", "tags", "similarity", "duplicate_of_document")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TITLE_SPAN_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_OF_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_OF_DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    index: int
    span: Span
    title: str
    title_span: Span
    duplicate_of: int
    tags: _containers.RepeatedCompositeFieldContainer[Tag]
    similarity: float
    duplicate_of_document: int
    def __init__(self, index: _Optional[int] = ..., span: _Optional[_Union[Span, _Mapping]] = ..., title: _Optional[str] = ..., title_span: _Optional[_Union[Span, _Mapping]] = ..., duplicate_of: _Optional[int] = ..., tags: _Optional[_Iterable[_Union[Tag, _Mapping]]] = ..., similarity: _Optional[float] = ..., duplicate_of_document: _Optional[int] = ...) -> None: ...

class Tag(_message.Message):
    __slots__ = ("axis", "label", "abstained", "in_scope", "confidence", "alternatives", "evidence", "log_odds")
    AXIS_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    ABSTAINED_FIELD_NUMBER: _ClassVar[int]
    IN_SCOPE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    LOG_ODDS_FIELD_NUMBER: _ClassVar[int]
    axis: str
    label: str
    abstained: bool
    in_scope: bool
    confidence: float
    alternatives: _containers.RepeatedCompositeFieldContainer[Alternative]
    evidence: _containers.RepeatedCompositeFieldContainer[Evidence]
    log_odds: float
    def __init__(self, axis: _Optional[str] = ..., label: _Optional[str] = ..., abstained: bool = ..., in_scope: bool = ..., confidence: _Optional[float] = ..., alternatives: _Optional[_Iterable[_Union[Alternative, _Mapping]]] = ..., evidence: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ..., log_odds: _Optional[float] = ...) -> None: ...

class Alternative(_message.Message):
    __slots__ = ("label", "confidence")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    label: str
    confidence: float
    def __init__(self, label: _Optional[str] = ..., confidence: _Optional[float] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("text", "span", "feature", "count", "weight")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    text: str
    span: Span
    feature: str
    count: int
    weight: float
    def __init__(self, text: _Optional[str] = ..., span: _Optional[_Union[Span, _Mapping]] = ..., feature: _Optional[str] = ..., count: _Optional[int] = ..., weight: _Optional[float] = ...) -> None: ...

class Removal(_message.Message):
    __slots__ = ("rule", "span")
    RULE_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    rule: str
    span: Span
    def __init__(self, rule: _Optional[str] = ..., span: _Optional[_Union[Span, _Mapping]] = ...) -> None: ...

class TagDocumentRequest(_message.Message):
    __slots__ = ("document", "options")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    document: Document
    options: TagOptions
    def __init__(self, document: _Optional[_Union[Document, _Mapping]] = ..., options: _Optional[_Union[TagOptions, _Mapping]] = ...) -> None: ...

class TagDocumentResponse(_message.Message):
    __slots__ = ("document", "model")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    document: TaggedDocument
    model: _model_pb2.ModelIdentity
    def __init__(self, document: _Optional[_Union[TaggedDocument, _Mapping]] = ..., model: _Optional[_Union[_model_pb2.ModelIdentity, _Mapping]] = ...) -> None: ...

class BatchTagDocumentsRequest(_message.Message):
    __slots__ = ("documents", "options")
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    documents: _containers.RepeatedCompositeFieldContainer[Document]
    options: TagOptions
    def __init__(self, documents: _Optional[_Iterable[_Union[Document, _Mapping]]] = ..., options: _Optional[_Union[TagOptions, _Mapping]] = ...) -> None: ...

class BatchTagDocumentsResponse(_message.Message):
    __slots__ = ("results", "model")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[TagResult]
    model: _model_pb2.ModelIdentity
    def __init__(self, results: _Optional[_Iterable[_Union[TagResult, _Mapping]]] = ..., model: _Optional[_Union[_model_pb2.ModelIdentity, _Mapping]] = ...) -> None: ...

class StreamTagDocumentsRequest(_message.Message):
    __slots__ = ("document", "options")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    document: Document
    options: TagOptions
    def __init__(self, document: _Optional[_Union[Document, _Mapping]] = ..., options: _Optional[_Union[TagOptions, _Mapping]] = ...) -> None: ...

class StreamTagDocumentsResponse(_message.Message):
    __slots__ = ("result", "model")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    result: TagResult
    model: _model_pb2.ModelIdentity
    def __init__(self, result: _Optional[_Union[TagResult, _Mapping]] = ..., model: _Optional[_Union[_model_pb2.ModelIdentity, _Mapping]] = ...) -> None: ...

class TagResult(_message.Message):
    __slots__ = ("id", "document", "error")
    ID_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    id: str
    document: TaggedDocument
    error: TagError
    def __init__(self, id: _Optional[str] = ..., document: _Optional[_Union[TaggedDocument, _Mapping]] = ..., error: _Optional[_Union[TagError, _Mapping]] = ...) -> None: ...

class TagError(_message.Message):
    __slots__ = ("code", "reason", "field", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: int
    reason: str
    field: str
    message: str
    def __init__(self, code: _Optional[int] = ..., reason: _Optional[str] = ..., field: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
