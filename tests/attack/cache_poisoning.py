"""What a client must not be able to do to others through the cache, and what one user must not get of another: over raw sockets, with a backend that reflects all it is sent."""
from kit import *
import itertools

NOISE = itertools.count()
replies = {}  # path prefix -> function of (head, body) to bytes


def serve(s, head, rest):
    body, rest = body_of(s, head, rest)
    target = head.split(b' ')[1]
    for prefix, reply in replies.items():
        if target.startswith(prefix) or target.startswith(b'http') and prefix in target:
            s.sendall(reply(head, body))
            return rest
    s.sendall(ok(reflect(head, body), b'Cache-Control: max-age=60\r\n'))
    return rest


def reflect(head, body):
    return b'<<' + head + b'|' + body + b'>>#%d' % next(NOISE)


def says(extra, status=b'200 OK'):
    def reply(head, body):
        text = reflect(head, body)
        no = head.startswith(b'HEAD')
        return b'HTTP/1.1 ' + status + b'\r\nContent-Length: %d\r\n' % len(text) + extra + b'\r\n' + (b'' if no else text)
    return reply


backend = Backend(serve)
g = Balancer([backend], '-cache', '-n', '8')


def get(path, *lines, host=b'h', method=b'GET', version=b'1.1', body=b''):
    data = method + b' ' + path + b' HTTP/' + version + b'\r\n' + (b'Host: ' + host + b'\r\n' if host is not None else b'') + b''.join(x + b'\r\n' for x in lines) + b'Connection: close\r\n\r\n' + body
    return g.ask(data)


def body(answer): return answer.split(b'\r\n\r\n', 1)[-1]
def hit(answer): return b'goaround; hit' in answer.split(b'\r\n\r\n', 1)[0]
def status(answer): return int(answer[9:12]) if answer[:5] == b'HTTP/' else 0
def calls(path): return sum(1 for h in backend.heads if path in h.split(b'\r\n')[0])


def control(line):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(g.control)
        s.sendall(line + b'\n')
        return s.recv(4096)


# 1. A field that is not in the key must not reach the backend under a name that every backend trusts.
for i, line in enumerate([b'X-Forwarded-Host: evil', b'X-Forwarded-Proto: evil', b'X-Forwarded-Scheme: evil', b'X-Forwarded-Port: 6666evil', b'X-Forwarded-Prefix: /evil', b'X-Forwarded-Server: evil',
                          b'X-Forwarded-Ssl: evil', b'X-Forwarded-Uri: /evil', b'X-Forwarded-Path: /evil', b'X-Forwarded-Evil: evil', b'x-forwarded-host: evil', b'X_Forwarded_Host: evil',
                          b'Forwarded: host=evil', b'X-Real-IP: evil', b'X-Original-Host: evil', b'X-Host: evil', b'X-Original-URL: /evil', b'X-Rewrite-URL: /evil', b'X-HTTP-Method-Override: evil',
                          b'X-HTTP-Method: evil', b'X-Method-Override: evil', b'Cache-Status: evil; hit', b'Age: 9evil', b'Via: 1.1 evil', b'Connection: X-Evil\r\nX-Evil: evil']):
    path = b'/unkeyed%d' % i
    get(path, line)
    name = line.split(b':')[0].decode()
    clean = b'evil' not in body(get(path))
    if clean or re.match('(?i)x-forwarded-|forwarded', name):
        check(f'poison: {name} of an untrusted client does not get into the store', clean)
    else:
        print(f'NOTE {name} reaches the backend and its answer is stored: a backend that obeys it must name it in Vary')

# 2. Forms of one host: the backend gets each as it came, and may answer by it, so each has an answer of its own; all are one URL to a purge.
get(b'/host', host=b'h')
for host in [b'H', b'h:80', b'h:', b'h:080']:
    check(f'host: {host.decode()} does not poison h', not hit(get(b'/host', host=host)) and hit(get(b'/host', host=host)) and hit(get(b'/host', host=b'h')))
for host in [b'h.', b'h:81', b'%68', b'h2', b'h:65535', b'[::1]']:
    check(f'host: {host.decode()} is not h', not hit(get(b'/host', host=host)))
for host in [b'u@h', b'h:99999999999', b'h:80:80', b'h:+80', b'h/x', b'h\x00', b'h h', b'', b'h?x', b'h#x', b'h\\x', b'h,evil', b'h:8_0']:
    a = get(b'/host', host=host)
    check(f'host: {host!r} is refused, or another thing', status(a) == 400 or not hit(a), a[:80])
