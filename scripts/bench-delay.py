#!/usr/bin/env python3
"""Sits between the controller and all hosts, and delays each direction by some milliseconds.

    bench-delay.py MILLISECONDS COUNTS

Connections from the controller to port 22 are redirected to it, with nft and with root's rights,
until SIGTERM ends it. Then the file COUNTS contains the number of round trips: each connection is
one, and so is each time that the controller sends after it has received something.
"""
import asyncio
import signal
import socket
import struct
import subprocess
import sys

SO_ORIGINAL_DST, MARK = 80, 7
RULES = """
table ip bench_delay {
  chain output {
    type nat hook output priority -100;
    tcp dport 22 meta mark != %d redirect to :%d
  }
}
"""


class Ways:
    def __init__(self, seconds):
        self.seconds = seconds
        self.turns = 0
        self.connections = 0

    async def serve(self, reader, writer):
        peer = writer.get_extra_info("socket")
        _, port, address = struct.unpack("!HH4s", peer.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)[:8])
        self.connections += 1
        # A SYN, its answer, and the ACK behind which the server speaks.
        await asyncio.sleep(3 * self.seconds)
        there = socket.socket()
        there.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
        there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        there.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(there, (socket.inet_ntoa(address), port))
        except OSError:
            writer.close()
            return
        theirs, ours = await asyncio.open_connection(sock=there)
        heard = [True]
        try:
            await asyncio.gather(
                self.pass_on(reader, ours, heard, True), self.pass_on(theirs, writer, heard, False))
        except asyncio.CancelledError:
            # A connection was left open: it is closed now.
            writer.close()

    async def pass_on(self, reader, writer, heard, is_ours):
        loop = asyncio.get_running_loop()
        while True:
            try:
                data = await reader.read(65536)
            except OSError:
                data = b""
            if not data:
                loop.call_later(self.seconds, writer.close)
                return
            if is_ours and heard[0]:
                self.turns += 1
            heard[0] = not is_ours
            loop.call_later(self.seconds, writer.write, data)


async def main(milliseconds, counts):
    ways = Ways(float(milliseconds) / 2000)
    server = await asyncio.start_server(ways.serve, "0.0.0.0", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    subprocess.run(["nft", "-f", "-"], input=RULES % (MARK, port), text=True, check=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    print("ready", flush=True)
    await ended.wait()
    subprocess.run(["nft", "delete", "table", "ip", "bench_delay"], check=True)
    with open(counts, "w") as file:
        print(ways.connections, ways.turns, file=file)


asyncio.run(main(*sys.argv[1:]))
