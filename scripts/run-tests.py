#!/usr/bin/env python3
"""Runs the tests, which have to be built, and lists the slowest and the skipped ones.

    scripts/run-tests.py [--at-a-time N] [GROUP | SUITE]...

Without a GROUP or a SUITE (such as EndToEndTests.ControllerCrashTests) all groups run:

    computing   tests that only compute, and those that ask the real nginx and the real firewalls: a process
                each, at the same time, before all others
    hostile     hosts that send anything, or keep a controller waiting, with deadlines: one process, alone
    live        servers and processes with deadlines, which must not wait for tests that only compute: five
                processes, beside the fleets
    fleets      each suite of a fleet in its own process and its own namespaces

N processes of live and fleets run at the same time, three times as many as there are cores unless N is given: they
wait most of the time. The longest begin first, as they took in the last run.

In CI a skipped test of fleets is a failure: a requirement of it is missing. Other tests fail
there on their own if a tool is missing.
"""
import argparse
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

MODULES = ("EndToEndTests", "SandboxTests")
SSH, COMMANDS, APPLICATION, ACME = r"^SSHTests\.", r"^CommandLineTests\.", r"^ApplicationTests\.", r"^ACMETests\."
FOLDERS = r"^((CAStoreTests|StateStoresTests)\.|CertificatesTests\.EdgeProbeTests)"
NGINX, FIREWALLS = r"^NginxTests\.", r"^FirewallTests\."
# Their hosts have a deadline to answer, in threads that no other test may occupy.
HOSTILE = r"^(ExecutionTests\.HostileHostTests|VerificationTests\.)"
FLEETS = r"^(EndToEndTests|SandboxTests)\."
ELSEWHERE = (SSH, COMMANDS, APPLICATION, ACME, FOLDERS, NGINX, FIREWALLS, HOSTILE, FLEETS)
# These find free ports before their servers listen on them, so no other process may take one meanwhile.
OWN_NETWORK = ("live-ssh", "live-acme", "live-folders")
# The processes of each group, by name: a test is in exactly one.
GROUPS = {
    "computing": {
        "computing": [word for tests in ELSEWHERE for word in ("--skip", tests)],
        "computing-nginx": ["--filter", NGINX],
        # They wait for packets that must not arrive, one after the other.
        "computing-firewalls": ["--filter", FIREWALLS],
    },
    "hostile": {"hostile": ["--filter", HOSTILE]},
    "live": {
        "live-commands": ["--filter", COMMANDS],
        "live-ssh": ["--filter", SSH],
        "live-folders": ["--filter", FOLDERS],
        # Their deadlines are a minute, so they wait for no thread that the tests above block.
        "live-application": ["--filter", APPLICATION],
        "live-acme": ["--filter", ACME],
    },
    "fleets": {},
}
# These examine the whole machine, so nothing else runs at the same time.
ALONE = ("SandboxTests.CleanupTests", "SandboxTests.SystemdCleanupTests", "EndToEndTests.ManagersTests")
# What begins first if it is not known how long each takes, so that none of them is left over at the end.
LONGEST = (
    "live-commands", "live-ssh", "live-folders", "ControllerCrashTests", "PublicCertificateKillTests",
    "RotationKillTests", "CAImportTests",
    "ConcurrentControllersTests", "SystemdPowerTests", "TrafficTests", "ChangeTests")
ENDED = re.compile(
    r'^\S+ Test (?!run |case )(?:"(.+?)"|(\S+)) (?:with \d+ test cases )?'
    r"(?:(passed|failed) after ([0-9.]+) seconds|(skipped))", re.MULTILINE)
COLOR = re.compile(r"\x1b\[[0-9;]*m")
FOLDER = ".build/test-logs"
# A test that has begun must not wait for all the others: sessions and deadlines of servers would end meanwhile.
AT_ONCE = ["--experimental-maximum-parallelization-width", str(4 * (os.cpu_count() or 1))]
DURATIONS = os.path.join(FOLDER, "durations.json")


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
    return sorted(wanted or names)


