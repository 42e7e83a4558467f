#!/usr/bin/env python3
"""One table of ratios: what a command takes under bigfoot, over what it takes without.

run.py [--pairs N] [--bigfoot PATH] [--quick]

Runs of each kind take turns, so that a machine that grows slower or faster does so for all of them. A ratio is
taken within each turn; the table has the median of the ratios, the least and the greatest.
"""

import argparse
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
MODES = {
    "guard off": ["--guard", "off"],
    "all allowed": ["--guard", "error", "--allow", "*"],
    "warn": ["--guard", "warn"],
}


def listen():
    """A server on loopback that drops whoever comes; outside the tree under test."""
    server = socket.create_server(("127.0.0.1", 0), backlog=4096)

    def serve():
        while True:
            server.accept()[0].close()

    threading.Thread(target=serve, daemon=True).start()
    return str(server.getsockname()[1])


def timed_inside(command, folder):
    """The seconds that the guest itself says it took."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{command}: {done.returncode}\n{done.stderr}")
    return float(done.stdout)


def timed_outside(command, folder):
    """From start to end."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    took = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{command}: {done.returncode}\n{done.stderr}")
    return took


def measure(bigfoot, command, clock, folder, pairs):
    """The bare seconds, and the ratios of each mode."""
    bare, ratios = [], {mode: [] for mode in MODES}
    for turn in range(pairs + 1):
        base = clock(command, folder)
        bare.append(base)
        for mode, flags in MODES.items():
            report = ["--format", "json", "--output", f"{folder}/report.json"]
            took = clock([bigfoot, "run", *flags, *report, "--", *command], folder)
            ratios[mode].append(took / base)
        if turn == 0:  # the first turn warms up
            bare.clear()
            ratios = {mode: [] for mode in MODES}
    return statistics.median(bare), ratios


def spread(ratios):
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def sample(target):
    """The sample project, built, in a folder without its configuration."""
    folder = tempfile.mkdtemp(dir=target)
    for name in ("Cargo.toml", "Cargo.lock", "src", "tests"):
        source = TOP / "tests/sample" / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, pathlib.Path(folder) / name)
    subprocess.run(["cargo", "test", "--no-run", "--quiet"], cwd=folder, check=True)
    return folder


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--pairs", type=int, default=7)
    words.add_argument("--quick", action="store_true", help="a tenth of the calls, two pairs: only shows that it runs")
    words.add_argument("--bigfoot", default=str(TOP / "target/release/bigfoot"))
    words = words.parse_args()
    less, pairs = (10, 2) if words.quick else (1, words.pairs)
    bigfoot = os.path.abspath(words.bigfoot)

    with tempfile.TemporaryDirectory() as folder:
        loops = f"{folder}/loops"
        subprocess.run(["cc", "-O2", "-o", loops, pathlib.Path(__file__).with_name("loops.c")], check=True)
        os.environ["CARGO_TARGET_DIR"] = f"{folder}/target"
        project = sample(folder)
        port = listen()
        work = [
            (f"{10000 // less} connects to loopback", [loops, "connect", str(10000 // less), port], timed_inside, folder),
            (f"{100000 // less} open and close", [loops, "open", str(100000 // less)], timed_inside, folder),
            (f"{1000 // less} process starts", [loops, "start", str(1000 // less)], timed_inside, folder),
            ("cargo test of the sample, built", ["cargo", "test", "--offline"], timed_outside, project),
        ]
        print(f"| work | bare, s | {' | '.join(MODES)} |")
        print(f"|---|---|{'---|' * len(MODES)}")
        for name, command, clock, where in work:
            bare, ratios = measure(bigfoot, command, clock, where, pairs)
            print(f"| {name} | {bare:.3f} | {' | '.join(spread(ratios[mode]) for mode in MODES)} |", flush=True)
    print(f"\nRatios over bare: median (least-greatest) of {pairs} turns, {os.cpu_count()} CPUs.")


if __name__ == "__main__":
    sys.exit(main())
