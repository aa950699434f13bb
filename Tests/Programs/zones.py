"""Name servers for tests: they answer from a file, which is read again for each query.

zones.py PORT FILE

FILE is JSON: {"127.0.0.2": {"shop.test.": {"SOA": ["ns1.shop.test. root.shop.test. 1 1 1 1 1"], "TXT": ["word"]}}}.
Each address is a server of its own, by UDP, with the names that it knows; "*.shop.test." is a wildcard. Only
127.0.0.1 answers queries that ask for recursion, as resolvers do; the others are authoritative servers. An
address whose names are null gives no answer; a name with {"STATUS": ["REFUSED"]} is answered with that.
Prints "ready" when all servers listen.
"""
import json, socket, struct, sys, threading

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "TXT": 16, "AAAA": 28, "CAA": 257}
STATUSES = {"SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}

def wire(name):
    labels = [label for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"

def text(value):
    return bytes([len(value)]) + value.encode()

def data(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "TXT":
        return b"".join(text(value[at:at + 255]) for at in range(0, len(value), 255))
    if kind == "SOA":
        server, mailbox, *numbers = value.split()
        return wire(server) + wire(mailbox) + struct.pack(">5I", *map(int, numbers))
    if kind == "CAA":
        flags, tag, word = value.split(" ", 2)
        return bytes([int(flags)]) + text(tag) + word.encode()
    return wire(value)

def found(names, name):
    if name in names:
        return names[name]
    return names.get("*." + name.partition(".")[2])

def answers(names, name, kind):
    records = found(names, name)
    if records is None:
        return STATUSES["NXDOMAIN"], []
    if "STATUS" in records:
        return STATUSES[records["STATUS"][0]], []
    result = []
    while records and "CNAME" in records and kind != "CNAME":
        result.append((name, "CNAME", records["CNAME"][0]))
        name = records["CNAME"][0]
        records = found(names, name)
    return 0, result + [(name, kind, value) for value in (records or {}).get(kind, [])]

def reply(query, names, resolves):
    end, labels = 12, []
    while query[end]:
        labels.append(query[end + 1:end + 1 + query[end]].decode())
        end += 1 + query[end]
    number, = struct.unpack(">H", query[end + 1:end + 3])
    kind = next((kind for kind in TYPES if TYPES[kind] == number), "")
    name = "".join(label + "." for label in labels).lower()
    is_refused = query[2] & 1 and not resolves
    status, records = (STATUSES["REFUSED"], []) if is_refused else answers(names, name, kind)
    packed = b"".join(
        wire(name) + struct.pack(">HHIH", TYPES[kind], 1, 1, len(value)) + value
        for name, kind, value in ((name, kind, data(kind, value)) for name, kind, value in records))
    head = struct.pack(">HHHHH", 0x8480 | status, 1, len(records), 0, 0)
    return query[:2] + head + query[12:end + 5] + packed

def serve(server, address, path):
    while True:
        query, client = server.recvfrom(512)
        with open(path) as file:
            names = json.load(file).get(address)
        if names is not None:
            server.sendto(reply(query, names, address == "127.0.0.1"), client)

port, path = sys.argv[1:]
with open(path) as file:
    addresses = list(json.load(file))
threads = []
for address in addresses:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, int(port)))
    threads.append(threading.Thread(target=serve, args=(server, address, path)))
for thread in threads:
    thread.start()
print("ready", flush=True)
