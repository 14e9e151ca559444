"""More clients than file descriptors: the balancer lives, and serves when they are gone."""
import kit
from kit import *

wrapper = scratch('attack') + '/goaround'
with open(wrapper, 'w') as f:
    f.write(f'#!/bin/sh\nulimit -n 220\nexec {os.path.abspath(kit.BINARY)} "$@"\n')
os.chmod(wrapper, 0o755)
kit.BINARY = wrapper
with Balancer([Backend(echo_id)], '-health-interval', '200ms') as g:
    clients = []
    for _ in range(300):
        s = socket.socket()
        s.settimeout(2)
        s.connect(('127.0.0.1', g.port))
        clients.append(s)
    time.sleep(5)
    alive = check('alive with no descriptor left', g.process.poll() is None, f'exit {g.process.poll()}: {g.logged()[-100:]}')
    check('the log names the limit that was reached', 'limit of 220 open files (ulimit -n)' in g.logged(), g.logged()[-200:])
    for s in clients:
        s.close()
    time.sleep(2)
    if alive:
        got = g.ask(b'GET / HTTP/1.1\r\nHost: a\r\nX-Id: 9\r\nConnection: close\r\n\r\n')
        check('serves once they are gone', b'9 0' in got, got)
finish()
