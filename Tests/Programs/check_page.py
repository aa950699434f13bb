"""Opens pages in a headless chromium, and fails if one of them is not as a page should be.

check_page.py [--shots FOLDER] PAGE...

Each page is shown light and dark at three widths, and is then examined: requests, console, contrast, labels, headings,
tables, keyboard, and scripts that a text has smuggled in. With --shots, images of the pages are written.
"""

import base64
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import websocket

DEADLINE = 60
WIDTHS = (1280, 820, 390)
AUDIT = pathlib.Path(__file__).with_name("audit_page.js").read_text()


class Browser:
    """A chromium, and one page of it, steered with the DevTools protocol."""

    def __init__(self, folder):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-dev-shm-usage", "--remote-debugging-port=0", f"--user-data-dir={folder}",
             "about:blank"],
            stderr=self.log, stdout=subprocess.DEVNULL)
        self.socket = None
        try:
            self.connect(folder)
        except BaseException:
            self.close()
            raise

    def connect(self, folder):
        self.socket = websocket.create_connection(
            self.address(folder), suppress_origin=True, timeout=DEADLINE)
        self.numbers = itertools.count(1)
        self.session = None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def address(self, folder):
        """Where chromium listens: it writes a file with its port and its path when it does."""
        file = pathlib.Path(folder, "DevToolsActivePort")
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline and self.process.poll() is None:
            lines = file.read_text().split() if file.exists() else []
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            time.sleep(0.05)
        self.log.seek(0)
        said = self.log.read().decode(errors="replace")[-2000:]
        raise SystemExit(f"chromium did not start: {said}")

    def receive(self):
        message = json.loads(self.socket.recv())
        if "method" in message:
            self.events.append(message)
        return message

    def call(self, method, **parameters):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.socket.send(json.dumps(message))
        while True:
            answer = self.receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, url):
        self.events.clear()
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + DEADLINE
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            if time.monotonic() > deadline:
                raise SystemExit(f"{url} was not loaded in {DEADLINE} seconds")
            self.receive()

    def evaluate(self, text):
        result = self.call("Runtime.evaluate", expression=text, returnByValue=True)
        if "exceptionDetails" in result:
            raise SystemExit(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    def close(self):
        if self.socket:
            self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(DEADLINE)


def said(event):
    """What an event says that a page should not cause; nothing for others."""
    parameters = event["params"]
    if event["method"] == "Runtime.consoleAPICalled":
        return "console: " + json.dumps(parameters["args"])
    if event["method"] == "Runtime.exceptionThrown":
        return "exception: " + json.dumps(parameters["exceptionDetails"])
    if event["method"] == "Log.entryAdded":
        return "log: " + parameters["entry"]["text"]
    if event["method"] == "Network.requestWillBeSent":
        return "request: " + parameters["request"]["url"]
    return None


def examine(browser, path, shots):
    url = path.resolve().as_uri()
    found = []
    for theme, width in itertools.product(("light", "dark"), WIDTHS):
        browser.call("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": theme}])
        browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                     deviceScaleFactor=1, mobile=width < 500)
        browser.open(url)
        problems = json.loads(browser.evaluate(AUDIT))
        problems += [text for text in map(said, browser.events)
                     if text and text != "request: " + url]
        found += [f"{path.name}, {theme}, {width}: {problem}" for problem in problems]
        if shots:
            height = min(browser.evaluate("document.documentElement.scrollHeight"), 8000)
            image = browser.call(
                "Page.captureScreenshot", captureBeyondViewport=True,
                clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})["data"]
            shots.joinpath(f"{path.stem}-{theme}-{width}.png").write_bytes(base64.b64decode(image))
    return found


def main(words):
    shots = None
    if words[:1] == ["--shots"]:
        shots = pathlib.Path(words[1])
        os.makedirs(shots, exist_ok=True)
        words = words[2:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(folder)
        try:
            found = [text for page in words for text in examine(browser, pathlib.Path(page), shots)]
        finally:
            browser.close()
    for text in found:
        print(text)
    if not found:
        print(f"{len(words)} pages are as they should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
