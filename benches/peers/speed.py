#!/usr/bin/env python3
"""Documents per second of speechtag and of what one would build otherwise, on the same texts in one run; prints the tables
that docs/benchmarks.md holds.

    python3 -m venv /tmp/speed && /tmp/speed/bin/pip install -r benches/peers/speed-requirements.txt
    /tmp/speed/bin/python benches/peers/speed.py [--rounds N]

Everybody reads the texts that `cargo bench --bench throughput -- --write FOLDER` writes, in the same walk, and takes turns,
round after round; his best round counts, because what disturbs a machine only ever takes speed away. The peers are trained
on our corpus: scikit-learn's MultinomialNB on counts of words, fastText's defaults with pairs of words and small buckets
(which favour it). How well they answer is not the question here; see peers.py.

fasttext-serving is a program of its own. If FASTTEXT_SERVING names it, or it is on the PATH, it takes part:

    cargo install --locked fasttext-serving --version 0.7.0    # wants protoc, or PROTOC set to another name of it"""

import argparse
import concurrent.futures
import contextlib
import itertools
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib

TURN = 2.0
BATCH = 64
CALLERS = 8
LENGTHS = ("500", "5000")
METHOD = "/speed.Peer/Tag"

# What is printed: name, whose numbers, and what it is.
ROWS = [
    ("speechtag in process, one thread", "one_thread"),
    ("… two threads", "two_threads"),
    ("… one thread, five pieces of evidence an axis", "one_thread_evidence"),
    ("speechtag over gRPC, unary, 64 callers", "unary"),
    ("… batches of 64, two under way", "batch"),
    ("… one stream", "stream"),
    ("… unary, 64 callers, five pieces of evidence an axis", "unary_evidence"),
    ("… one stream, five pieces of evidence an axis", "stream_evidence"),
    ("Python jieba + scikit-learn MultinomialNB in process, batches of 64", "sklearn"),
    ("… behind a grpcio server, unary, 8 callers", "grpcio"),
    ("rjieba + fastText in process, one thread", "fasttext"),
    ("… one axis of the three", "fasttext_one_axis_in_process"),
    ("jieba-rs in the caller + fasttext-serving, 64 callers, three services", "fasttext_all_axes"),
    ("… one axis of the three, one service", "fasttext_one_axis"),
    ("… one axis, calls of 64 texts, two under way", "fasttext_one_axis_64"),
]


def words(text):
    import jieba

    return [word for word in jieba.cut(text, HMM=False) if word.strip()]


def read_dictionary():
    import jieba

    jieba.setLogLevel("WARNING")
    jieba.initialize()


def segmented(text):
    import rjieba

    return " ".join(word for word in rjieba.cut(text, False) if word.strip())


class Sklearn:
    """Counts of words, and one multinomial naive Bayes per axis."""

    def __init__(self, records, axes):
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.naive_bayes import MultinomialNB

        # The same words from a quicker segmenter: training is not what is measured.
        self.vectorizer = CountVectorizer(analyzer=str.split, min_df=2)
        table = self.vectorizer.fit_transform([segmented(record["text"]) for record in records]).tocsr()
        self.vectorizer.analyzer = words
        self.models = []
        for axis in axes:
            labels = [record["labels"].get(axis) for record in records]
            have = [i for i, label in enumerate(labels) if label]
            self.models.append(MultinomialNB(alpha=0.1).fit(table[have], [labels[i] for i in have]))

    def answer(self, texts):
        table = self.vectorizer.transform(texts)
        return [model.classes_[model.predict_proba(table).argmax(axis=1)] for model in self.models]


def train_fasttext(records, axes, folder):
    import fasttext

    texts = [segmented(record["text"]) for record in records]
    paths = []
    for axis in axes:
        lines = folder / f"{axis}.txt"
        labels = [record["labels"].get(axis) for record in records]
        lines.write_text("".join(f"__label__{label} {' '.join(text.split())}\n" for label, text in zip(labels, texts) if label))
        model = fasttext.train_supervised(str(lines), epoch=5, lr=0.5, wordNgrams=2, dim=100, bucket=200_000, thread=1, verbose=0)
        paths.append(folder / f"{axis}.bin")
        model.save_model(str(paths[-1]))
    return paths


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def connected(port, process):
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    sys.exit(f"{process.args[0]} does not listen")


@contextlib.contextmanager
def process(command, port):
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        connected(port, running)
        yield running
    finally:
        running.kill()
        running.wait()


