"""A proxy in front of an ACME server, for tests: it passes requests on, counts them, and fails as a test says.

acme_front.py ADDRESS PORT SERVER:PORT CERTIFICATE KEY FOLDER

FOLDER has what a test writes and reads; a file that is not there means that nothing is out of the ordinary:

mode       for all requests: "down" closes connections, "silent" answers nothing, "slow SECONDS" is late;
           for orders: "refuse" answers with an error, "limit SECONDS" with a rate limit that ends then
hold       "NUMBER before|after WORD [METHOD PATH]": stops at this request, the first being 1 when the text is new,
           before or after the server has seen it; makes the file "held", and drops the request when "hold" is gone.
           Only requests with this method whose path begins so count, if they are given
renewal    "START END", times in RFC 3339: what is suggested for the first certificate that is asked about (RFC 9773);
           for those that replace it, the period is in the distant future
requests   written by this program: a line for each request, "METHOD PATH STATUS"; 0 if the server has not seen it
"""
import http.client, http.server, json, os, ssl, sys, threading, time

address, port, server, certificate, key, folder = sys.argv[1:]
lock = threading.Lock()
held = {"text": None, "count": 0}
suggested = {}

def read(name):
    try:
        with open(os.path.join(folder, name)) as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""

def stops(request):
    """Whether this request, "METHOD PATH", is the one to stop at: "before", "after" or nothing."""
    text = read("hold")
    with lock:
        if text != held["text"]:
            held.update(text=text, count=0)
        words = text.split()
        if not words or not request.startswith(" ".join(words[3:])):
            return ""
        held["count"] += 1
        return words[1] if held["count"] == int(words[0]) else ""

def wait():
    open(os.path.join(folder, "held"), "w").close()
    while read("hold"):
        time.sleep(0.005)
    os.remove(os.path.join(folder, "held"))

class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 600

    def log_message(self, *words):
        pass

    def note(self, status):
        with lock, open(os.path.join(folder, "requests"), "a") as file:
            file.write(f"{self.command} {self.path} {status}\n")

    def drop(self, status=0):
        self.note(status)
        self.close_connection = True

    def answer(self, status, fields, body):
        self.note(status)
        self.send_response_only(status)
        for name, value in fields:
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.close_connection = True

    def problem(self, status, kind, detail, fields=()):
        text = {"type": "urn:ietf:params:acme:error:" + kind, "detail": detail, "status": status}
        self.answer(status, [("Content-Type", "application/problem+json"), *fields],
                    json.dumps(text).encode())

    def forward(self, body):
        upstream = http.client.HTTPSConnection(server, context=ssl._create_unverified_context())
        upstream.request(self.command, self.path, body, dict(self.headers))
        response = upstream.getresponse()
        return response.status, response.getheaders(), response.read()

    def suggest(self):
        text = read("renewal")
        with lock:
            is_first = suggested.setdefault(text, self.path) == self.path
        start, end = text.split() if is_first else ("2099-01-01T00:00:00Z", "2099-02-01T00:00:00Z")
        window = {"suggestedWindow": {"start": start, "end": end}}
        self.answer(200, [("Content-Type", "application/json"), ("Retry-After", "0")],
                    json.dumps(window).encode())

    def handle_request(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        place = stops(f"{self.command} {self.path}")
        if place == "before":
            wait()
            return self.drop()
        mode, *seconds = read("mode").split() or ["usual"]
        if mode == "down":
            return self.drop()
        if mode == "silent":
            time.sleep(600)
            return self.drop()
        if mode == "slow":
            time.sleep(float(seconds[0]))
        if self.path == "/order-plz" and mode == "refuse":
            return self.problem(403, "rejectedIdentifier", "this name is refused by policy")
        if self.path == "/order-plz" and mode == "limit":
            return self.problem(429, "rateLimited", "too many certificates",
                                [("Retry-After", seconds[0])])
        if self.path.startswith("/renewal-info/"):
            return self.suggest()
        status, fields, content = self.forward(body)
        if self.path == "/dir" and read("renewal"):
            directory = json.loads(content)
            directory["renewalInfo"] = f"https://{address}:{port}/renewal-info"
            content = json.dumps(directory).encode()
        if place == "after":
            wait()
            return self.drop(status)
        self.answer(status, fields, content)

    do_GET = do_HEAD = do_POST = handle_request

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def finish_request(self, connection, client):
        if read("mode") == "down":
            return
        with context.wrap_socket(connection, server_side=True) as stream:
            super().finish_request(stream, client)

    def handle_error(self, *words):
        pass

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
Server((address, int(port)), Front).serve_forever()
