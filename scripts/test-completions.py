#!/usr/bin/env python3
"""Types commands into bash, zsh and fish of a root file system, and reads what Tab completes.

  scripts/test-completions.py ROOT        an installed deploy with its completions, and the three shells
"""
import os
import pty
import re
import select
import shutil
import sys
import time

ROOT = sys.argv[1]
# Far longer than a shell takes, so that a slow machine does not fail: what counts is what appears.
PATIENCE = 20
PROMPT = "ready>"
SHELLS = {
    "bash": ["bash", "--noprofile", "--rcfile", "/root/bashrc", "-i"],
    "zsh": ["zsh", "-d", "-i"],
    "fish": ["fish", "--no-config", "--interactive", "--init-command", "source /root/fishrc"],
}
FILES = {
    "root/bashrc": f"PS1='{PROMPT} '\n. /usr/share/bash-completion/bash_completion\nbind 'set bell-style none'\nbind 'set show-all-if-ambiguous on'\n",
    "root/.zshrc": f"PS1='{PROMPT} '\nautoload -Uz compinit\ncompinit -u\nunsetopt list_ambiguous\n",
    "root/fishrc": f"function fish_prompt; echo -n '{PROMPT} '; end\nfunction fish_greeting; end\n"
    "set -g fish_autosuggestion_enabled 0\nsource /usr/share/fish/vendor_completions.d/deploy.fish\n",
}
# What is typed before Tab, and what must appear behind it.
CASES = [
    ("deploy rollb", "rollback"),
    ("deploy rollback ap", "app-2"),
    ("deploy revoke --site sta", "staff.shop.example"),
    ("deploy plan --limit edge-1,ap", ",app-2"),
    ("deploy plan --limit reg", "region=eu"),
    ("deploy check --inventory Inv", "Inventories/"),
]


class Shell:
    def __init__(self, command):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chroot(ROOT)
            os.chdir("/root/fleet")
            environment = {
                "HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "TERM": "xterm",
                "COLUMNS": "200", "LINES": "50",
            }
            os.execvpe(command[0], command, environment)
        self.output = ""

    def read_until(self, wanted):
        """Reads what the shell writes until it has a text."""
        end = time.monotonic() + PATIENCE
        while wanted not in self.text():
            left = end - time.monotonic()
            if left < 0 or not select.select([self.terminal], [], [], left)[0]:
                raise TimeoutError(self.text())
            self.output += os.read(self.terminal, 65536).decode(errors="replace")

    def text(self):
        """What was written, without control sequences."""
        text = re.sub(r"\x1b\[[0-9;?>=]*[a-zA-Z]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|[\r\x0f]",
                      "", self.output)
        # A character that is overwritten was not there.
        while "\b" in text:
            text = re.sub(r"(^|[^\x08])\x08", "", text, count=1)
        return text

    def type(self, text):
        os.write(self.terminal, text.encode())

    def close(self):
        os.kill(self.process, 9)
        os.waitpid(self.process, 0)
        os.close(self.terminal)


def complete(command, typed, wanted):
    """One shell for each case: an earlier line cannot be taken for an answer."""
    shell = Shell(command)
    try:
        shell.read_until(PROMPT)
        shell.type(typed)
        shell.read_until(typed[-3:])
        shell.output = typed
        shell.type("\t")
        shell.read_until(wanted)
    finally:
        shell.close()


def main():
    fleet = os.path.join(ROOT, "root/fleet")
    shutil.copytree(os.path.join(ROOT, "usr/share/doc/deploy/examples"), fleet)
    os.rename(os.path.join(fleet, "Inventories/demo.yml"), os.path.join(fleet, "demo.yml"))
    for path, text in FILES.items():
        with open(os.path.join(ROOT, path), "w", encoding="utf-8") as file:
            file.write(text)
    failures = 0
    for name, command in SHELLS.items():
        for typed, wanted in CASES:
            try:
                complete(command, typed, wanted)
                print(f"{name}: {typed}<Tab> completes {wanted}")
            except TimeoutError as error:
                failures += 1
                print(f"{name}: {typed}<Tab> does not complete {wanted}: {error}", file=sys.stderr)
    sys.exit(1 if failures else 0)


main()
