"""A backend that dies in the middle of a small upload: the idempotent is sent again, or answered 502; never cut without an answer."""
from kit import *


def pair(deaths):
    left = [deaths]

    def serve(s, head, rest):
        if left[0] > 0:
            left[0] -= 1
            time.sleep(0.2)
            return None
        return echo_id(s, head, rest)
    return [Backend(serve), Backend(serve)]


def upload(g, method):
    with g.connect(5) as s:
        s.sendall(method + b' /x HTTP/1.1\r\nHost: a\r\nX-Id: 7\r\nContent-Length: 2000\r\nConnection: close\r\n\r\n' + b'a' * 1000)
        time.sleep(0.8)
        try:
            s.sendall(b'b' * 1000)
        except OSError:
            pass
        return read_all(s)


for method in (b'PUT', b'DELETE'):
    with Balancer(pair(1)) as g:
        got = upload(g, method)
        check(f'{method.decode()}, first backend dies: sent again, whole', b'7 2000' in got, got)
        g.is_clean(method.decode(), cpu=False)
for method in (b'POST', b'PUT'):
    with Balancer(pair(99)) as g:
        got = upload(g, method)
        check(f'{method.decode()}, every backend dies: 502', got.startswith(b'HTTP/1.1 502'), got)
finish()
