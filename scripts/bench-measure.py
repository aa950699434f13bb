#!/usr/bin/env python3
"""Runs a command and adds a line to a file: seconds, processor seconds, peak memory in MB, processes.

    bench-measure.py FILE COMMAND...

The memory is that of all processes of the command together, measured four times a second, and at least
the peak of the largest one. Processes that the command leaves running are not waited for. The processes
are all that were started meanwhile here and on the hosts of a sandbox, threads included.
"""
import os
import subprocess
import sys
import threading
import time


def children(pid):
    found = [pid]
    for process in found:
        try:
            with open(f"/proc/{process}/task/{process}/children") as file:
                found += map(int, file.read().split())
        except OSError:
            pass
    return found


def memory(pid):
    total = 0
    for process in children(pid):
        try:
            with open(f"/proc/{process}/smaps_rollup") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except OSError:
            pass
    return total


def last_process():
    try:
        with open("/proc/sys/kernel/ns_last_pid") as file:
            return int(file.read())
    except OSError:
        return 0


result, *command = sys.argv[1:]
before = last_process()
begin = time.monotonic()
process = subprocess.Popen(command)
peak, ended = 0, threading.Event()


def watch():
    global peak
    while not ended.wait(0.25):
        peak = max(peak, memory(process.pid))


watcher = threading.Thread(target=watch)
watcher.start()
_, status, usage = os.wait4(process.pid, 0)
seconds = time.monotonic() - begin
processes = last_process() - before
ended.set()
watcher.join()
if status:
    sys.exit(f"{command[0]} ended with status {os.waitstatus_to_exitcode(status)}")
with open(result, "a") as file:
    print(seconds, usage.ru_utime + usage.ru_stime, max(peak, usage.ru_maxrss) / 1024, processes,
          file=file)
