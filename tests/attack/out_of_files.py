"""More clients than file descriptors: the balancer lives, and serves when they are gone."""
import resource
from kit import *

with Balancer([Backend(echo_id)], '-health-interval', '200ms') as g:
    g.ask(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 0.5)
    hard = resource.prlimit(g.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(g.pid, resource.RLIMIT_NOFILE, (g.fds() + 40, hard))
    clients = []
    for _ in range(120):
        s = socket.socket()
        s.settimeout(2)
        s.connect(('127.0.0.1', g.port))
        clients.append(s)
    time.sleep(5)
    alive = check('alive with no descriptor left', g.process.poll() is None, f'exit {g.process.poll()}: {g.logged()[-100:]}')
    for s in clients:
        s.close()
    time.sleep(2)
    if alive:
        got = g.ask(b'GET / HTTP/1.1\r\nHost: a\r\nX-Id: 9\r\nConnection: close\r\n\r\n')
        check('serves once they are gone', b'9 0' in got, got)
finish()
