"""Compares CPython's own tests without bigfoot, with its guard off, with everything allowed, and beside mocks that
concern none of them, test by test.

compare.py [--jobs N] [--bigfoot PATH] [--python PATH] [MODULE ...]

A test whose outcome differs is repeated, without bigfoot and with it, to tell a flaky test from a difference.
Exit code 1 where a difference stays.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

MODULES = ["test_socket", "test_subprocess", "test_asyncio", "test_ssl", "test_multiprocessing_fork"]
MOCKS = pathlib.Path(__file__).with_name("mocks.toml")
MODES = {
    "bare": None,
    "off": ["--guard", "off"],
    "allowed": ["--guard", "error", "--allow", "*"],
    "mocks": ["--guard", "off", "--config", MOCKS],
}
RUNNER = pathlib.Path(__file__).with_name("runner.py")
REPEATS = 3
DEATHS_MAX = 20
SECONDS_MAX = 1500  # for one module


class Comparison:
    """Where the programs are."""

    def __init__(self, bigfoot, python, folder):
        self.bigfoot, self.python, self.folder = bigfoot, python, pathlib.Path(folder)

    def run(self, module, mode, only=None):
        """Outcome and reason of each test; a test that takes the interpreter down has died."""
        outcomes = {}
        for _ in range(DEATHS_MAX):
            code, lines = self.run_once(module, mode, only, outcomes)
            started = None
            for line in lines:
                name, outcome = line["id"], line["outcome"]
                if outcome == "started":
                    started = name
                    outcomes.setdefault(name, ("ok", ""))
                elif outcome == "finished":
                    return outcomes
                elif outcomes.get(name, ("ok",))[0] == "ok":
                    outcomes[name] = (outcome, line["why"])
            if started is None:
                raise SystemExit(f"{module} ({mode}) ended with {code} before its first test")
            outcomes[started] = ("died", f"the interpreter ended with {code}")
        return outcomes

    def run_once(self, module, mode, only, done):
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            folder = pathlib.Path(folder)
            results, flags = folder / "results", []
            for flag, names in (("--only", only), ("--without", done or None)):
                if names is not None:
                    (folder / flag).write_text("\n".join(names))
                    flags += [flag, folder / flag]
            command = [self.python, "-u", RUNNER, module, results, *flags]
            if MODES[mode] is not None:
                report = ["--format", "json", "--output", folder / "report.json"]
                command = [self.bigfoot, "run", *MODES[mode], *report, "--", *command]
            code = self.finish(command, folder)
            self.was_seen(folder / "report.json")
            text = results.read_text() if results.exists() else ""
            return code, [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def was_seen(self, report):
        """A run that bigfoot did not see proves nothing."""
        if report.exists() and json.loads(report.read_text())["coverage"]["armed"] < 1:
            raise SystemExit("bigfoot's library was not loaded")

    def finish(self, command, folder):
        """Runs a command in a session of its own; what it leaves behind does not hold its output open."""
        with open(folder / "output", "wb") as output:
            child = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
            try:
                return child.wait(SECONDS_MAX)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, 9)
                return child.wait()

    def differences(self, module, mode, bare, other):
        """Names of tests that differ and keep differing, and of those that do not."""
        suspects = [name for name in sorted(bare | other) if bare.get(name, "-")[0] != other.get(name, "-")[0]]
        real, flaky = list(suspects), []
        for _ in range(REPEATS):
            if not real:
                break
            again_bare, again_other = self.run(module, "bare", real), self.run(module, mode, real)
            settled = [
                name
                for name in real
                if again_bare.get(name, "-")[0] == again_other.get(name, "-")[0]
                or again_bare.get(name, "-")[0] != bare.get(name, "-")[0]
            ]
            flaky += settled
            real = [name for name in real if name not in settled]
        return real, flaky

    def compare(self, module):
        """One module: its rows of the table, and what differs."""
        bare = self.run(module, "bare")
        rows, told = [], []
        for mode in list(MODES)[1:]:
            other = self.run(module, mode)
            real, flaky = self.differences(module, mode, bare, other)
            good = sum(outcome == "ok" for outcome, _ in bare.values())
            skipped = sum(outcome == "skip" for outcome, _ in bare.values())
            rows.append((module, mode, len(bare), good, skipped, len(other), len(real), len(flaky)))
            for name in real:
                outcome, why = other.get(name, ("missing", ""))
                told.append((mode, name, bare.get(name, ("missing", ""))[0], outcome, why))
            for name in flaky:
                told.append((mode, name, "flaky", "", ""))
        return rows, told


def header():
    heads = ("module", "bigfoot", "tests", "ok bare", "skipped bare", "tests under bigfoot", "differ", "flaky")
    print_row(heads)
    print_row("---" for _ in heads)


def print_row(cells):
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def main():
    top = RUNNER.parents[2]
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--jobs", type=int, default=2)
    words.add_argument("--bigfoot", default=str(top / "target/debug/bigfoot"))
    words.add_argument("--python", default=sys.executable)
    words.add_argument("modules", nargs="*", default=MODULES)
    words = words.parse_args()

    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(words.jobs) as jobs:
        comparison = Comparison(os.path.abspath(words.bigfoot), words.python, folder)
        header()
        results = []
        for done in concurrent.futures.as_completed([jobs.submit(comparison.compare, it) for it in words.modules]):
            rows, told = done.result()
            results.append(told)
            for row in rows:
                print_row(row)
    differ = False
    for told in results:
        for mode, name, bare, outcome, why in told:
            if bare == "flaky":
                print(f"flaky: {name} ({mode})")
                continue
            differ = True
            last = why.strip().splitlines()[-1:] or [""]
            print(f"differs: {name} ({mode}): {bare} bare, {outcome} under bigfoot: {last[0]}")
            if why:
                print("    " + why.strip().replace("\n", "\n    "))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