def durations():
    """The seconds that each process took when it ran last."""
    try:
        with open(DURATIONS, encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return {}


class Report:
    """The tests that have ended so far: each with its suite, result and seconds."""

    def __init__(self):
        self.tests = []
        self.broken = []
        self.durations = durations()
        self.lock = threading.Lock()

    def add(self, suite, log, status, elapsed, cpu):
        with open(log, encoding="utf-8", errors="replace") as lines:
            text = COLOR.sub("", lines.read())
        found = [
            (suite, quoted or name, result or skipped, seconds)
            for quoted, name, result, seconds, skipped in ENDED.findall(text)]
        failed = status != 0 or not found
        with self.lock:
            self.tests += found
            self.durations[suite] = round(elapsed, 1)
            end = "FAILED" if failed else "passed"
            print(f"{end} {suite}: {len(found)} tests in {elapsed:.0f} s, {cpu:.0f} s of them computing", flush=True)
            if failed:
                self.broken.append(suite)
                # Tests that have begun or passed are left out then.
                print("\n".join(line for line in text.splitlines() if line[:1] not in "◇✔"), flush=True)

    def count(self, result):
        return sum(test[2] == result for test in self.tests)

    def close(self):
        with open(DURATIONS, "w", encoding="utf-8") as file:
            json.dump(self.durations, file, indent=1, sort_keys=True)
        print("\nThe ten slowest tests:")
        timed = [test for test in self.tests if test[3]]
        for suite, name, _, seconds in sorted(timed, key=lambda test: -float(test[3]))[:10]:
            print(f"  {float(seconds):6.1f} s  {suite}: {name}")
        for suite, name, result, _ in self.tests:
            if result == "skipped":
                print(f"skipped {suite}: {name}")
        print(f"{self.count('passed')} passed, {self.count('failed')} failed, {self.count('skipped')} skipped")
        of_fleets = [test for test in self.tests if test[2] == "skipped" and test[0].startswith(MODULES)]
        return not self.broken and not (of_fleets and os.environ.get("CI"))


def run(program, name, chosen, report, children):
    log = os.path.join(FOLDER, name + ".log")
    words = [program, "--testing-library", "swift-testing"] + chosen
    if name in OWN_NETWORK and os.geteuid() == 0:
        words = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"] + words
    began = time.monotonic()
    with open(log, "wb") as output:
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        children.add(child)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        children.discard(child)
    report.add(name, log, status, time.monotonic() - began, usage.ru_utime + usage.ru_stime)


def run_all(program, parts, at_a_time, report, children):
    """Runs processes, each with its arguments by its name, the longest first."""
    def length(name):
        guess = next((1000 - place for place, end in enumerate(LONGEST) if name.endswith(end)), 0)
        return report.durations.get(name, guess)

    waiting = queue.SimpleQueue()
    for name in sorted(parts, key=lambda name: (-length(name), name)):
        waiting.put(name)

    def work():
        while True:
            try:
                name = waiting.get_nowait()
            except queue.Empty:
                return
            run(program, name, parts[name], report, children)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(at_a_time)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def together(parts):
    """Processes whose tests run at the same time, but not all of them."""
    return {name: AT_ONCE + chosen for name, chosen in parts.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-a-time", type=int, default=3 * (os.cpu_count() or 1), metavar="N")
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
    of_fleets = {
        suite: ["--no-parallel", "--filter", f"^{re.escape(suite)}/"]
        for suite in (suites(program, named) if named or "fleets" in groups else [])}
    for group in ("computing", "hostile"):
        if group in groups:
            run_all(program, together(GROUPS[group]), len(GROUPS[group]), report, children)
    beside = together(GROUPS["live"] if "live" in groups else {})
    beside.update((suite, chosen) for suite, chosen in of_fleets.items() if suite not in ALONE)
    run_all(program, beside, arguments.at_a_time, report, children)
    alone = {suite: chosen for suite, chosen in of_fleets.items() if suite in ALONE}
    run_all(program, alone, 1, report, children)
    sys.exit(0 if report.close() else 1)


main()