a = g.ask(b'GET /two HTTP/1.1\r\nHost: h\r\nHost: evil\r\nConnection: close\r\n\r\n')
check('host: two Host fields are refused', status(a) == 400, a[:60])
a = g.ask(b'GET http://h/host HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n')
check('host: absolute-form wins over Host, in key and backend', status(a) == 400 or hit(a) or b'Host: h' in a, a[:300])
a = g.ask(b'GET http://evil/abs HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
check('host: absolute-form of another host does not poison', not hit(get(b'/abs')) and b'evil' not in body(get(b'/abs')))
a = g.ask(b'GET https://h/scheme HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
check('host: https in absolute-form over a plain connection does not poison', status(a) >= 400 or not hit(get(b'/scheme')) or b'https' not in body(get(b'/scheme')), a[:300])
g.ask(b'GET http://u:p@h/user HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
check('host: user info in absolute-form does not poison', b'u:p' not in body(get(b'/user')))
g.ask(b'GET /nohost HTTP/1.0\r\n\r\n')
check('host: HTTP/1.0 without Host is another thing', not hit(get(b'/nohost')))

# 3. Targets: what a backend may tell apart has keys of its own.
forms = [b'/p/a/b', b'/p/a%2Fb', b'/p/a%2fb', b'/p/./a/b', b'/p/x/../a/b', b'/p/a/b?', b'/p/a/b/', b'/p//a/b', b'/p/a/b;x=1', b'/P/a/b', b'/p/%61/b', b'/p/a/b?x=1&y=2', b'/p/a/b?y=2&x=1', b'/p/a/b%00', b'/p/a/b%3Fx=1', b'/p/a\\b', b'/p/a/b%23x']
for f in forms:
    a = get(f)
    check(f'target: {f.decode()} is a thing of its own', status(a) == 400 or not hit(a), a[:200])
a = get(b'/p/a/b#frag')
check('target: a fragment is refused or its own', status(a) == 400 or not hit(a), a[:100])
a = get(b'/frag#evil')
check('target: a fragment does not poison', b'evil' not in body(get(b'/frag')))

# 4. Requests that carry more than the key.
get(b'/fat', b'Content-Length: 4', body=b'evil')
get(b'/fat2', b'Transfer-Encoding: chunked', body=b'4\r\nevil\r\n0\r\n\r\n')
check('fat GET: not stored', b'evil' not in body(get(b'/fat')) and b'evil' not in body(get(b'/fat2')))
get(b'/fat3', b'Content-Length: 0')
check('fat GET: an empty body is none', status(get(b'/fat3')) == 200)
get(b'/up', b'Upgrade: evil', b'Connection: Upgrade')
check('upgrade: not stored', b'evil' not in body(get(b'/up')))
replies[b'/part'] = lambda head, b: (b'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-0/100\r\nContent-Length: 1\r\nCache-Control: max-age=60\r\n\r\nx' if b'Range:' in head else ok(b'w' * 100, b'Cache-Control: max-age=60\r\nETag: "1"\r\n'))
check('range: 206 to the one who asked', status(get(b'/part', b'Range: bytes=0-0')) == 206)
a = get(b'/part')
check('range: the next gets it whole', status(a) == 200 and body(a) == b'w' * 100, a[:200])
for line, want in [(b'Range: bytes=0-0', 206), (b'Range: bytes=0-0\r\nIf-Range: "1"', 206), (b'Range: bytes=0-0\r\nIf-Range: "2"', 200), (b'Range: bytes=0-0\r\nIf-Range: W/"1"', 200), (b'Range: bytes=0-0\r\nIf-Range: *', 200),
                   (b'Range: bytes=100-', 416), (b'Range: bytes=0-18446744073709551615', 206), (b'Range: bytes=18446744073709551616-', 416), (b'Range: bytes=-0', 416), (b'Range: bytes=5-1', 200), (b'Range: bytes=0-0,1-1', 200),
                   (b'Range: bytes=0-0\r\nRange: bytes=1-1', 200), (b'Range: evil=1', 200), (b'Range: bytes=' + b','.join(b'%d-' % i for i in range(300)), 200), (b'If-None-Match: *', 304), (b'If-None-Match: "1"\r\nRange: bytes=0-0', 304)]:
    a = get(b'/part', line)
    check(f'range: {line[:50]!r} is {want} out of the store', status(a) == want and b'; hit' in a, a[:150])
replies[b'/unasked206'] = lambda head, b: b'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-0/100\r\nContent-Length: 1\r\nCache-Control: max-age=60\r\n\r\nx'
replies[b'/unasked304'] = lambda head, b: b'HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\nETag: "1"\r\n\r\n'
for p in (b'/unasked206', b'/unasked304'):
    get(p)
    check(f'{p.decode()}: never stored', not hit(get(p)))
get(b'/inm', b'If-None-Match: *', b'If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT')
a = get(b'/inm')
check('conditions of a client do not reach the backend of a cold thing', b'If-None' not in body(a) and status(a) == 200, a[:200])

# 5. Hop-by-hop abuse.
for option in [b'Cache-Control', b'Cookie', b'Authorization', b'Host', b'X-Forwarded-For', b'X-Forwarded-Host', b'X-Forwarded-Proto', b'Content-Length', b'Range', b'Via', b'If-None-Match', b'Accept-Encoding']:
    path = b'/hop/' + option
    replies[path] = says(b'Cache-Control: max-age=60\r\nVary: ' + option + b'\r\n')
    a = g.ask(b'GET ' + path + b' HTTP/1.1\r\nHost: h\r\nCookie: id=secret\r\nAuthorization: Basic secret\r\nConnection: close, ' + option + b'\r\n\r\n')
    b = get(path)
    check(f'hop-by-hop: Connection: {option.decode()} gives no secret away', status(a) in (200, 400) and not (hit(b) and b'secret' in b and option not in (b'Via', b'Host', b'X-Forwarded-For', b'X-Forwarded-Host', b'X-Forwarded-Proto', b'Content-Length', b'Range', b'If-None-Match', b'Accept-Encoding', b'Cache-Control')), b[:300])
replies[b'/hopback'] = says(b'Connection: Cache-Control\r\nCache-Control: private\r\n')
replies[b'/hopcookie'] = says(b'Connection: Set-Cookie\r\nSet-Cookie: a=1\r\n')
for p in (b'/hopback', b'/hopcookie'):
    get(p)
    check(f'{p.decode()}: what the backend names in Connection still forbids, or is never guessed fresh', not hit(get(p)))

# 6. Users.
replies[b'/me'] = says(b'')
get(b'/me', b'Cookie: id=alice')
check('users: a page that says nothing is not stored for a cookie', not hit(get(b'/me')))
check('users: nor given to one', not hit(get(b'/me', b'Cookie: id=bob')))
replies[b'/auth'] = says(b'Cache-Control: max-age=60\r\n')
get(b'/auth', b'Authorization: Basic alice')
check('users: Authorization is not stored by max-age', b'alice' not in body(get(b'/auth')))
replies[b'/acc'] = says(b'Cache-Control: max-age=60\r\nVary: Cookie\r\n')
get(b'/acc', b'Cookie: id=alice')
for line in [b'Cookie: id=bob', b'Cookie: ID=ALICE', b'X-Cookie: id=eve', b'Cookie: id=alic']:
    check(f'users: {line.decode()} is not alice', b'id=alice\r\n' not in body(get(b'/acc', line)))
check('users: nor is one without a cookie', b'alice' not in body(get(b'/acc')))
replies[b'/deceive'] = says(b'Content-Type: text/html\r\n')
for p in [b'/deceive/account.css', b'/deceive/account%2F..%2Fx.js', b'/deceive/account;x.css', b'/deceive/account%0A.png', b'/deceive/account%3F.css']:
    get(p, b'Cookie: id=alice')
    check(f'deception: {p.decode()} of one with a cookie is not stored', b'alice' not in body(get(p)))
replies[b'/setc'] = says(b'Set-Cookie: id=alice\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n')
get(b'/setc')
check('users: Set-Cookie with a guessed freshness is not stored', not hit(get(b'/setc')))

# 7. What a backend says that cannot be trusted.
replies[b'/forged'] = says(b'Cache-Control: max-age=60\r\nAge: 4294967299\r\nCache-Status: evil; hit; ttl=99\r\nDate: Thu, 01 Jan 2099 00:00:00 GMT\r\n')
get(b'/forged')
check('forged Age: too old to be used', not hit(get(b'/forged')))
replies[b'/fut'] = says(b'Cache-Control: max-age=60\r\nDate: Thu, 01 Jan 2099 00:00:00 GMT\r\n')
get(b'/fut')
a = get(b'/fut')
check('Date of the future: stored, Age not negative', hit(a) and re.search(rb'\r\nAge: \d+\r\n', a), a[:300])
for extra, name in [(b'Vary: ' + b','.join(b'x%d' % i for i in range(4000)), 'huge Vary'), (b'Vary: *', 'Vary *'), (b'Vary: X-A\r\nVary: *', 'Vary * on a second line'), (b'Vary: X A', 'malformed Vary'), (b'Vary: X-A,*,', 'Vary * in a list')]:
    path = b'/vary' + b'%d' % len(replies)
    replies[path] = says(b'Cache-Control: max-age=60\r\n' + extra + b'\r\n')
    get(path)
    a = get(path)
    check(f'{name}: not reused', not hit(a) and status(a) in (200, 502), a[:100])
replies[b'/err'] = says(b'Connection: close\r\n', b'400 Bad Request')
get(b'/err')
check('error pages: an error that states no freshness is not stored', not hit(get(b'/err')))
replies[b'/early'] = lambda head, b: b'HTTP/1.1 103 Early Hints\r\nCache-Control: max-age=60\r\nLink: </evil>\r\n\r\n' + says(b'Cache-Control: no-store\r\n')(head, b)
get(b'/early')
check('103: not stored, nor its freshness taken', not hit(get(b'/early')))
get(b'/headp')
replies[b'/headp'] = lambda head, b: b'HTTP/1.1 200 OK\r\nContent-Length: 99999\r\nCache-Control: max-age=60\r\nEvil: 1\r\n\r\n'
a, b = get(b'/headp', b'Cache-Control: no-cache', method=b'HEAD'), get(b'/headp', b'Cache-Control: only-if-cached')
check('HEAD: a Content-Length of another one does not get into the store', b'Evil' not in b and status(b) in (200, 504) and b'99999' not in b, b[:200])
for text in [b'HTTP/1.1 200 OK\r\nX: a\rEvil: 1\r\nContent-Length: 0\r\nCache-Control: max-age=60\r\n\r\n', b'HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\nCache-Control: max-age=60\r\n\r\n',
             b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 9\r\nCache-Control: max-age=60\r\n\r\nabcdefghi', b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
             b'HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 0\r\nCache-Control: max-age=60\r\n\r\n', b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: max-age=60\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil']:
    path = b'/split%d' % len(replies)
    replies[path] = lambda head, b, text=text: text
    get(path)
    a = get(path)
    check(f'splitting: {text[17:60]!r} is refused or kept apart', b'Evil' not in a and b'evil' not in a and b'\x00' not in a and b'abcdef' not in a, a[:200])
    check('splitting: the next one is right', b'<<' in get(b'/after%d' % len(replies)))
for line in [b'X: a\r\n evil: 1', b'X: a\rY: b', b'X: \x00', b'X : a', b'Cache-Control: max-age=' + b'9' * 5000, b'Cache-Control: "', b'Cache-Control: ' + b',' * 5000, b'If-None-Match: ' + b'"a",' * 1500, b'Accept-Encoding: ' + b'gzip;q=0.5,' * 500]:
    a = get(b'/fat3', line)
    check(f'odd request {line[:30]!r}: 200 or 400', status(a) in (200, 400, 431), a[:100])

# 8. Smuggled purges and odd purge lines.
check('no PURGE over HTTP', not hit(get(b'/host', method=b'PURGE')) and status(get(b'/host')) == 200)
get(b'/keep')
for line in [b'purge', b'purge ', b'purge /keep', b'purge http://', b'purge http:///keep', b'purge ftp://h/keep', b'purge http://u@h/keep', b'purge http://h/ke ep', b'purge http://h/keep%00', b'purge h/keep', b'purge tag', b'purge tag ', b'purge http://h/\xff',
             b'purge http://h:99999/keep', b'purge http://' + b'h' * 9000 + b'/', b'purge ALL', b'purge all all', b'cache x', b'purge http://h/' + b'x' * 60000]:
    a = control(line)
    check(f'control: {line[:40]!r} is answered with one line and removes nothing', a.endswith(b'\n') and a.count(b'\n') == 1 and hit(get(b'/keep')), a[:100])
check('control: a purge in another form of the URL', control(b'purge HTTP://H:080/keep#x').startswith(b'ok 1') and not hit(get(b'/keep')))
g.is_clean('after poisoning')
g.process.terminate()
check('stops', g.process.wait(20) == 0)
finish()
