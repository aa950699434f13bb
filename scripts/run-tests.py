#!/usr/bin/env python3
"""Runs the tests, which have to be built, and lists the slowest and the skipped ones.

    scripts/run-tests.py [--at-a-time N] [GROUP | SUITE]...

Without a GROUP or a SUITE (such as EndToEndTests.ControllerCrashTests) all groups run, one after the other:

    computing   tests that only compute: one process
    hostile     hosts that send anything, or keep a controller waiting, with deadlines: one process
    live        servers and processes with deadlines, which must not wait for tests that only compute: one process
    fleets      each suite of a fleet in its own process and its own namespaces, N of them at the same time, twice
                as many as there are cores unless N is given: a fleet waits most of the time

In CI a skipped test of fleets is a failure: a requirement of it is missing. Other tests fail
there on their own if a tool is missing.
"""
import argparse
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

MODULES = ("EndToEndTests", "SandboxTests")
LIVE = r"^((SSHTests|ACMETests|CAStoreTests|ApplicationTests|CommandLineTests|StateFilesTests)\.|CertificatesTests\.EdgeProbeTests)"
# Their hosts have a deadline to answer, in threads that no other test may occupy.
HOSTILE = r"^(ExecutionTests\.HostileHostTests|VerificationTests\.)"
GROUPS = {
    "computing": ["--skip", r"^(EndToEndTests|SandboxTests)\.", "--skip", LIVE, "--skip", HOSTILE],
    "hostile": ["--filter", HOSTILE],
    "live": ["--filter", LIVE],
    "fleets": None,
}
# These examine the whole machine, so nothing else runs at the same time.
ALONE = ("SandboxTests.CleanupTests", "SandboxTests.SystemdCleanupTests", "EndToEndTests.ManagersTests")
# The longest suites begin first, so that none of them is left over at the end.
LONGEST = ("ControllerCrashTests", "PublicCertificateKillTests", "RotationKillTests", "ConcurrentControllersTests", "SystemdPowerTests", "TrafficTests", "ChangeTests")
ENDED = re.compile(
    r'^\S+ Test (?!run |case )(?:"(.+?)"|(\S+)) (?:with \d+ test cases )?'
    r"(?:(passed|failed) after ([0-9.]+) seconds|(skipped))", re.MULTILINE)
COLOR = re.compile(r"\x1b\[[0-9;]*m")
FOLDER = ".build/test-logs"


def bundle():
    path = subprocess.check_output(["swift", "build", "--show-bin-path"], text=True).strip()
    return os.path.join(path, "deployPackageTests.xctest")


def suites(program, wanted):
    listing = subprocess.check_output(
        [program, "--testing-library", "swift-testing", "--list-tests"],
        text=True, stderr=subprocess.DEVNULL)
    names = {line.split("/")[0] for line in listing.splitlines() if line.startswith(MODULES)}
    if not names:
        sys.exit("There is no test of fleets in " + program + ": build the tests first.")
    unknown = set(wanted) - names
    if unknown:
        sys.exit("There is no group and no suite of fleets " + ", ".join(sorted(unknown)) + ".")
    return sorted(wanted or names, key=lambda name: (not name.endswith(LONGEST), name))


class Report:
    """The tests that have ended so far: each with its suite, result and seconds."""

    def __init__(self):
        self.tests = []
        self.broken = []
        self.lock = threading.Lock()

    def add(self, suite, log, status, elapsed):
        with open(log, encoding="utf-8", errors="replace") as lines:
            text = COLOR.sub("", lines.read())
        found = [
            (suite, quoted or name, result or skipped, seconds)
            for quoted, name, result, seconds, skipped in ENDED.findall(text)]
        failed = status != 0 or not found
        with self.lock:
            self.tests += found
            print(f"{'FAILED' if failed else 'passed'} {suite}: {len(found)} tests in {elapsed:.0f} s", flush=True)
            if failed:
                self.broken.append(suite)
                # Tests that have begun or passed are left out then.
                print("\n".join(line for line in text.splitlines() if line[:1] not in "◇✔"), flush=True)

    def count(self, result):
        return sum(test[2] == result for test in self.tests)

    def close(self):
        print("\nThe ten slowest tests:")
        timed = [test for test in self.tests if test[3]]
        for suite, name, _, seconds in sorted(timed, key=lambda test: -float(test[3]))[:10]:
            print(f"  {float(seconds):6.1f} s  {suite}: {name}")
        for suite, name, result, _ in self.tests:
            if result == "skipped":
                print(f"skipped {suite}: {name}")
        print(f"{self.count('passed')} passed, {self.count('failed')} failed, {self.count('skipped')} skipped")
        of_fleets = [test for test in self.tests if test[2] == "skipped" and test[0] not in GROUPS]
        return not self.broken and not (of_fleets and os.environ.get("CI"))


def run(program, name, chosen, report, children):
    log = os.path.join(FOLDER, name + ".log")
    began = time.monotonic()
    with open(log, "wb") as output:
        child = subprocess.Popen(
            [program, "--testing-library", "swift-testing"] + chosen,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        children.add(child)
        status = child.wait()
        children.discard(child)
    report.add(name, log, status, time.monotonic() - began)


def run_suites(program, every, at_a_time, report, children):
    waiting = queue.SimpleQueue()
    for suite in every:
        if suite not in ALONE:
            waiting.put(suite)

    def run_one(suite):
        run(program, suite, ["--no-parallel", "--filter", f"^{re.escape(suite)}/"], report, children)

    def work():
        while True:
            try:
                suite = waiting.get_nowait()
            except queue.Empty:
                return
            run_one(suite)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(at_a_time)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for suite in every:
        if suite in ALONE:
            run_one(suite)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-a-time", type=int, default=2 * (os.cpu_count() or 1), metavar="N")
    parser.add_argument("wanted", nargs="*", metavar="GROUP | SUITE")
    arguments = parser.parse_args()
    os.makedirs(FOLDER, exist_ok=True)
    program, report, children = bundle(), Report(), set()

    def end(*_):
        for child in list(children):
            child.terminate()
        os._exit(130)

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    named = [name for name in arguments.wanted if name not in GROUPS]
    groups = [name for name in GROUPS if name in arguments.wanted] or ([] if named else list(GROUPS))
    every = suites(program, named) if named or "fleets" in groups else []
    for group in groups:
        if GROUPS[group]:
            run(program, group, GROUPS[group], report, children)
    run_suites(program, every, arguments.at_a_time, report, children)
    sys.exit(0 if report.close() else 1)


main()
