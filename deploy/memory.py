"""The most memory a service can come to take, by the formula of docs/operations.md (Limits), and as it comes out.

    pip install ./clients/python pyyaml
    python3 deploy/memory.py [PROGRAM]

Starts PROGRAM (target/release/speechtag) with the limits of docker-compose.yml, and has 60 callers send batches and 40 streams send
texts of the largest size, with all evidence. Prints the formula's figure, the peak, and what is left ten seconds after the last call.
"""

import re
import subprocess
import sys
import threading
import time
import tomllib
from collections import Counter
from pathlib import Path

# A worker's memory for a text of `max_text_bytes` with `evidence` 100, as a multiple of it.
WORK = 64
# What the allocator keeps in pieces, as a share of all.
PIECES = 0.25


def limits(program: str, settings: dict[str, str], *arguments: str) -> dict[str, int]:
    """`[limits]` in force with these settings."""
    command = [program, "serve", *arguments, "--print-config"]
    printed = subprocess.run(command, env=settings, check=True, capture_output=True, text=True).stdout
    return tomllib.loads(printed)["limits"]


def worst(limit: dict[str, int]) -> int:
    """Bytes above the models that calls can take: docs/operations.md, Limits."""
    largest = max(limit["max_message_bytes"], limit["max_response_bytes"])
    held = (limit["max_requests"] + 2 * limit["workers"] * limit["max_streams"]) * largest
    return int((held + limit["workers"] * WORK * limit["max_text_bytes"]) * (1 + PIECES))


def resident(process: subprocess.Popen, field: str = "VmRSS") -> int:
    """Bytes that the process holds; with VmHWM, the most that it has held."""
    return int(re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())[1]) << 10


def main() -> None:
    import grpc
    import yaml

    import speechtag
    from speechtag.v1 import tagging_pb2 as messages

    program = sys.argv[1] if len(sys.argv) > 1 else "target/release/speechtag"
    replica = yaml.safe_load(Path("docker-compose.yml").read_text())["x-replica"]
    settings = {key: str(value) for key, value in replica["environment"].items()} | {"SPEECHTAG_LIMITS__WORKERS": "2"}
    limit = limits(program, settings)
    address = "127.0.0.1:50071"
    command = [program, "serve", "--listen", address, "--metrics-listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, env=settings, stderr=subprocess.DEVNULL)
    came: Counter[str] = Counter()
    try:
        with speechtag.Client(address) as client:
            client.model()
        idle = resident(process)
        page = Path("examples/pages/forum.txt").read_bytes()
        text = (page * (limit["max_text_bytes"] // len(page))).decode()
        options = messages.TagOptions(evidence=100)
        documents = [messages.Document(text=text)] * (limit["max_message_bytes"] // limit["max_text_bytes"])
        while (batch := messages.BatchTagDocumentsRequest(documents=documents, options=options)).ByteSize() > limit["max_message_bytes"]:
            documents = documents[1:]
        unary, streamed = batch.SerializeToString(), messages.StreamTagDocumentsRequest(document=documents[0], options=options).SerializeToString()
        end = time.monotonic() + 20
        # A connection for each caller: one alone is held back by HTTP/2.
        channel = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]

        def call() -> None:
            tag = grpc.insecure_channel(address, channel).unary_unary("/speechtag.v1.TaggingService/BatchTagDocuments")
            while time.monotonic() < end:
                try:
                    tag(unary, timeout=30)
                    came["batches answered"] += 1
                except grpc.RpcError as error:
                    came[f"batches {error.code().name}"] += 1
                    time.sleep(0.2)

        def stream() -> None:
            tag = grpc.insecure_channel(address, channel).stream_stream("/speechtag.v1.TaggingService/StreamTagDocuments")
            try:
                for _ in tag(iter(lambda: streamed if time.monotonic() < end else None, None), timeout=90):
                    came["texts of streams answered"] += 1
            except grpc.RpcError as error:
                came[f"streams {error.code().name}"] += 1

        callers = [threading.Thread(target=target) for target in [call] * 60 + [stream] * 40]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        peak = resident(process, "VmHWM")
        time.sleep(10)
        for what, size in [("before the first call", idle), ("formula", idle + worst(limit)), ("peak", peak), ("ten seconds after", resident(process))]:
            print(f"{what:22} {size >> 20:6} MiB")
        print(dict(came))
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
