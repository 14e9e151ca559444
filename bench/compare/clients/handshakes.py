"""handshakes.py PORT SECONDS CLIENTS full|resumed: each client connects, shakes hands, asks once and closes, again and again.

That every handshake is what it should be (TLS 1.3, full or resumed) is looked at each time; another one is an error. wrk cannot be used: it
resumes sessions when it likes, and does not tell; `openssl s_time` takes no latencies.
"""
import socket
import ssl
import sys
import time

import crew

PORT, SECONDS, CLIENTS, RESUMED = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "resumed"
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def work(until):
    """One client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    latencies, errors, session, first = [], 0, None, RESUMED
    while time.monotonic() < until:
        begin = time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", PORT), 10) as plain:
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with context.wrap_socket(plain, server_hostname="localhost", session=session) as secure:
                    secure.sendall(REQUEST)
                    answer = b""
                    while part := secure.recv(4096):
                        answer += part
                    right = answer.startswith(b"HTTP/1.1 200") and secure.version() == "TLSv1.3"
                    as_asked = secure.session_reused == RESUMED
                    if RESUMED:
                        session = secure.session  # the newest ticket: each is used once
        except OSError:
            right = as_asked = False
        if first:  # had nothing to resume
            first = False
            as_asked = True
        if right and as_asked:
            latencies.append(time.monotonic() - begin)
        else:
            errors += 1
    return len(latencies), latencies, errors


crew.run(CLIENTS, SECONDS, work)
