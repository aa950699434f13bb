"""Reads the arguments and the environment of every process again and again until a file exists, for tests.

process_texts.py FILE

It prints each argument and each variable that it has seen once. The environment of a process whose parent is
outside of this namespace is left out: in a sandbox, that is the first process of what a test starts.
"""
import os, sys, time

# A process that lives longer than this and a round, which takes some milliseconds, is seen.
PAUSE = 0.05
seen = set()

def read(process, name):
    try:
        with open(f"/proc/{process}/{name}", "rb") as file:
            return file.read()
    except OSError:  # The process has ended.
        return b""

def look():
    for process in filter(str.isdigit, os.listdir("/proc")):
        seen.update(read(process, "cmdline").split(b"\0"))
        if b"\nPPid:\t0\n" not in read(process, "status"):
            seen.update(read(process, "environ").split(b"\0"))

for _ in range(40_000):
    is_last = os.path.exists(sys.argv[1])
    look()
    if is_last:
        break
    time.sleep(PAUSE)
sys.stdout.buffer.write(b"\n".join(sorted(seen)) + b"\n")
