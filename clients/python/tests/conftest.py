"""A real server for the tests: SPEECHTAG_BIN, or target/release/speechtag."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import speechtag

REPOSITORY = Path(__file__).resolve().parents[3]
PAGES = REPOSITORY / "examples" / "pages"


class Server:
    """A server process on a free port, or on `port`."""

    def __init__(self, port: int = 0, **settings: str) -> None:
        program = os.environ.get("SPEECHTAG_BIN", str(REPOSITORY / "target" / "release" / "speechtag"))
        environment = {"SPEECHTAG_LOG__FORMAT": "json"} | {f"SPEECHTAG_{key}": value for key, value in settings.items()}
        command = [program, "serve", "--listen", f"127.0.0.1:{port}", "--metrics-listen", "127.0.0.1:0"]
        self.log = tempfile.NamedTemporaryFile("r", suffix=".log")
        self.process = subprocess.Popen(command, env=environment, stderr=open(self.log.name, "w"))
        addresses: list[str] = []
        begun = time.monotonic()
        while True:
            fields = json.loads(self.log.readline() or "{}").get("fields", {"message": ""})
            addresses += [fields["address"]] if "address" in fields else []
            if fields["message"] == "model in service":
                break
            if self.process.poll() is not None or time.monotonic() - begun > 20:
                self.kill()
                raise AssertionError("the server did not start")
        self.target, self.metrics = addresses

    @property
    def port(self) -> int:
        return int(self.target.rpartition(":")[2])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server that all tests share."""
    server = Server()
    yield server
    server.stop()
    assert server.process.returncode == 0


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """Starts servers of a test's own."""
    servers: list[Server] = []

    def start(port: int = 0, **settings: str) -> Server:
        servers.append(Server(port, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def client(server: Server) -> Iterator[speechtag.Client]:
    with speechtag.Client(server.target) as client:
        yield client


@pytest.fixture(scope="session")
def page() -> str:
    return (PAGES / "forum.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def pages() -> list[Path]:
    return sorted(PAGES.glob("*.txt"))
