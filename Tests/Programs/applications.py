"""What stands behind back-ends, beside front-ends, and where visitors are, in tests.

fastcgi PATH              answers FastCGI requests on a Unix socket, a line for each parameter
echo PATH                 takes every request on a Unix socket for a WebSocket's, then sends back what it gets
http ADDRESS PORT NAME    answers HTTP requests with its name, then the request as it came; WebSockets as echo
shake HOST PORT NAME CA   asks for a WebSocket and sends a word through it; prints both answers
names ADDRESS [ANSWER]    a name server that gives one address, 127.0.0.1 without another, for every name
"""
import os, socket, socketserver, ssl, struct, sys

class FastCGI(socketserver.StreamRequestHandler):
    def record(self):
        head = self.rfile.read(8)
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", head)
        body = self.rfile.read(length)
        self.rfile.read(padding)
        return kind, body

    def handle(self):
        params, ended = b"", set()
        while ended != {4, 5}:
            kind, body = self.record()
            if kind in (4, 5) and not body:
                ended.add(kind)
            elif kind == 4:
                params += body
        pairs, at = [], 0
        while at < len(params):
            sizes = []
            for _ in range(2):
                size = params[at]
                at += 1
                if size > 127:
                    size = (size & 127) << 24 | int.from_bytes(params[at:at + 3], "big")
                    at += 3
                sizes.append(size)
            name = params[at:at + sizes[0]]
            value = params[at + sizes[0]:at + sum(sizes)]
            at += sum(sizes)
            pairs.append(name + b"=" + value + b"\n")
        text = b"Content-Type: text/plain\r\n\r\n" + b"".join(sorted(pairs))
        self.wfile.write(struct.pack(">BBHHBB", 1, 6, 1, len(text), 0, 0) + text)
        self.wfile.write(struct.pack(">BBHHBB", 1, 6, 1, 0, 0, 0))
        self.wfile.write(struct.pack(">BBHHBBIB3x", 1, 3, 1, 8, 0, 0, 0, 0))

class Echo(socketserver.StreamRequestHandler):
    def answer(self, request, fields):
        return "no upgrade, connection %s\n" % fields.get("connection")

    def handle(self):
        fields, request = {}, self.rfile.readline().strip().decode()
        while (line := self.rfile.readline().strip()):
            name, value = line.decode().split(": ", 1)
            fields[name.lower()] = value
        if fields.get("upgrade") != "websocket":
            told = self.answer(request, fields)
            self.wfile.write(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                              % (len(told), told)).encode())
            return
        self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         b"Connection: Upgrade\r\n\r\n")
        while (data := self.connection.recv(4096)):
            self.connection.sendall(data)

def http(address, port, name):
    class Telling(Echo):
        def answer(self, request, fields):
            return "\n".join([name, request, *(f"{k}: {v}" for k, v in sorted(fields.items())), ""])

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads = True, True

    Server((address, int(port)), Telling).serve_forever()

def shake(host, port, name, ca):
    context = ssl.create_default_context(cafile=ca)
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname=name) as stream:
            stream.sendall(("GET /chat HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
                            % name).encode())
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += stream.recv(4096)
            stream.sendall(b"word")
            print(answer.split(b"\r\n")[0].decode(), stream.recv(4096).decode())

def names(address, answer="127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 53))
        while True:
            query, client = server.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            is_ipv4 = query[end - 4:end - 2] == b"\0\1"
            record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(answer)
            server.sendto(query[:2] + b"\x81\x80\0\1\0" + bytes([is_ipv4]) + b"\0\0\0\0"
                          + query[12:end] + (record if is_ipv4 else b""), client)

class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

def serve(path, handler):
    server = Server(path, handler)
    os.chmod(path, 0o666)
    server.serve_forever()

command, *words = sys.argv[1:]
{"fastcgi": lambda path: serve(path, FastCGI), "echo": lambda path: serve(path, Echo),
 "http": http, "shake": shake, "names": names}[command](*words)
