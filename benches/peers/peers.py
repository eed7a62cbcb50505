#!/usr/bin/env python3
"""Trains well-known classifiers on the folds that `speechtag evaluate CORPUS --cross-validate K` uses, and prints the table
that docs/benchmarks.md holds.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r benches/peers/requirements.txt
    cargo build --release
    /tmp/peers/bin/python benches/peers/peers.py corpus/

Each peer sees jieba's words (no hidden Markov model) and adjacent pairs of the raw text: what a careful user would build in an
afternoon. Settings are the libraries' defaults or common practice, the same for every axis, chosen before looking."""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib

import jieba
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

FOLDS = 5


def read(corpus):
    recipe = tomllib.loads((corpus / "model.toml").read_text())
    records = []
    for file in sorted(corpus.glob("*.jsonl")):
        records += [json.loads(line) for line in file.read_text().splitlines()]
    return recipe, records


def folds(recipe, records):
    """As `Trainer::folds` in src/model/train.rs: whole families, ordered by label and seeded hash, dealt out in turn."""
    seed = recipe["training"]["seed"].to_bytes(8, "little")
    first = recipe["axis"][0]
    number = {label["id"]: i for i, label in enumerate(first["label"])}
    seen, order = set(), []
    for r in records:
        label = number.get(r["labels"].get(first["id"]), -1)
        order.append((label, hashlib.sha256(seed + r["family"].encode()).digest(), r["family"]))
    deal = {}
    for i, (_, _, family) in enumerate(dict.fromkeys(sorted(order))):
        deal.setdefault(family, i % FOLDS)
    return np.array([deal[r["family"]] for r in records])


def words(text):
    return [w for w in jieba.cut(text, HMM=False) if w.strip()]


def counts():
    return CountVectorizer(analyzer="word", tokenizer=str.split, token_pattern=None, lowercase=False,
                           ngram_range=(1, 2), min_df=2)


# Each is trained on the same counts.
PEERS = {
    "scikit-learn MultinomialNB": lambda: MultinomialNB(alpha=0.1),
    "scikit-learn ComplementNB": lambda: make_pipeline(TfidfTransformer(sublinear_tf=True), ComplementNB()),
    "scikit-learn LogisticRegression": lambda: make_pipeline(
        TfidfTransformer(sublinear_tf=True), LogisticRegression(C=10, max_iter=300)),
    "scikit-learn LinearSVC": lambda: make_pipeline(TfidfTransformer(sublinear_tf=True), LinearSVC()),
}


def fasttext_answers(train, truth, test):
    import fasttext

    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        for text, label in zip(train, truth):
            file.write(f"__label__{label} {' '.join(text.split())}\n")
        file.flush()
        model = fasttext.train_supervised(file.name, epoch=50, lr=0.5, wordNgrams=2, dim=100, thread=1, seed=1, verbose=0)
    return [model.f.predict(text.replace("\n", " ") + "\n", 1, 0.0, "strict")[0][1].removeprefix("__label__") for text in test]


def main():
    corpus = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "corpus")
    recipe, records = read(corpus)
    fold = folds(recipe, records)
    texts = np.array([" ".join(words(r["text"])) for r in records], dtype=object)
    table = {}
    for axis in recipe["axis"]:
        labels = [r["labels"].get(axis["id"]) for r in records]
        have = np.array([label is not None for label in labels])
        truth = np.array([label or "" for label in labels], dtype=object)
        answers = {name: np.empty(len(records), dtype=object) for name in [*PEERS, "fastText"]}
        for k in range(FOLDS):
            train, test = have & (fold != k), have & (fold == k)
            vectorizer = counts()
            seen, unseen = vectorizer.fit_transform(texts[train]), vectorizer.transform(texts[test])
            for name, make in PEERS.items():
                answers[name][test] = make().fit(seen, truth[train].astype(str)).predict(unseen)
            answers["fastText"][test] = fasttext_answers(texts[train], truth[train], texts[test])
        for name, given in answers.items():
            g = given[have].astype(str)
            # As `speechtag evaluate` does: an acceptable answer counts as the right one.
            also = [r.get("acceptable", {}).get(axis["id"], []) for r, h in zip(records, have) if h]
            t = np.array([a if a in more else r for r, a, more in zip(truth[have].astype(str), g, also)])
            table.setdefault(name, {})[axis["id"]] = (accuracy_score(t, g), f1_score(t, g, average="macro"))
    ours = subprocess.run(["target/release/speechtag", "evaluate", str(corpus), "--cross-validate", str(FOLDS),
                           "--output-format", "json"], capture_output=True, text=True, check=True)
    table["speechtag"] = {f["axis"]: (f["accuracy"], f["macro_f1"]) for f in json.loads(ours.stdout)}
    axes = [axis["id"] for axis in recipe["axis"]]
    print("| | " + " | ".join(f"{a} accuracy | macro-F1" for a in axes) + " |")
    print("|---" * (1 + 2 * len(axes)) + "|")
    for name, row in table.items():
        print(f"| {name} | " + " | ".join(f"{row[a][0] * 100:.1f} % | {row[a][1] * 100:.1f} %" for a in axes) + " |")


if __name__ == "__main__":
    main()
