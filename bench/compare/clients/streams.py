"""streams.py PORT SECONDS CLIENTS PATH: each client gets a large body again and again over one connection.

The bytes are dropped in the kernel (MSG_TRUNC), not copied, so that the machine works for the proxy; wrk takes them 8 KiB a call.
"""
import re
import socket
import sys
import time

import crew

PORT, SECONDS, CLIENTS, PATH = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
SINK = bytearray(4 << 20)
REQUEST = f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def receive(client):
    """The head of an answer, read to its end; then (how long the body is, how much of it has come)."""
    head = b""
    while b"\r\n\r\n" not in head:
        part = client.recv(4096)
        if not part:
            raise OSError("closed")
        head += part
    head, _, rest = head.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    if not head.startswith(b"HTTP/1.1 200") or length is None:
        raise OSError("no answer of a known length")
    return int(length.group(1)), len(rest)


def work(until):
    """One client."""
    received, latencies, errors = 0, [], 0
    client = socket.create_connection(("127.0.0.1", PORT), 10)
    while time.monotonic() < until:
        begin = time.monotonic()
        try:
            client.sendall(REQUEST)
            length, come = receive(client)
            received += come
            while come < length and time.monotonic() < until:
                part = client.recv_into(SINK, min(length - come, len(SINK)), socket.MSG_TRUNC)
                if part == 0:
                    raise OSError("closed")
                come += part
                received += part
            if come == length:
                latencies.append(time.monotonic() - begin)
        except OSError:
            errors += 1
            client.close()
            client = socket.create_connection(("127.0.0.1", PORT), 10)
    client.close()
    return received, latencies, errors


crew.run(CLIENTS, SECONDS, work)