def serve(model, port):
    """The scikit-learn peer as a service, as grpcio's own examples are written: a pool of threads, one text a call."""
    import pickle

    import grpc

    answering = pickle.loads(pathlib.Path(model).read_bytes())
    read_dictionary()

    def tag(request, _):
        return json.dumps([str(axis[0]) for axis in answering.answer([request.decode()])]).encode()

    handler = grpc.method_handlers_generic_handler("speed.Peer", {"Tag": grpc.unary_unary_rpc_method_handler(tag)})
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(CALLERS))
    server.add_generic_rpc_handlers((handler,))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    server.wait_for_termination()


def in_batches(answer, texts):
    """Documents per second of batch after batch."""
    begun, documents = time.perf_counter(), 0
    for start in itertools.cycle(range(0, len(texts), BATCH)):
        documents += len(texts[start:start + BATCH])
        answer(texts[start:start + BATCH])
        took = time.perf_counter() - begun
        if took >= TURN:
            return documents / took


def over_grpc(call, texts):
    """Documents per second of eight callers, each one call after the other."""
    walk, lock = itertools.cycle(texts), threading.Lock()
    begun = time.perf_counter()

    def caller(_):
        documents = 0
        while time.perf_counter() - begun < TURN:
            with lock:
                text = next(walk)
            call(text.encode())
            documents += 1
        return documents

    with concurrent.futures.ThreadPoolExecutor(CALLERS) as callers:
        documents = sum(callers.map(caller, range(CALLERS)))
    return documents / (time.perf_counter() - begun)


def ours(program, *arguments):
    return subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def build():
    """The program that `cargo bench --bench throughput` runs."""
    messages = ours("cargo", "bench", "--locked", "--bench", "throughput", "--no-run", "--message-format", "json")
    for line in messages.splitlines():
        message = json.loads(line)
        if message.get("target", {}).get("name") == "throughput" and message.get("executable"):
            return message["executable"]
    sys.exit("cargo names no program")


def best(into, numbers):
    for name, number in numbers.items():
        into[name] = max(into.get(name, 0.0), number)


def measure(rounds):
    import fasttext
    import grpc
    import pickle

    program = build()
    fasttext.FastText.eprint = lambda *_: None
    corpus = pathlib.Path("corpus")
    recipe = tomllib.loads((corpus / "model.toml").read_text())
    axes = [axis["id"] for axis in recipe["axis"]]
    records = [json.loads(line) for file in sorted(corpus.glob("*.jsonl")) for line in file.read_text().splitlines()]
    serving = os.environ.get("FASTTEXT_SERVING") or shutil.which("fasttext-serving")
    rates, per_processor, facts = ({n: {} for n in LENGTHS} for _ in range(3))
    memory, starts = [], []
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        folder = pathlib.Path(folder)
        ours(program, "--write", folder)
        texts = {n: [json.loads(line) for line in (folder / f"{n}.jsonl").read_text().splitlines()] for n in LENGTHS}
        sklearn = Sklearn(records, axes)
        (folder / "sklearn").write_bytes(pickle.dumps(sklearn))
        paths = train_fasttext(records, axes, folder)
        models = [fasttext.load_model(str(path)) for path in paths]
        urls = []
        for path in paths if serving else []:
            port = free_port()
            running.enter_context(process([serving, "--model", path, "--address", "127.0.0.1", "--port", str(port), "--grpc"], port))
            urls.append(f"http://127.0.0.1:{port}")
        port = free_port()
        running.enter_context(process([sys.executable, __file__, "--serve", folder / "sklearn", str(port)], port))
        channel = running.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}"))
        read_dictionary()

        def fasttext_answer(models):
            # The library's own `predict` does not work with numpy 2.
            return lambda texts: [model.f.predict(line, 3, 0.0, "strict")
                                  for line in (segmented(text) + "\n" for text in texts) for model in models]

        for _ in range(rounds):
            told = json.loads(ours(program, "--json", "--rounds", "1", *(["--fasttext-serving", ",".join(urls)] if urls else [])))
            memory.append(told["memory_mib"])
            starts.append(told["start_s"])
            for n in LENGTHS:
                length = told["lengths"][n]
                facts[n] = {"texts": length["texts"], "bytes": length["bytes"], "chars": sum(map(len, texts[n]))}
                best(rates[n], length["documents_per_s"])
                best(per_processor[n], length["documents_per_processor_s"])
                best(rates[n], {
                    "sklearn": in_batches(sklearn.answer, texts[n]),
                    "grpcio": over_grpc(channel.unary_unary(METHOD), texts[n]),
                    "fasttext": in_batches(fasttext_answer(models), texts[n]),
                    "fasttext_one_axis_in_process": in_batches(fasttext_answer(models[:1]), texts[n]),
                })
    return {"rates": rates, "per_processor": per_processor, "facts": facts, "starts": starts, "memory": memory}


