"""Clients that close their half wait for their answer; clients that are gone free their slot at once, whatever they had sent."""
import re

from kit import *


def serve(s, head, rest):
    path = head.split(b' ')[1]
    if path in (b'/late', b'/slow'):
        time.sleep(0.2 if path == b'/late' else 3)
        s.sendall(ok(path[1:]))
        return rest
    if path == b'/stream':
        s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n')
        for _ in range(20):
            s.sendall(b'xx')
            time.sleep(0.1)
        return rest
    if path in (b'/events', b'/pausing'):
        s.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
        if path == b'/pausing':
            time.sleep(3)
            s.sendall(b'2\r\nok\r\n0\r\n\r\n')
            return rest
    if path == b'/up':
        s.sendall(b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n')
    s.settimeout(20)
    while s.recv(4096):
        pass
    return None


def get(path, extra=b''):
    return b'GET ' + path + b' HTTP/1.1\r\nHost: a\r\n' + extra + b'\r\n'


def whole(got, body):
    return got.startswith(b'HTTP/1.1 200 OK\r\n') and got.endswith(b'\r\n\r\n' + body) and got.count(b'HTTP/') == 1


with Balancer([Backend(serve)], '-n', '50') as g:
    got = g.ask(get(b'/late'), half_close=True)
    check('half closed, the answer begins after 200 ms', whole(got, b'late'), got)
    got = g.ask(get(b'/slow'), half_close=True)
    check('half closed, the answer begins after 3 s', whole(got, b'slow'), got)
    for name, data in (('one request', get(b'/never')), ('five pipelined', get(b'/never') * 5), ('one and a byte', get(b'/never') + b'G'),
                       ('a chunk', get(b'/events')), ('a body', b'POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok')):
        before = g.in_flight()
        s = g.connect()
        s.sendall(data)
        time.sleep(0.3)
        check(f'{name}: under way', g.in_flight() == before + 1, g.in_flight())
        if name == 'a chunk':
            s.recv(4096)  # its answer's beginning, so that its close is a FIN
        s.close()
        end = time.time() + 0.4
        while g.in_flight() > before and time.time() < end:
            time.sleep(0.01)
        check(f'close after {name}: slot free before the grace of 500 ms', g.in_flight() == before, g.in_flight())
    got = g.ask(get(b'/stream'), half_close=True)
    check('half closed, the answer takes 2 s', got.endswith(b'x' * 40), got)
    got = g.ask(get(b'/pausing'), half_close=True)
    chunks = re.search(rb'\r\n4\r\nhalf\r\n0{1,6}2\r\nok\r\n0\r\n\r\n$', got)
    check('half closed, the chunks pause for 3 s', chunks, got)
    upgrade = b'Connection: Upgrade\r\nUpgrade: foo\r\n'
    for name, data in (('one request', get(b'/never')), ('five pipelined', get(b'/never') * 5), ('one and a byte', get(b'/never') + b'G'),
                       ('an upgrade and a byte', get(b'/never', upgrade) + b'x'), ('a tunnel', get(b'/up', upgrade))):
        before = g.in_flight()
        s = g.connect()
        s.sendall(data)
        time.sleep(0.3)
        reset(s)
        time.sleep(1)
        check(f'reset after {name}: slot free within 1 s', g.in_flight() <= before, g.in_flight())
    errors = [line for line in g.logged().splitlines() if ' ERROR ' in line]
    check('a client that leaves is no error of this process', not errors, errors[:2])
finish()
