"""Starts the composition, uses it, kills a replica, changes the model; every step asserts what it shows. See run.sh."""

import json
import os
import shlex
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

import grpc
import speechtag
from load import Load

DOCKER = os.environ["DOCKER"]
COMPOSE = shlex.split(os.environ["COMPOSE"])
PAGE = Path("examples/pages/forum.txt").read_text(encoding="utf-8")
MIB = 1 << 20
BEGUN = time.monotonic()


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{shlex.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def compose(*command: str, **environment: str) -> str:
    return run(*COMPOSE, *command, **environment)


def inspect(id: str) -> dict:
    return json.loads(run(DOCKER, "inspect", id))[0]


def container(service: str) -> dict:
    return inspect(compose("ps", "--all", "--quiet", service))


def address(service: str, port: int) -> str:
    return compose("port", service, str(port))


def step(words: str) -> None:
    print(f"\n== {words} ({time.monotonic() - BEGUN:.0f} s)", flush=True)


def until(what: str, seconds: float, holds) -> float:
    """Waits until `holds()`; the seconds it took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - begun


def healthy(service: str) -> bool:
    return container(service)["State"]["Health"]["Status"] == "healthy"


def replica_up(number: int) -> bool:
    """Whether HAProxy sends calls to the replica, by its own metrics."""
    ip = container("balancer")["NetworkSettings"]["Networks"].popitem()[1]["IPAddress"]
    with urllib.request.urlopen(f"http://{ip}:9101/metrics") as response:
        text = response.read().decode()
    return f'haproxy_server_status{{proxy="replicas",server="speechtag-{number}",state="UP"}} 1' in text


def ask_prometheus(path: str, **query: str):
    url = f"http://{address('prometheus', 9090)}/api/v1/{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(url) as response:
        return json.load(response)["data"]


def resident(id: str) -> int:
    """Resident memory of a container's first process, in bytes."""
    status = Path(f"/proc/{inspect(id)['State']['Pid']}/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def image() -> None:
    step("the image")
    for name in ["SPEECHTAG_IMAGE", "SPEECHTAG_BALANCER_IMAGE"]:
        print(f"{os.environ[name]}: {run(DOCKER, 'images', '--format', '{{.Size}}', os.environ[name])}")
    name = os.environ["SPEECHTAG_IMAGE"]
    described = json.loads(run(DOCKER, "image", "inspect", name))[0]
    assert described["Size"] <= 40 * MIB
    assert described["Config"]["User"] == "65532:65532"
    assert described["Config"]["Healthcheck"]["Test"] == ["CMD", "/speechtag", "healthcheck"]
    made = run(DOCKER, "create", name)
    files = subprocess.run(f"{DOCKER} export {made} | tar -t", shell=True, check=True, capture_output=True, text=True)
    run(DOCKER, "rm", made)
    # The engine itself adds mount points.
    engine = {".dockerenv", "dev/", "etc/", "proc/", "sys/"}
    own = [f for f in files.stdout.split() if f not in engine and not f.startswith(("dev/", "etc/"))]
    assert sorted(own) == ["image.toml", "speechtag"], own
    print("holds: " + ", ".join(own))


def alone() -> None:
    step("one container by itself, read-only, without capabilities")
    limits = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "1g"]
    begun = time.monotonic()
    made = run(DOCKER, "run", "--detach", "--publish", "127.0.0.1::50051", *limits, os.environ["SPEECHTAG_IMAGE"])
    try:
        port = inspect(made)["NetworkSettings"]["Ports"]["50051/tcp"][0]["HostPort"]
        with speechtag.Client(f"127.0.0.1:{port}") as client:
            until("it serves", 30, lambda: client.healthy(timeout=0.5))
        print(f"serves {time.monotonic() - begun:.2f} s after `docker run`, {resident(made) / MIB:.0f} MiB resident")
        until("the engine finds it healthy", 30, lambda: inspect(made)["State"]["Health"]["Status"] == "healthy")
        print(f"found healthy by its HEALTHCHECK after {time.monotonic() - begun:.2f} s (asked every 5 s)")
    finally:
        run(DOCKER, "rm", "--force", made)


def start() -> str:
    step("plain `up`: one replica, alone")
    compose("up", "--detach", "--no-build", COMPOSE_PROFILES="")
    with speechtag.Client(address("speechtag-1", 50051)) as client:
        until("speechtag-1 serves", 30, lambda: client.healthy(timeout=0.5))
        client.tag(PAGE)
    project = f"label=com.docker.compose.project={os.environ['COMPOSE_PROJECT_NAME']}"
    running = run(DOCKER, "ps", "--filter", project, "--format", "{{.Names}}").split()
    print(f"running: {', '.join(running)}")
    assert len(running) == 1

    step("all profiles: two replicas, HAProxy, Prometheus")
    begun = time.monotonic()
    compose("up", "--detach", "--no-build")
    for service in ["speechtag-1", "speechtag-2", "balancer", "prometheus"]:
        until(f"{service} is healthy", 60, lambda: healthy(service))
    print(f"all healthy after {time.monotonic() - begun:.1f} s")
    for service in ["speechtag-1", "speechtag-2", "balancer", "prometheus"]:
        host = container(service)["HostConfig"]
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and host["Memory"] and host["NanoCpus"], service
        assert host["SecurityOpt"] == ["no-new-privileges:true"], service
    mounts = {m["Destination"]: m["RW"] for m in container("speechtag-1")["Mounts"]}
    assert mounts == {"/models": False}, mounts
    return address("balancer", 50051)


def tag(target: str) -> None:
    step("a client outside tags a file through the balancer")
    with speechtag.Client(target) as client:
        answer = client.tag(Path("examples/pages/forum.txt"), speechtag.TagOptions(evidence=1))
    for tag in answer.document.speeches[0].tags:
        print(f"{tag.axis}: {tag.alternatives[0].label} {tag.confidence:.2f} ({tag.evidence[0].text})")
    print(f"{answer.model.name}@{answer.model.version}")
    # What is for operators is not to be had from outside.
    with grpc.insecure_channel(target) as channel:
        try:
            channel.unary_unary("/speechtag.v1.AdminService/ReloadModels")(b"", timeout=2)
            raise AssertionError("the balancer let an admin call through")
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.PERMISSION_DENIED, error


def kill(target: str) -> None:
    step("a replica killed under load, and back")
    with Load(target, PAGE) as load:
        time.sleep(3)
        before = load.answers.total()
        run(DOCKER, "kill", "--signal", "KILL", container("speechtag-1")["Id"])
        noticed = until("HAProxy sees it", 10, lambda: not replica_up(1))
        time.sleep(3)
        between = load.answers.total()
        run(DOCKER, "start", container("speechtag-1")["Id"])
        back = until("HAProxy sends calls to it again", 30, lambda: replica_up(1))
        time.sleep(2)
    print(load)
    print(f"HAProxy: down after {noticed:.2f} s; up {back:.2f} s after the start")
    assert not load.failures, load.failures[:5]
    assert before > 0 and between > before, "the other replica goes on"


def roll(target: str) -> None:
    step("a rolling change to a new model version, under load")
    new = {"SPEECHTAG_MODELS": os.environ["SPEECHTAG_MODELS"].replace("/old", "/new")}
    with Load(target, PAGE) as load:
        time.sleep(2)
        for number in [1, 2]:
            service = f"speechtag-{number}"
            compose("up", "--detach", "--no-build", "--no-deps", service, **new)
            until(f"{service} is healthy", 30, lambda: healthy(service))
            until("HAProxy sends calls to it", 30, lambda: replica_up(number))
        time.sleep(2)
        answered = load.answers["0.1.0"]
        time.sleep(1)
        assert load.answers["0.1.0"] == answered, "nobody answers with the old model any more"
    print(load)
    assert not load.failures, load.failures[:5]
    assert load.answers["0.1.0"] and load.answers["0.2.0"]


def watch() -> None:
    step("Prometheus")
    until("both are scraped", 30, lambda: len(ask_prometheus("query", query='up{job="speechtag"} == 1')["result"]) == 2)
    groups = ask_prometheus("rules")["groups"]
    print(f"scrapes both; {sum(len(group['rules']) for group in groups)} rules loaded")


def figures() -> None:
    step("memory")
    for service in ["speechtag-1", "speechtag-2", "balancer"]:
        print(f"{service}: {resident(container(service)['Id']) / MIB:.0f} MiB resident after the load")


def stop() -> None:
    step("stop")
    made = {service: container(service)["Id"] for service in ["speechtag-1", "speechtag-2"]}
    begun = time.monotonic()
    compose("stop")
    print(f"all stopped within {time.monotonic() - begun:.1f} s")
    for service, id in made.items():
        code = inspect(id)["State"]["ExitCode"]
        print(f"{service}: exit code {code}")
        assert code == 0, service


image()
alone()
target = start()
tag(target)
kill(target)
roll(target)
watch()
figures()
stop()