def ratio(number):
    return f"{number:.2f}" if number >= 0.1 else f"{number:.4f}"


def tables(seen):
    rates, processor = seen["rates"], seen["per_processor"]
    print("| documents per second, ours in process on one thread = 1 | " + " | ".join(f"{int(n):,} characters" for n in LENGTHS) + " |")
    print("|---|---|---|")
    for title, name in ROWS:
        cells = [ratio(rates[n][name] / rates[n]["one_thread"]) if name in rates[n] else "not built here" for n in LENGTHS]
        print(f"| {title} | {' | '.join(cells)} |")
    ones = " and ".join(f"{rates[n]['one_thread']:,.0f}" for n in LENGTHS)
    texts = " and ".join(f"{seen['facts'][n]['texts']:,} texts of {seen['facts'][n]['chars'] / seen['facts'][n]['texts']:,.0f}" for n in LENGTHS)
    print(f"\nThis run: {texts} characters on average; 1 stands for {ones} documents per second.\n")

    long, short = rates["5000"], rates["500"]
    bars = []
    # Two threads that are hardly faster than one did not get two processors. The service and its caller, with more
    # threads in two processes, then get a larger share of the machine than we do alone, and time on the clock says
    # nothing about what gRPC costs.
    crowded = long["two_threads"] < 1.5 * long["one_thread"]

    def bar(what, value, least=None, most=None, unit="", digits=2, clock=False):
        if value is None:
            bars.append(f"| {what} | {'≥' if least else '≤'} {least or most}{unit} | not measured | |")
            return
        met = value >= least if least is not None else value <= most
        bound = f"≥ {least}" if least is not None else f"≤ {most}"
        verdict = "can't say" if clock and crowded else "yes" if met else "**no**"
        bars.append(f"| {what} | {bound}{unit} | {value:.{digits}f}{unit} | {verdict} |")

    bar("in process, one thread, bytes per second beside bare jieba.cut, 5,000 characters", long["one_thread"] / long["jieba"], least=0.6)
    for title, name, least in [("stream", "stream", 0.85), ("batches of 64", "batch", 0.85), ("unary, 64 callers", "unary", 0.75)]:
        bar(f"{title} beside in process on two threads, 5,000 characters", long[name] / long["two_threads"], least=least, clock=True)
        mine, own = processor["5000"][name], processor["5000"]["two_threads"]
        bar("… per second of processor time of the process that tags, the caller's left out", mine / own, least=least)
    for n in LENGTHS:
        cost = 100 * (1 - processor[n]["one_thread_evidence"] / processor[n]["one_thread"])
        bar(f"what five pieces of evidence an axis take away in process, {int(n):,} characters", cost, most=15, unit=" %", digits=0)
    for n in LENGTHS:
        bar(f"beside Python jieba + scikit-learn in process, {int(n):,} characters", rates[n]["one_thread"] / rates[n]["sklearn"], least=20, unit="×", digits=0)
    for n in LENGTHS:
        for what, name in [("three axes", "fasttext_all_axes"), ("its one axis to our three", "fasttext_one_axis")]:
            value = rates[n]["unary"] / rates[n][name] if name in rates[n] else None
            bar(f"unary beside jieba + fasttext-serving, 64 callers each, {what}, {int(n):,} characters", value, least=1.0, unit="×")
    bar("resident memory of the service after the load", max(m["after"] for m in seen["memory"]), most=150, unit=" MiB", digits=0)
    bar("from start to SERVING", min(seen["starts"]), most=0.5, unit=" s")
    print("| | bar | this run | met |\n|---|---|---|---|")
    print("\n".join(bars))
    slowest, starting = max(seen["starts"]), max(m["start"] for m in seen["memory"])
    if crowded:
        gained = long["two_threads"] / long["one_thread"]
        print(f"\nThe machine was crowded: two threads in process did {gained:.2f} of what one did. Where it says \"can't say\", the clock "
              "measures who got how much of the machine, not what gRPC costs.")
    print(f"\nResident at the start: {starting:.0f} MiB. The slowest of {len(seen['starts'])} starts took {slowest:.2f} s.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="turns of everybody (3)")
    parser.add_argument("--serve", nargs=2, metavar=("MODEL", "PORT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        return serve(*arguments.serve)
    os.chdir(pathlib.Path(__file__).resolve().parents[2])
    tables(measure(arguments.rounds))


if __name__ == "__main__":
    main()
