"""A backend that answers while the request still uploads must get the whole body, or see it break off: never a shorter one that looks whole."""
import hashlib, random
from kit import *


def digest(s, head, rest):
    sha, count, at = hashlib.sha1(), 0, random.randrange(300_000)
    answer, told = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', False
    while True:
        while b'\r\n' not in rest:
            rest += need(s)
        line, rest = rest.split(b'\r\n', 1)
        size = int(line, 16)
        while len(rest) < size + 2:
            rest += need(s)
        sha.update(rest[:size])
        count, rest = count + size, rest[size + 2:]
        if (size == 0 or count >= at) and not told:
            s.sendall(answer)
            told = True
        if size == 0:
            text = b'%d %s' % (count, sha.hexdigest().encode())
            s.sendall(b'%x\r\n%s\r\n0\r\n\r\n' % (len(text), text))
            return rest


with Balancer([Backend(digest)]) as g:
    wrong, first = 0, ''
    for i in range(60):
        pieces = [os.urandom(1 + i * 7 % 60) for _ in range(20_000)]
        body = b''.join(pieces)
        data = b''.join(b'%x\r\n%s\r\n' % (len(p), p) for p in pieces) + b'0\r\n\r\n'
        with g.connect(5) as s:
            def upload():
                try:
                    s.sendall(b'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n' + data)
                except OSError:
                    pass
            sender = threading.Thread(target=upload)
            sender.start()
            got = b''
            try:
                while not got.endswith(b'\r\n0\r\n\r\n'):
                    got += need(s)
            except OSError as e:
                got += f'<{e}>'.encode()
            sender.join(6)
        if hashlib.sha1(body).hexdigest().encode() not in got:
            wrong += 1
            first = first or f'{len(body)} bytes sent, answer: {got[-100:]}'
    check('60 uploads answered early: the backend got every byte', wrong == 0, f'{wrong} did not; {first}')
    g.is_clean('early answer')
finish()
