"""TCP urgent data in the middle of a request: what stands behind the mark is read, too."""
from kit import *

with Balancer([Backend(echo_id)]) as g:
    for name, first, rest in (('head', b'GET / HTTP/1.1\r\nHost: a\r\nX-Id: o', b'ob\r\nConnection: close\r\n\r\n'),
                              ('body', b'POST / HTTP/1.1\r\nHost: a\r\nX-Id: oob\r\nContent-Length: 6\r\nConnection: close\r\n\r\nab', b'cdef')):
        with g.connect(3) as s:
            s.sendall(first)
            s.send(b'!', socket.MSG_OOB)
            s.sendall(rest)
            got = read_all(s)
        check(f'urgent byte in the {name}: answered', got.startswith(b'HTTP/1.1 200'), got)
finish()
