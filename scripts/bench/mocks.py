#!/usr/bin/env python3
"""Latency of mocked HTTP calls, beside what a user would pick instead.

mocks.py [--bigfoot PATH] [--calls N] [--python PATH]

First the median of one keep-alive call by one client, with 1 and 10,000 mocks: a bare socket, mockito, httpmock,
wiremock, bigfoot. With --python, a Python that has requests and the Python package bigfoot 0.19: 8,000 calls in
the order of their mocks and in reverse, by both.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
HOST = "api.bench.example"

MOCK = """[[mock]]
source = "http:request"
when = {{ method = "GET", url = "http://{host}/users/{number}" }}
reply = {{ status = 200, json = {{ name = "Alice" }} }}
times = {times}
assert = "match"

"""

OURS = """
import requests, sys
session = requests.Session()
numbers = range(int(sys.argv[1]))
for number in reversed(numbers) if sys.argv[2] == "reverse" else numbers:
    assert session.get(f"http://api.bench.example/users/{number}").json() == {"name": "Alice"}
"""

ORIGINAL = """
import requests, sys
from unittest.mock import ANY
from bigfoot import StrictVerifier
from bigfoot.plugins.http import HttpPlugin
count = int(sys.argv[1])
verifier = StrictVerifier()
http = next(plugin for plugin in verifier._plugins if isinstance(plugin, HttpPlugin))
for number in range(count):
    http.mock_response("GET", f"http://api.bench.example/users/{number}", json={"name": "Alice"})
session = requests.Session()
numbers = list(range(count))
if sys.argv[2] == "reverse":
    numbers.reverse()
with verifier.sandbox():
    for number in numbers:
        assert session.get(f"http://api.bench.example/users/{number}").json() == {"name": "Alice"}
for number in numbers:
    http.assert_request("GET", f"http://api.bench.example/users/{number}", headers=ANY, body=ANY, require_response=False)
verifier.verify_all()
"""


def configuration(folder, mocks, times):
    text = 'sandbox = "run"\nguard = "error"\n\n'
    text += "".join(MOCK.format(host=HOST, number=number, times=times) for number in range(mocks))
    (folder / "bigfoot.toml").write_text(text)


def latencies(bigfoot, client, calls, folder):
    print(f"{'mocks':>7}  " + "".join(f"{name:>14}" for name in ["bare socket", "mockito", "httpmock", "wiremock", "bigfoot"]) + "   bigfoot/bare")
    for mocks in [1, 10_000]:
        configuration(folder, mocks, '"any"')
        command = [bigfoot, "run", "--", str(client), str(calls), str(mocks), HOST]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
        took = dict(line.split("\t") for line in done.stdout.splitlines())
        ratio = float(took["bigfoot"]) / float(took["bare socket"])
        print(f"{mocks:>7}  " + "".join(f"{us + ' us':>14}" for us in took.values()) + f"   {ratio:.2f}")


def timed(command, folder):
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def calls_in_python(bigfoot, python, folder, count):
    (folder / "ours.py").write_text(OURS)
    (folder / "original.py").write_text(ORIGINAL)
    print(f"\n{count} calls   bigfoot   the Python original   original/bigfoot   (seconds, whole process)")
    for order in ["order", "reverse"]:
        configuration(folder, count, 1)
        ours = timed([bigfoot, "run", "--", python, "ours.py", str(count), order], folder)
        (folder / "bigfoot.toml").unlink()
        original = timed([python, "original.py", str(count), order], folder)
        print(f"in {order:9} {ours:9.2f}   {original:19.2f}   {original / ours:16.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bigfoot", default=str(TOP / "target/release/bigfoot"))
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--python")
    parser.add_argument("--count", type=int, default=8000)
    options = parser.parse_args()
    bigfoot = shutil.which(options.bigfoot) or options.bigfoot
    target = os.environ.get("CARGO_TARGET_DIR", str(TOP / "target")) + "/bench"
    subprocess.run(["cargo", "build", "--release", "--quiet", "--manifest-path", str(HERE / "http/Cargo.toml"), "--target-dir", target], check=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        latencies(bigfoot, f"{target}/release/bench-http", options.calls, folder)
        if options.python:
            calls_in_python(bigfoot, options.python, folder, options.count)


if __name__ == "__main__":
    main()
