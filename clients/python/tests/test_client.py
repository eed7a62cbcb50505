"""The client that waits, against a real server."""

import asyncio
import itertools
import re
import threading
import time
import urllib.request
from pathlib import Path

import grpc
import pytest
import trustme

import speechtag
from conftest import REPOSITORY
from speechtag import Document, Retry, TagOptions


def tags(document: speechtag.TaggedDocument) -> dict[str, str]:
    return {tag.axis: tag.alternatives[0].label for tag in document.speeches[0].tags}


def test_a_text_is_tagged_with_spans_in_the_callers_own_string(client, page):
    answer = client.tag(page, TagOptions(evidence=2))
    assert tags(answer.document)["document_type"] == "forum_address"
    for tag in answer.document.speeches[0].tags:
        for evidence in tag.evidence:
            assert page[evidence.span.start : evidence.span.end] == evidence.text
    assert len(answer.model.sha256) == 64


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_file_is_tagged_whatever_its_encoding(client, page, tmp_path, encoding):
    path: Path = tmp_path / "讲话.txt"
    path.write_bytes(page.encode(encoding))
    answer = client.tag(path)
    assert answer.document.id == str(path)
    assert answer.document.encoding.lower() == encoding
    assert tags(answer.document)["document_type"] == "forum_address"


def test_every_kind_of_source_is_taken(client, page):
    data = page.encode()
    sources = [page, data, ("b", page), ("c", data), {"id": "d", "text": page, "source": "x", "title": None}]
    results = client.tag_batch([*sources, Document(id="e", text=page)])
    assert [r.id for r in results] == ["", "", "b", "c", "d", "e"]
    assert [r.id for r in client.tag_batch([(7, page), {"id": 8, "text": page}])] == ["7", "8"]
    assert len({str(tags(r.unwrap())) for r in results}) == 1
    with pytest.raises(TypeError):
        client.tag(3)


def test_the_name_of_a_file_is_no_text(client, pages, tmp_path):
    with pytest.raises(ValueError, match="pathlib.Path"):
        client.tag(str(pages[0]))
    assert client.tag(Document(text=str(pages[0]))).document.speeches
    (tmp_path / "讲话.txt").write_bytes(pages[0].read_bytes())
    (tmp_path / "二").mkdir()
    (tmp_path / "二" / "讲话.txt").write_bytes(pages[0].read_bytes())
    assert len({r.unwrap().id for r in client.tag_batch(sorted(tmp_path.rglob("*.txt")))}) == 2


def test_one_document_in_the_place_of_several_is_refused(client, page, pages):
    for alone in [page, page.encode(), pages[0], {"text": page}, Document(text=page)]:
        for call in [client.tag_batch, client.tag_stream]:
            with pytest.raises(TypeError, match="put it in a list"):
                call(alone)
    with pytest.raises(ValueError, match="not both"):
        client.tag({"text": page, "data": b"x"})


@pytest.mark.parametrize("window", [0, -1])
def test_a_window_without_room_is_refused_at_the_call(server, client, page, window):
    with pytest.raises(ValueError, match="window"):
        client.tag_stream([page], window=window)
    awaited = speechtag.AsyncClient.tag_stream
    with pytest.raises(ValueError, match="window"):
        awaited(client, [page], window=window)


def test_a_time_in_which_nothing_can_be_done_is_refused(client, page):
    for timeout in [0, -5, float("nan")]:
        with pytest.raises(ValueError, match="timeout"):
            client.tag(page, timeout=timeout)


def test_a_message_above_the_limit_is_named(client, page):
    stream = client.tag_stream([("1", page), ("2", "x" * 20_000_000), ("3", page)])
    assert next(stream).id == "1"
    with pytest.raises(speechtag.ResourceExhausted) as caught:
        next(stream)
    assert (caught.value.reason, caught.value.unanswered) == ("MESSAGE_TOO_LARGE", "2")
    assert "'2'" in str(caught.value)
    assert int(caught.value.values["actual"]) > int(caught.value.values["limit"]) > 0


