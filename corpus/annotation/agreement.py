#!/usr/bin/env python3
"""Prints how far the second, blind annotation (second.jsonl) agrees with the corpus: `python3 corpus/annotation/agreement.py`.

Agreement is over all texts, with null as a label of its own; "second choice" also counts a second label that the second
annotator found defensible. Kappa is Cohen's."""

import collections
import json
import pathlib

HERE = pathlib.Path(__file__).parent
first = {}
for file in [*HERE.parent.glob("*.jsonl"), *HERE.parent.glob("unseen/*.jsonl")]:
    for line in file.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        first[record["id"]] = record["labels"]
second = [json.loads(line) for line in (HERE / "second.jsonl").read_text(encoding="utf-8").splitlines()]

print("| axis | texts | agreement | with second choice | kappa |\n|---|---|---|---|---|")
for axis in ("document_type", "speaker_level", "topic"):
    pairs = [(first[s["id"]].get(axis), s["labels"][axis]) for s in second]
    n = len(pairs)
    agree = sum(a == b for a, b in pairs) / n
    # Without a second choice there is none to agree with: a missing one is not the label null.
    chosen = (axis in s["second"] and a == s["second"][axis] for s, (a, _) in zip(second, pairs))
    lenient = sum(a == b or also for (a, b), also in zip(pairs, chosen)) / n
    ours, theirs = (collections.Counter(p[k] for p in pairs) for k in (0, 1))
    chance = sum(ours[label] * theirs[label] for label in ours) / n / n
    print(f"| {axis} | {n} | {agree:.1%} | {lenient:.1%} | {(agree - chance) / (1 - chance):.3f} |")
