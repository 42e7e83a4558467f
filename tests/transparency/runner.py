"""Runs one of CPython's own test modules and notes the outcome of each test, one JSON object a line.

Called by compare.py: runner.py MODULE RESULTS [--only FILE | --without FILE]
A line is written before and after each test, so that a test that takes the interpreter down is known by name.
"""

import argparse
import faulthandler
import importlib
import json
import sys
import types
import unittest

from test import support
from test.support import os_helper

SECONDS_MAX = 60  # for one test


def load(name):
    """The tests of a module. Some packagers leave out the three-line modules that name a start method."""
    loader = unittest.defaultTestLoader
    try:
        return loader.loadTestsFromModule(importlib.import_module(f"test.{name}"))
    except ModuleNotFoundError:
        if not name.startswith("test_multiprocessing_"):
            raise
    from test import _test_multiprocessing

    module = types.ModuleType(f"test.{name}")
    sys.modules[module.__name__] = module
    method = name.removeprefix("test_multiprocessing_")
    _test_multiprocessing.install_tests_in_module_dict(vars(module), method)
    return loader.loadTestsFromModule(module)


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


class Noting(unittest.TestResult):
    """Writes what happens to each test."""

    def __init__(self, out):
        super().__init__()
        self.out = out

    def note(self, test, outcome, why=""):
        print(json.dumps({"id": test.id(), "outcome": outcome, "why": why}), file=self.out, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.note(test, "started")
        faulthandler.dump_traceback_later(SECONDS_MAX, exit=True)

    def stopTest(self, test):
        faulthandler.cancel_dump_traceback_later()
        super().stopTest(test)

    def addSuccess(self, test):
        self.note(test, "ok")

    def addError(self, test, error):
        self.note(test, "error", self._exc_info_to_string(error, test))

    def addFailure(self, test, error):
        self.note(test, "fail", self._exc_info_to_string(error, test))

    def addSkip(self, test, reason):
        self.note(test, "skip", reason)

    def addExpectedFailure(self, test, error):
        self.note(test, "expected failure")

    def addUnexpectedSuccess(self, test):
        self.note(test, "unexpected success")

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.note(test, "fail", self._exc_info_to_string(error, test))


def main():
    words = argparse.ArgumentParser()
    words.add_argument("module")
    words.add_argument("results")
    words.add_argument("--only")
    words.add_argument("--without")
    words = words.parse_args()

    support.use_resources = ["cpu", "subprocess", "walltime"]  # no network
    tests = list(flat(load(words.module)))
    if words.only:
        wanted = set(open(words.only).read().split("\n"))
        tests = [test for test in tests if test.id() in wanted]
    if words.without:
        done = set(open(words.without).read().split("\n"))
        tests = [test for test in tests if test.id() not in done]
    with open(words.results, "a") as out, os_helper.temp_cwd():
        unittest.TestSuite(tests).run(Noting(out))
        print(json.dumps({"id": "", "outcome": "finished", "why": ""}), file=out, flush=True)


if __name__ == "__main__":
    main()