def test_priors_are_given_by_axis_and_label(client, page):
    asked = TagOptions(axes=["topic"], priors={"topic": speechtag.Priors(labels={"education": 1.0})})
    assert tags(client.tag(page, asked).document) == {"topic": "education"}


def test_one_bad_document_of_a_batch_does_not_fail_the_others(client, page):
    good, bad = client.tag_batch([("1", page), ("2", "")])
    assert good.error is None
    assert isinstance(bad.error, speechtag.InvalidArgument)
    assert bad.error.fields[0].field == "documents[1].text"
    with pytest.raises(speechtag.InvalidArgument):
        bad.unwrap()


def test_errors_name_fields_and_reasons(client, page):
    with pytest.raises(speechtag.InvalidArgument) as caught:
        client.tag("")
    assert caught.value.reason == "INVALID_FIELD"
    assert [f.field for f in caught.value.fields] == ["document.text"]
    assert "document.text" in str(caught.value)
    with pytest.raises(speechtag.InvalidArgument) as caught:
        client.tag(page, TagOptions(min_confidence=2))
    assert caught.value.fields[0].field == "options.min_confidence"
    with pytest.raises(speechtag.NotFound) as caught:
        client.tag(page, TagOptions(model="none"))
    assert caught.value.reason == "MODEL_NOT_FOUND"
    with pytest.raises(speechtag.DeadlineExceeded):
        client.tag(page * 500, timeout=0.01)


def test_a_stream_takes_any_iterable_and_keeps_its_order(client, page):
    def endless():
        for number in itertools.count():
            taken.append(number)
            yield str(number), "" if number % 7 == 3 else page

    taken: list[int] = []
    stream = client.tag_stream(endless(), window=8)
    results = list(itertools.islice(stream, 100))
    stream.close()
    assert [r.id for r in results] == [str(n) for n in range(100)]
    assert [r.id for r in results if r.error] == [str(n) for n in range(3, 100, 7)]
    assert len(taken) <= 108, "runs ahead no further than its window"
    assert list(client.tag_stream([])) == []


def test_a_finished_stream_is_no_cancelled_call(start, page):
    server = start()

    def ended(code: str) -> int:
        with urllib.request.urlopen(f"http://{server.metrics}/metrics") as response:
            line = rf'^grpc_server_handled_total{{.*"StreamTagDocuments",grpc_code="{code}"}} (\d+)$'
            return int(re.search(line, response.read().decode(), re.MULTILINE)[1])

    async def awaited():
        async with speechtag.AsyncClient(server.target) as client:
            return [result.id async for result in client.tag_stream([("1", page)])]

    with speechtag.Client(server.target) as client:
        assert len(list(client.tag_stream([("1", page), ("2", page)]))) == 2
    assert asyncio.run(awaited()) == ["1"]
    assert (ended("OK"), ended("Canceled")) == (2, 0)


def test_what_the_source_raises_reaches_the_caller(client, page):
    def source():
        yield page
        raise speechtag.Unavailable(grpc.StatusCode.UNAVAILABLE, "of the source's own")

    with pytest.raises(speechtag.Unavailable, match="own"):
        list(client.tag_stream(source()))


def test_a_stream_outlives_its_server(start, page):
    server = start()
    again = threading.Thread(target=start, args=(server.port,))
    with speechtag.Client(server.target) as client:

        def source():
            for number in range(300):
                if number == 150:
                    server.kill()
                    again.start()
                yield str(number), page

        assert [r.id for r in client.tag_stream(source())] == [str(n) for n in range(300)]
    again.join()


def test_a_call_waits_for_a_server_that_comes_back(start, page):
    server = start()
    with speechtag.Client(server.target) as client:
        client.tag(page)
        server.kill()
        assert not client.healthy()
        with speechtag.Client(server.target, retry=Retry(attempts=1)) as hasty, pytest.raises(speechtag.Unavailable):
            hasty.tag(page)
        again = threading.Timer(0.5, start, args=(server.port,))
        again.start()
        client.tag(page)
        assert client.healthy()
    again.join()


