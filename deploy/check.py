"""Whether the files of deploy/ agree with the runbook, with each other and with what the service really exposes.

    check.py PROGRAM OUTPUT

OUTPUT gets the dashboard's queries as a file of rules, for promtool to read.
"""

import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import yaml

PROGRAM, OUTPUT = sys.argv[1:]


def exposed() -> set[str]:
    """Names of the series in the service's /metrics."""
    command = [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, env={"SPEECHTAG_LOG__FORMAT": "json"}, stderr=subprocess.PIPE, text=True)
    try:
        addresses = []
        for line in process.stderr:
            fields = json.loads(line)["fields"]
            addresses += [fields["address"]] if "address" in fields else []
            if fields["message"] == "model in service":
                break
        time.sleep(0.1)
        with urllib.request.urlopen(f"http://{addresses[1]}/metrics") as response:
            return set(re.findall(r"^([a-z_]+)\{? ?", response.read().decode(), re.MULTILINE))
    finally:
        process.terminate()
        process.wait(20)
        process.stderr.close()


def same(what: str, left: object, right: object) -> None:
    if left != right:
        sys.exit(f"{what}: {left} is not {right}")
    print(f"{what}: agree")


alerts = {
    rule["alert"]: rule
    for group in yaml.safe_load(Path("deploy/prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}
tests = yaml.safe_load(Path("deploy/prometheus/alerts_test.yml").read_text())["tests"]
fired = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}
runbook = Path("docs/operations.md").read_text()
rows = dict(re.findall(r"^\| (Speechtag\w+)[^|]*\| ((?:[^|]|\\\|)+) \|", runbook, re.MULTILINE))
same("alerts of docs/operations.md and of alerts.yml", list(rows), list(alerts))
waits = {name: re.search(r"for (\d+ (?:min|h))$", rule) for name, rule in rows.items()}
said = {name: found[1].replace(" min", "m").replace(" h", "h") if found else None for name, found in waits.items()}
same("their waiting times", said, {name: rule.get("for") for name, rule in alerts.items()})
same("alerts and those a test sees fire", set(alerts), fired)

dashboard = json.loads(Path("deploy/grafana/dashboard.json").read_text())
queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
queries = [q.replace("$__rate_interval", "5m").replace("$job", "speechtag") for q in queries]
rules = [{"record": f"panel:query:{i}", "expr": query} for i, query in enumerate(queries)]
Path(OUTPUT).write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))

used = set(re.findall(r"\b(?:grpc_server|speechtag)_[a-z_]+", " ".join([*queries, *(a["expr"] for a in alerts.values())])))
same("metrics asked for and not exposed", used - exposed(), set())
named = set(re.findall(r"Speechtag\w+", " ".join(panel.get("description", "") for panel in dashboard["panels"])))
same("alerts that no panel shows", set(alerts) - named, set())

compose = Path("docker-compose.yml").read_text()
example = dict(re.findall(r"^([A-Z_]+)=(.*)$", Path(".env.example").read_text(), re.MULTILINE))
same("settings of docker-compose.yml and .env.example", dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", compose)), example)

versions = {
    "Cargo.toml": r'^version = "(.+)"',
    "clients/python/pyproject.toml": r'^version = "(.+)"',
    "Dockerfile": r"^ARG VERSION=(.+)",
    "docker-compose.yml": r"SPEECHTAG_IMAGE:-speechtag:([^}]+)}",
    "deploy/kubernetes/base/kustomization.yaml": r"newTag: (.+)",
}
found = {re.search(pattern, Path(file).read_text(), re.MULTILINE)[1] for file, pattern in versions.items()}
same("versions of program, client, images", len(found), 1)
