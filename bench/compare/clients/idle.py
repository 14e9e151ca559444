"""idle.py PORT CLIENTS: opens that many connections, each of which asks once, and then keeps them; says so, and ends when its input does."""
import select
import socket
import struct
import sys

PORT, CLIENTS = int(sys.argv[1]), int(sys.argv[2])
AT_ONCE = 100
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def batch(count):
    """Connections that have their answer, and how many have none."""
    poller = select.poll()
    waiting = {}
    failed = 0
    for _ in range(count):
        try:
            client = socket.create_connection(("127.0.0.1", PORT), 10)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leaves no port behind in TIME_WAIT
            client.sendall(REQUEST)
        except OSError:
            failed += 1
            continue
        waiting[client.fileno()] = client
        poller.register(client, select.POLLIN)
    done = []
    while waiting:
        ready = poller.poll(10_000)
        if not ready:
            break
        for descriptor, _ in ready:
            client = waiting.pop(descriptor)
            poller.unregister(descriptor)
            if client.recv(4096).startswith(b"HTTP/1.1 200"):
                done.append(client)
            else:
                failed += 1
    return done, failed + len(waiting)


held = []
wrong = 0
while len(held) + wrong < CLIENTS:
    some, bad = batch(min(AT_ONCE, CLIENTS - len(held) - wrong))
    held += some
    wrong += bad
print(f"HELD {len(held)} {wrong}", flush=True)
sys.stdin.read()