def test_overload_is_waited_out_as_the_server_asks(start, page):
    server = start(LIMITS__MAX_REQUESTS="2", LIMITS__MAX_CALLS_PER_CONNECTION="2", LIMITS__WORKERS="1", TIMEOUTS__QUEUE_MS="1000")
    failed: list[Exception] = []

    # Channels of one process share a connection, on which calls wait for room and none is shed.
    own_connection = [("grpc.use_local_subchannel_pool", 1)]

    def call(retry: Retry) -> None:
        with speechtag.Client(server.target, retry=retry, options=own_connection) as client:
            try:
                client.tag(page * 1000)
            except speechtag.Error as error:
                failed.append(error)

    for retry, shed in [(Retry(attempts=1), True), (Retry(attempts=50), False)]:
        failed.clear()
        threads = [threading.Thread(target=call, args=(retry,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert bool(failed) == shed
        assert all(isinstance(e, speechtag.ResourceExhausted) and e.retryable and e.retry_delay for e in failed)


def test_what_the_model_can_say_is_listed(client):
    answer = client.model()
    names = {axis.id: axis.name_zh for axis in answer.model.axes}
    assert names == {"document_type": "文种", "speaker_level": "层级", "topic": "主题"}
    assert answer.limits.max_batch_documents > 0
    assert client.models()[0].identity == answer.model.identity


def test_the_guide_to_labels_names_those_of_the_model(client):
    guide = (REPOSITORY / "docs" / "labels.md").read_text(encoding="utf-8")
    named = [row for part in guide.split("\n## ")[1:] for row in re.findall(r"^\| `(\w+)` \| ([^|`]+) \|", part, re.MULTILINE)]
    assert named == [(label.id, label.name_zh) for axis in client.model().model.axes for label in axis.labels]


def test_tokens_are_sent(start, page, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("0123456789abcdef0123456789abcdef\n")
    server = start(AUTH__TOKEN_FILE=str(tokens))
    with speechtag.Client(server.target) as client, pytest.raises(speechtag.Unauthenticated):
        client.tag(page)
    with pytest.raises(ValueError, match="token"):
        speechtag.Client(server.target, token="令牌")
    # As it stands in the file, with the end of its line.
    with speechtag.Client(server.target, token=tokens.read_text()) as client:
        client.tag(page)
        assert len(list(client.tag_stream([page, page]))) == 2


def test_certificates_are_shown_and_checked(start, page, tmp_path):
    ours, theirs = trustme.CA(), trustme.CA()
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    issued = ours.issue_cert("127.0.0.1")
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    ours.cert_pem.write_to_path(tmp_path / "ca.crt")
    server = start(TLS__CERTIFICATE=str(certificate), TLS__KEY=str(key), TLS__CLIENT_CA=str(tmp_path / "ca.crt"))

    def tag(roots: trustme.CA, own: trustme.CA) -> None:
        mine = own.issue_cert("client@example.org")
        chain = b"".join(blob.bytes() for blob in mine.cert_chain_pems)
        credentials = grpc.ssl_channel_credentials(roots.cert_pem.bytes(), mine.private_key_pem.bytes(), chain)
        with speechtag.Client(server.target, credentials=credentials, retry=Retry(attempts=1)) as client:
            client.tag(page)

    tag(ours, ours)
    with pytest.raises(speechtag.Unavailable):
        tag(theirs, ours)
    with pytest.raises(speechtag.Error):
        tag(ours, theirs)


def test_nobody_there_is_said_in_time():
    begun = time.monotonic()
    with speechtag.Client("127.0.0.1:1", timeout=0.5) as client, pytest.raises(speechtag.Unavailable):
        client.tag("同志们")
    assert time.monotonic() - begun < 5


def test_rows_make_a_table(client, pages):
    rows = [row for result in client.tag_stream(pages) for row in speechtag.rows(result.unwrap())]
    assert {"id", "speech", "topic", "topic_confidence"} <= rows[0].keys()
    assert {row["id"] for row in rows} == {str(path) for path in pages}
