"""What a real server cannot be made to do at a chosen moment: streams that a balancer resets. A server of our own plays it."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

import speechtag
from speechtag.v1 import tagging_pb2, tagging_pb2_grpc


class Balancer(tagging_pb2_grpc.TaggingServiceServicer):
    """Echoes ids; loses the server behind it, with `code`, after every third answer of a stream, `times` times."""

    def __init__(self, code: grpc.StatusCode, times: int) -> None:
        self.code, self.times, self.streams = code, times, 0

    def StreamTagDocuments(self, request_iterator, context):
        self.streams += 1
        for number, request in enumerate(request_iterator):
            if number == 3 and self.streams <= self.times:
                context.abort(self.code, "lost")
            document = tagging_pb2.TaggedDocument(id=request.document.id)
            yield tagging_pb2.StreamTagDocumentsResponse(
                result=tagging_pb2.TagResult(id=request.document.id, document=document)
            )


def serve(balancer: Balancer) -> tuple[grpc.Server, str]:
    server = grpc.server(ThreadPoolExecutor(4))
    tagging_pb2_grpc.add_TaggingServiceServicer_to_server(balancer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


@pytest.mark.parametrize("code", [grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE])
def test_each_document_is_answered_once_however_often_the_stream_is_lost(code):
    balancer = Balancer(code, times=20)
    server, target = serve(balancer)
    retry = speechtag.Retry(attempts=2, first_delay=0.001)
    with speechtag.Client(target, retry=retry) as client:
        ids = [result.id for result in client.tag_stream(((str(n), "text") for n in range(100)), window=10)]
    assert ids == [str(n) for n in range(100)]
    assert balancer.streams == 21, "progress starts the count of attempts anew"
    server.stop(None)


def test_what_is_no_loss_is_not_sent_again():
    balancer = Balancer(grpc.StatusCode.INTERNAL, times=20)
    server, target = serve(balancer)
    with speechtag.Client(target) as client, pytest.raises(speechtag.Error, match="lost"):
        list(client.tag_stream((str(n), "text") for n in range(10)))
    assert balancer.streams == 1
    server.stop(None)
