"""Whether the files of deploy/ agree with the runbook, with each other and with what the service really exposes.

    check.py PROGRAM WORK

WORK/expressions.yml gets the dashboard's queries as a file of rules, for promtool to read. WORK/base.yaml is deploy/kubernetes/base
as kustomize renders it, if there.
"""

import json
import re
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import yaml

from memory import limits, resident, worst

PROGRAM, WORK = sys.argv[1], Path(sys.argv[2])


def exposed() -> tuple[set[str], int]:
    """Names of the series in the service's /metrics, and the bytes of memory it takes before the first call."""
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
            names = set(re.findall(r"^([a-z_]+)\{? ?", response.read().decode(), re.MULTILINE))
        return names, resident(process)
    finally:
        process.terminate()
        process.wait(20)
        process.stderr.close()


def same(what: str, left: object, right: object) -> None:
    if left != right:
        sys.exit(f"{what}: {left} is not {right}")
    print(f"{what}: agree")


def fits(what: str, memory: str, idle: int, settings: dict[str, str], *arguments: str) -> None:
    """Whether the worst case of docs/operations.md, Limits, with the settings in force there, is within the memory given."""
    number, unit = re.fullmatch(r"(\d+)(g|m|Gi|Mi)", memory).groups()
    most = int(number) << (30 if unit in ("g", "Gi") else 20)
    needed = idle + worst(limits(PROGRAM, settings, *arguments))
    said = f"{what}: worst case {needed >> 20} MiB of {most >> 20} MiB of memory"
    sys.exit(f"{said}: too much") if needed > most else print(said)


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
(WORK / "expressions.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))

series, idle = exposed()
used = set(re.findall(r"\b(?:grpc_server|speechtag)_[a-z_]+", " ".join([*queries, *(a["expr"] for a in alerts.values())])))
same("metrics asked for and not exposed", used - series, set())
named = set(re.findall(r"Speechtag\w+", " ".join(panel.get("description", "") for panel in dashboard["panels"])))
same("alerts that no panel shows", set(alerts) - named, set())

compose = Path("docker-compose.yml").read_text()
example = dict(re.findall(r"^([A-Z_]+)=(.*)$", Path(".env.example").read_text(), re.MULTILINE))
same("settings of docker-compose.yml and .env.example", dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", compose)), example)

replica = yaml.safe_load(compose)["x-replica"]
settings = {key: str(value) for key, value in replica["environment"].items()}
fits("docker-compose.yml", example["SPEECHTAG_MEMORY"], idle, settings | {"SPEECHTAG_LIMITS__WORKERS": example["SPEECHTAG_CPUS"]})

base = Path("deploy/kubernetes/base")
pod = yaml.safe_load((base / "deployment.yaml").read_text())["spec"]["template"]["spec"]
given = pod["containers"][0]["resources"]["limits"]
fits("deploy/kubernetes/base", given["memory"], idle, {}, "--config", str(base / "speechtag.toml"))
workers = tomllib.loads((base / "speechtag.toml").read_text())["limits"]["workers"]
same("workers and processors of a pod", str(workers), given["cpu"])

# The scrape jobs of Prometheus in a cluster find the pods' port by its name, and are called as the alerts ask.
job = yaml.safe_load(Path("deploy/prometheus/kubernetes.yml").read_text())["scrape_configs"][0]
monitor = yaml.safe_load(Path("deploy/kubernetes/monitoring/podmonitor.yaml").read_text())["spec"]
kustomization = yaml.safe_load((base / "kustomization.yaml").read_text())
ports = [port["name"] for port in pod["containers"][0]["ports"] if port["containerPort"] == 9464]
same("name of the scrape job", job["job_name"], kustomization["labels"][0]["pairs"][monitor["jobLabel"]])
same("what the scrape job keeps", job["relabel_configs"][0]["regex"].split(";"), [monitor["selector"]["matchLabels"][monitor["jobLabel"]], *ports])
same("port that the PodMonitor reads", [end["port"] for end in monitor["podMetricsEndpoints"]], ports)

rendered = WORK / "base.yaml"
if rendered.exists():
    objects = {found["kind"]: found for found in yaml.safe_load_all(rendered.read_text())}
    callers = objects["NetworkPolicy"]["spec"]["ingress"][0]["from"]
    same("who may call on Kubernetes", callers, [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"speechtag-client": "true"}}}])
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
    selectors = {
        "Deployment": objects["Deployment"]["spec"]["selector"]["matchLabels"],
        "Service": objects["Service"]["spec"]["selector"],
        "PodDisruptionBudget": objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    }
    same("labels of the pods and what selects them", selectors, dict.fromkeys(selectors, labels))

versions = {
    "Cargo.toml": r'^version = "(.+)"',
    "clients/python/pyproject.toml": r'^version = "(.+)"',
    "Dockerfile": r"^ARG VERSION=(.+)",
    "docker-compose.yml": r"SPEECHTAG_IMAGE:-speechtag:([^}]+)}",
    "deploy/kubernetes/base/kustomization.yaml": r"newTag: (.+)",
}
found = {re.search(pattern, Path(file).read_text(), re.MULTILINE)[1] for file, pattern in versions.items()}
same("versions of program, client, images", len(found), 1)
