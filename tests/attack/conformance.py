"""RFC 9110 and 9112 as a client and a backend meet them: each case is some bytes, and what must come out on both sides.

conformance.py [binary [bytes] [part...]]: `bytes` sends all of it byte by byte.
"""
import sys
from kit import *

BYTE_BY_BYTE = 'bytes' in sys.argv
END = b'GET /end HTTP/1.1\r\nHost: end\r\nConnection: close\r\n\r\n'
requests, script = [], {}


def record(s, head, rest):
    """Records head and body of each request, byte by byte as it came; answers by the script of its target."""
    body, rest = body_of(s, head, rest)
    requests.append((head, body))
    target = head.split(b' ')[1]
    answer = script.get(target, ok(b'' if head.startswith(b'HEAD') else b'ok'))
    if head.startswith(b'HEAD') and target not in script:
        answer = ok(b'')
    if isinstance(answer, tuple):
        for piece in answer:
            if piece == 'reset':
                reset(s)
                return None
            if piece == 'close':
                return None
            send(s, piece)
            time.sleep(0.02)
        return rest
    send(s, answer)
    return rest


def send(s, data):
    """In one piece, or with `bytes` as an argument byte by byte."""
    if not BYTE_BY_BYTE or len(data) > 3000 or b'evil' in data or re.match(rb'HTTP/1.\d 200 OK\r\n\r\n', data):  # stray bytes that come late are nobody's fault
        s.sendall(data)
        return
    for i in range(len(data)):
        s.send(data[i:i + 1])


def ask(data, timeout=10, half_close=False):
    with g.connect(timeout) as s:
        try:
            send(s, data)
        except OSError:
            pass  # it was refused before its end
        if half_close:
            s.shutdown(socket.SHUT_WR)
        return read_all(s)


def statuses(answer):
    return [int(code) for code in re.findall(rb'(?:^|(?<=\n)|(?<=ok))HTTP/1\.1 (\d{3})', answer)]


def refused(name, data, *codes):
    """Nothing of it reaches a backend; one answer, then the end."""
    requests.clear()
    answer = ask(data + END)
    codes = codes or (400,)
    got = statuses(answer)
    check('refused: ' + name, len(got) == 1 and got[0] in codes and not requests and b'onnection: close' in answer and b'<' not in answer[-10:],
          f'{got} not {codes}, {len(requests)} at the backend: {requests[:1]} {answer[-40:]}')


def cut_midway(name, head, body):
    """A head that is fine, a body that is not: the backend may see the head, but no whole request, and nothing of what follows."""
    requests.clear()
    answer = ask(head + body + END)
    got = statuses(answer)
    check('body refused: ' + name, len(got) == 1 and got[0] in (400, 413, 431) and not requests and b'onnection: close' in answer, f'{got}, at the backend {requests[:2]}')


def passed(name, data, line=None, has=(), lacks=(), body=None, host=None, count=1):
    """It reaches the backend, as told, and the request behind it does too."""
    requests.clear()
    answer = ask(data + END)
    got = statuses(answer)
    why = ''
    if got != [200] * (count + 1) or len(requests) != count + 1:
        why = f'{got}, {len(requests)} at the backend; {answer[:200]}'
    else:
        head, sent = requests[0]
        lines = head.split(b'\r\n')
        if line and lines[0] != line:
            why = f'line {lines[0]}'
        for x in has:
            why = why or ('' if x in lines else f'lacks {x}: {lines}')
        for x in lacks:
            why = why or ('' if not re.search(x, head, re.I) else f'has {x}: {lines}')
        if host is not None and [l for l in lines if l.lower().startswith(b'host:')] != [b'Host: ' + host]:
            why = why or f'host {lines}'
        if body is not None and sent != body:
            why = why or f'body {sent}'
        if requests[-1][0].split(b' ')[1] != b'/end':
            why = why or 'the next one is not the next one'
    check('passed: ' + name, not why, why)


def get(fields=b'', target=b'/t', method=b'GET', version=b'HTTP/1.1', host=b'Host: h\r\n'):
    return method + b' ' + target + b' ' + version + b'\r\n' + host + fields + b'\r\n'


def post(fields, body=b'', version=b'HTTP/1.1'):
    return b'POST /t ' + version + b'\r\nHost: h\r\n' + fields + b'\r\n' + body


def request_lines():
    for name, line in {
            'two spaces': b'GET  /t HTTP/1.1', 'two spaces before the version': b'GET /t  HTTP/1.1', 'tab': b'GET\t/t HTTP/1.1', 'tab before version': b'GET /t\tHTTP/1.1',
            'leading space': b' GET /t HTTP/1.1', 'trailing space': b'GET /t HTTP/1.1 ', 'trailing tab': b'GET /t HTTP/1.1\t', 'no version': b'GET /t', 'no target': b'GET HTTP/1.1',
            'method only': b'GET', 'empty target': b'GET  HTTP/1.1', 'space in target': b'GET /a b HTTP/1.1', 'fragment': b'GET /t#f HTTP/1.1', 'fragment in absolute': b'GET http://h/#f HTTP/1.1',
            'method with colon': b'GE:T /t HTTP/1.1', 'method with slash': b'G/T /t HTTP/1.1', 'method with at': b'G@T /t HTTP/1.1', 'method with paren': b'GET( /t HTTP/1.1', 'method with quote': b'"GET" /t HTTP/1.1',
            'method with obs-text': b'G\xc3\x89T /t HTTP/1.1', 'method with brace': b'{GET} /t HTTP/1.1', 'method with comma': b'GET, /t HTTP/1.1', 'NUL in method': b'G\0T /t HTTP/1.1',
            'NUL in target': b'GET /\0 HTTP/1.1', 'DEL in target': b'GET /\x7f HTTP/1.1', 'VT in line': b'GET\x0b/t HTTP/1.1', 'FF in line': b'GET /t\x0cHTTP/1.1', 'obs-text in target': b'GET /\xc3\xa4 HTTP/1.1',
            'overlong utf-8 in target': b'GET /\xc0\xaf HTTP/1.1', 'CR in target': b'GET /a\rb HTTP/1.1', 'CR CR LF': b'GET /t HTTP/1.1\r', 'no slash': b'GET t HTTP/1.1', 'relative': b'GET ../t HTTP/1.1',
            'query without path': b'GET ?a HTTP/1.1', 'asterisk with GET': b'GET * HTTP/1.1', 'asterisk with POST': b'POST * HTTP/1.1', 'two asterisks': b'OPTIONS ** HTTP/1.1', 'asterisk with query': b'OPTIONS *?a HTTP/1.1',
            'authority with GET': b'GET h:80 HTTP/1.1', 'lower case version': b'GET /t http/1.1', 'mixed version': b'GET /t Http/1.1', 'HTTP/1': b'GET /t HTTP/1', 'HTTP/1.': b'GET /t HTTP/1.',
            'HTTP/.1': b'GET /t HTTP/.1', 'HTTP/1.10': b'GET /t HTTP/1.10', 'HTTP/11.1': b'GET /t HTTP/11.1', 'HTTP/01.1': b'GET /t HTTP/01.1', 'HTTP/1.1a': b'GET /t HTTP/1.1a', 'HTTP/1,1': b'GET /t HTTP/1,1',
            'HTTP 1.1': b'GET /t HTTP 1.1', 'HTTP/a.b': b'GET /t HTTP/a.b', 'HTTP/-1.1': b'GET /t HTTP/-1.1', 'HTTP/1.-1': b'GET /t HTTP/1.-1', 'HTTP/+1.1': b'GET /t HTTP/+1.1', 'HTTPS/1.1': b'GET /t HTTPS/1.1',
            'HTTP/ 1.1': b'GET /t HTTP/ 1.1', 'HTTP/1 .1': b'GET /t HTTP/1 .1', 'SHTTP/1.1': b'GET /t SHTTP/1.1', 'ICE/1.0': b'GET /t ICE/1.0', 'JUNK/1.1': b'GET /t JUNK/1.1', 'full-width digit': b'GET /t HTTP/1.\xef\xbc\x91',
            'ftp': b'GET ftp://h/ HTTP/1.1', 'http without slashes': b'GET http:h/ HTTP/1.1', 'http with one slash': b'GET http:/h/ HTTP/1.1', 'http without host': b'GET http:///t HTTP/1.1', 'http with port only': b'GET http://:80/t HTTP/1.1',
            'userinfo': b'GET http://u@h/ HTTP/1.1', 'userinfo and password': b'GET http://u:p@h/ HTTP/1.1', 'empty userinfo': b'GET http://@h/ HTTP/1.1', 'bad port': b'GET http://h:8x/ HTTP/1.1',
            'port too large': b'GET http://h:65536/ HTTP/1.1', 'negative port': b'GET http://h:-1/ HTTP/1.1', 'bad host in absolute': b'GET http://h\\@e/ HTTP/1.1', 'bad escape in absolute host': b'GET http://h%zz/ HTTP/1.1',
            'unclosed literal': b'GET http://[::1/ HTTP/1.1', 'ws scheme': b'GET ws://h/ HTTP/1.1', 'backslashes': b'GET http:\\\\h\\ HTTP/1.1', 'javascript': b'GET javascript:alert(1) HTTP/1.1',
    }.items():
        refused(name, line + b'\r\nHost: h\r\n\r\n')
    for name, version in {'HTTP/2.0': b'HTTP/2.0', 'HTTP/3.0': b'HTTP/3.0', 'HTTP/0.9': b'HTTP/0.9', 'HTTP/9.9': b'HTTP/9.9', 'HTTP/2.1': b'HTTP/2.1', 'HTTP/0.0': b'HTTP/0.0'}.items():
        refused(name, get(version=version), 505)
    refused('preface of HTTP/2', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505)
    refused('CONNECT', b'CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n', 501, 405)
    refused('CONNECT with a path', b'CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n', 400, 501, 405)
    refused('CONNECT with a body', b'CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\nContent-Length: 5\r\n\r\nhello', 501, 405)
    refused('line feed first', b'\n' + get())
    refused('bare CR first', b'\r' + get())
    refused('line of LF', b'GET /t HTTP/1.1\nHost: h\r\n\r\n')
    refused('all of LF', b'GET /t HTTP/1.1\nHost: h\n\n')
    refused('many empty lines', b'\r\n' * 20 + get())
    refused('TLS in the clear', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'a' * 100)
    refused('only junk', b'\x00\xff\xfe' * 30)
    refused('long line', get(target=b'/' + b'a' * 9000), 414)
    refused('long line in pieces', b'GET /' + b'a' * 40000, 414)
    refused('long method', get(method=b'M' * 9000), 501)
    for target in (b'/a%2fb', b'/a%2Fb', b'/%', b'/%zz', b'/%00', b'/a/../b', b'/./a', b'//a//b', b'/..', b'/a;p=1?x=%20&y', b'/?', b'/?#'[:2], b'/a?b?c', b"/!$&'()*+,;=:@-._~", b'/|[]{}^`"<>\\', b'/%2e%2e/', b'/a%0d%0aX:%20y'):
        passed(f'target {target}', get(target=target), line=b'GET ' + target + b' HTTP/1.1')
    for method in (b'get', b'PATCH', b'DELETE', b'M-SEARCH', b"!#$%&'*+-.^_`|~09", b'X' * 300, b'QUERY', b'PROPFIND'):
        passed(f'method {method[:20]}', get(method=method), line=method + b' /t HTTP/1.1')
    passed('HEAD', get(method=b'HEAD'), line=b'HEAD /t HTTP/1.1')
    passed('OPTIONS asterisk', get(method=b'OPTIONS', target=b'*'), line=b'OPTIONS * HTTP/1.1')
    for version in (b'HTTP/1.2', b'HTTP/1.9'):
        passed(f'{version}', get(version=version), line=b'GET /t HTTP/1.1')
    passed('one empty line first', b'\r\n' + get())
    for target, line, host in (
            (b'http://other/x?y', b'GET /x?y HTTP/1.1', b'other'), (b'http://other', b'GET / HTTP/1.1', b'other'), (b'http://other?q', b'GET /?q HTTP/1.1', b'other'), (b'HTTP://OTHER:81/', b'GET / HTTP/1.1', b'OTHER:81'),
            (b'http://[::1]:81/x', b'GET /x HTTP/1.1', b'[::1]:81'), (b'http://o:/x', b'GET /x HTTP/1.1', b'o:'), (b'http://other//x/../y', b'GET //x/../y HTTP/1.1', b'other')):
        passed(f'absolute {target}', get(target=target), line=line, host=host, has=[b'X-Forwarded-Host: ' + host])
    passed('absolute OPTIONS without path', get(method=b'OPTIONS', target=b'http://other'), line=b'OPTIONS * HTTP/1.1', host=b'other')
    passed('absolute OPTIONS with slash', get(method=b'OPTIONS', target=b'http://other/'), line=b'OPTIONS / HTTP/1.1', host=b'other')
    refused('absolute, without Host', get(target=b'http://other/', host=b''))
    refused('absolute, with a bad Host', get(target=b'http://other/', host=b'Host: a b\r\n'))
    refused('absolute, with two Hosts', get(target=b'http://other/', host=b'Host: a\r\nHost: a\r\n'))
    refused('https in the clear', get(target=b'https://other/x'), 421, 400)


def hosts():
    refused('no Host', get(host=b''))
    for value in (b'', b' ', b'a b', b'a\tb', b'a/b', b'a@b', b'u:p@b', b'http://a', b'a:80:80', b'a:x', b'a:-1', b'a:65536', b'a:99999999999', b':80', b'a#b', b'a?b', b'a\\b', b'"a"', b'<a>', b'\xc3\xa4', b'a%', b'a%2', b'a%zz',
                  b'[::1', b'::1', b'[]', b'[::1]x', b'[::1]:x', b'[g::1]', b'[::1%25lo]', b'[1.2.3.4]', b'a, b', b'[v1.a]', b'[:::]', b'[1:2:3]', b'[::1::2]', b'[12345::]', b'[1:2:3:4:5:6:7:8:9]', b'[::1.2.3.256]', b'[::1.2.3]',
                  b'a[::1]', b'a{b}', b'a|b', b'a^b', b'a`b', b'*:x', b'a:80 ', b'a: 80', b'\x01', b'a\0b', b'a\x7f'):
        if value == b'a:80 ':
            continue
        refused(f'Host {value}', get(host=b'Host: ' + value + b'\r\n'))
    for two in (b'Host: a\r\nHost: a\r\n', b'Host: a\r\nHost: b\r\n', b'Host: a\r\nhost: b\r\n', b'Host: a\r\nHost:\r\n', b'Host: a\r\nX: y\r\nHOST: b\r\n', b'Host:\r\nHost: b\r\n'):
        refused(f'two Hosts {two}', get(host=two))
        refused(f'two Hosts in HTTP/1.0 {two}', get(host=two, version=b'HTTP/1.0'))
    for value in (b'a', b'a.b:80', b'A.B', b'a_b', b'1.2.3.4', b'[::1]', b'[::1]:80', b'[fe80::1]:65535', b'[::ffff:1.2.3.4]', b'a:', b'a-b.c.', b'xn--a', b'a%41', b'*'):
        passed(f'Host {value}', get(host=b'Host: ' + value + b'\r\n'), host=value)
    passed('white space around Host', get(host=b'Host: \t a \t \r\n'), host=b'a')
    passed('host in lower case, last', b'GET /t HTTP/1.1\r\nA: b\r\nhost:h2\r\n\r\n', host=b'h2', has=[b'A: b'])


def fields():
    for name, line in {
            'space before colon': b'X : y', 'tab before colon': b'X\t: y', 'no colon': b'X', 'empty name': b': y', 'only a colon': b':', 'space in name': b'X Y: z', 'obs-fold': b'X: y\r\n z', 'obs-fold with tab': b'X: y\r\n\tz',
            'obs-fold of nothing': b'X: y\r\n ', 'obs-text in name': b'X\xe4: y', 'slash in name': b'X/Y: z', 'paren in name': b'X(: z', 'quote in name': b'"X": z', 'at in name': b'@X: z', 'bracket in name': b'X[]: z', 'comma in name': b'X,Y: z',
            'equals in name': b'X=Y: z', 'semicolon in name': b'X;: z', 'NUL in name': b'X\0: y', 'NUL in value': b'X: a\0b', 'CR in value': b'X: a\rb', 'CR at the end': b'X: a\r', 'LF ends the line': b'X: a\nY: b', 'LF in value then field': b'X: a\n\nGET /evil HTTP/1.1',
            'BEL in value': b'X: \x07', 'ESC in value': b'X: \x1b[0m', 'DEL in value': b'X: \x7f', 'VT in value': b'X: \x0b', 'FF in value': b'X: a\x0c', 'BS in value': b'X: a\x08', 'control in name': b'X\x01: y', 'DEL in name': b'X\x7f: y', 'CR in name': b'X\rY: z',
            'US in value': b'X: \x1f', 'http in name': b'GET / HTTP/1.1', 'VT before colon': b'X\x0b: y', 'nbsp before colon': b'X\xa0: y'}.items():
        refused(name, get(line + b'\r\n'))
    refused('white space before the first field', b'GET /t HTTP/1.1\r\n Host: h\r\n\r\n')
    refused('folded Host', b'GET /t HTTP/1.1\r\nHost: a\r\n b\r\n\r\n')
    refused('white space on the last line', b'GET /t HTTP/1.1\r\nHost: h\r\n \r\n\r\n')
    refused('end of the head by LF', b'GET /t HTTP/1.1\r\nHost: h\r\n\n')
    refused('end of the head by LF CR LF', b'GET /t HTTP/1.1\r\nHost: h\n\r\n')
    refused('end of the head by CR CR', b'GET /t HTTP/1.1\r\nHost: h\r\n\r\rGET /evil HTTP/1.1\r\n\r\n')
    refused('101 fields', get(b''.join(b'X-%d: y\r\n' % i for i in range(100))), 431)
    refused('large head', get(b''.join(b'X-%d: %s\r\n' % (i, b'y' * 1000) for i in range(40))), 431)
    refused('one large field', get(b'X: ' + b'y' * 40000 + b'\r\n'), 431)
    passed('100 fields', get(b''.join(b'X-%d: y\r\n' % i for i in range(99))))
    passed('order, case and repetition', get(b'X-b: 1\r\nx-A: 2\r\nX-B: 3\r\nX-b: 4\r\nAccept: a\r\nACCEPT: b\r\n'), has=[b'X-b: 1', b'x-A: 2', b'X-B: 3', b'X-b: 4', b'Accept: a', b'ACCEPT: b'])
    passed('empty value', get(b'X-Empty:\r\nX-Space:  \t \r\n'), has=[b'X-Empty:'])
    passed('odd but good name', get(b"!#$%&'*+.^`|~0: y\r\n"), has=[b"!#$%&'*+.^`|~0: y"])
    passed('obs-text and tab in value', get(b'X-Text: \xe4\xff\x80 \t\xc3\xa4\r\n'), has=[b'X-Text: \xe4\xff\x80 \t\xc3\xa4'])
    passed('colons and quotes in value', get(b'X-Text: ":": "a, b";;\\\r\n'), has=[b'X-Text: ":": "a, b";;\\'])
    for value, gone in ((b'close, X-Gone', 1), (b'keep-alive, x-gone', 1), (b'X-GONE', 1), (b' , ,X-Gone,, ', 1), (b'X-Gon', 0), (b'X-Gone-2', 0)):
        data = get(b'Connection: ' + value + b'\r\nX-Gone: 1\r\nX-Stays: 2\r\nx-gone: 3\r\n')
        if b'close' not in value:
            passed(f'Connection {value}', data, has=[b'X-Stays: 2'], lacks=[rb'\nX-Gone:'] if gone else [])
    passed('Connection before and behind, twice', get(b'X-A: 1\r\nConnection: X-A\r\nX-B: 2\r\nConnection: X-B\r\nX-C: 3\r\n'), has=[b'X-C: 3'], lacks=[rb'\nX-A', rb'\nX-B', rb'\nConnection'])
    passed('Connection names what is for all', get(b'Connection: Host, Cookie, Authorization, X-Forwarded-For, Content-Type, Cache-Control, Via, Forwarded, X-Forwarded-Proto, X-Real-IP, Date, Expect\r\nCookie: c\r\nAuthorization: a\r\nContent-Type: t\r\nCache-Control: no-store\r\n'),
           has=[b'Cookie: c', b'Authorization: a', b'Content-Type: t', b'Cache-Control: no-store', b'X-Forwarded-For: 127.0.0.1', b'X-Forwarded-Proto: http'], host=b'h')
    passed('Connection names Content-Length', post(b'Connection: Content-Length\r\nContent-Length: 5\r\n', b'hello'), has=[b'Content-Length: 5'], body=b'hello')
    passed('Connection names Transfer-Encoding', post(b'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n', b'5\r\nhello\r\n0\r\n\r\n'), has=[b'Transfer-Encoding: chunked'], body=b'hello')
    passed('hop-by-hop fields', get(b'Keep-Alive: 5\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\nUpgrade: x\r\n'), lacks=[rb'\nKeep-Alive', rb'\nProxy-Connection', rb'\nTE:', rb'\nUpgrade', rb'\nConnection'])
    passed('TE trailers', get(b'TE: trailers\r\nConnection: TE\r\n'), has=[b'TE: trailers', b'Connection: TE'])
    passed('TE with weights', get(b'TE: gzip;q=0.5, trailers\r\nConnection: TE\r\n'), has=[b'TE: trailers', b'Connection: TE'])
    passed('Proxy-Authorization is for the backend', get(b'Proxy-Authorization: x\r\n'), has=[b'Proxy-Authorization: x'])
    refused('many connection options', get(b'Connection: ' + b'a,' * 200 + b'b\r\n'), 400, 431)
    passed('h2c is not passed on', get(b'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'), lacks=[rb'\nUpgrade', rb'HTTP2-Settings', rb'\nConnection'])
    passed('h2c among others', get(b'Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n'), lacks=[rb'h2c'])
    passed('h2c in other case', get(b'Connection: upgrade\r\nUpgrade: H2C\r\n'), lacks=[rb'h2c'])
    passed('Upgrade without Connection', get(b'Upgrade: websocket\r\n'), lacks=[rb'\nUpgrade'])
    passed('Upgrade', get(b'Connection: Upgrade\r\nUpgrade: websocket\r\n'), has=[b'Upgrade: websocket', b'Connection: Upgrade'])
    passed('Expect in HTTP/1.0', b'POST /t HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab', lacks=[rb'\nExpect'], body=b'ab')
    passed('another expectation', get(b'Expect: the-worst\r\n'), has=[b'Expect: the-worst'])
    for name in (b'Content_Length', b'content_length', b'Transfer_Encoding', b'TRANSFER_ENCODING'):
        refused(f'{name}', post(name + b': 5\r\n'))


def lengths():
    for value in (b'', b' ', b'+5', b'-5', b'-0', b'0x5', b'5x', b'x5', b'5 5', b'5,5', b'5, 5', b'5,6', b'5,', b',5', b'5;', b'5.0', b'5e0', b'"5"', b"'5'", b'1_0', b'\xd9\xa5', b'5\xa0', b'\xa05', b'0b1', b'1 000', b'NaN', b'5\t5', b'5\x0b', b'\x0b5',
                  b'9223372036854775808', b'18446744073709551616', b'18446744073709551621', b'99999999999999999999999999', b'0' * 30 + b'x', b'5\0', b'5\r'):
        refused(f'Content-Length {value}', post(b'Content-Length: ' + value + b'\r\n', b'hello'))
    for lines in (b'Content-Length: 5\r\nContent-Length: 5\r\n', b'Content-Length: 5\r\nContent-Length: 6\r\n', b'Content-Length: 0\r\nContent-Length: 5\r\n', b'Content-Length: 5\r\ncontent-length: 0\r\n', b'Content-Length: 5\r\nX: y\r\nContent-Length:\r\n',
                  b'Content-Length: 5\r\n Content-Length: 0\r\n', b'Content-Length: 5\r\nContent-Length : 0\r\n', b'Content-Length : 5\r\n', b'Content-Length\t: 5\r\n', b' Content-Length: 5\r\n', b'Content-Length:\r\n 5\r\n', b'Content-Length: 5\n', b'Content-Length\0: 5\r\n',
                  b'Content-Length: 5\r\nContent-Length: 05\r\n'):
        refused(f'lengths {lines}', post(lines, b'hello'))
    for value in (b'5', b'05', b'0' * 30 + b'5', b'\t5', b'5  ', b'    5'):
        passed(f'length {value}', post(b'Content-Length: ' + value + b'\r\n', b'hello'), has=[b'Content-Length: 5'], body=b'hello', lacks=[rb'Transfer-Encoding'])
    passed('Content-Length 0', post(b'Content-Length: 0\r\n'), has=[b'Content-Length: 0'], body=b'')
    passed('POST without any length', post(b''), has=[b'Content-Length: 0'])
    passed('GET with a body', get(b'Content-Length: 3\r\n') + b'abc', has=[b'Content-Length: 3'], body=b'abc')
    passed('GET chunked', get(b'Transfer-Encoding: chunked\r\n') + b'3\r\nabc\r\n0\r\n\r\n', has=[b'Transfer-Encoding: chunked'], body=b'abc')
    passed('HEAD with a body', get(b'Content-Length: 3\r\n', method=b'HEAD') + b'abc', body=b'abc')
    passed('a body like a request', post(b'Content-Length: 40\r\n', b'GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n      '), body=b'GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n      ')


def codings():
    body = b'5\r\nhello\r\n0\r\n\r\n'
    for value in (b'', b' ', b',', b'chunked,', b',chunked', b'chunked, ', b'chunked,chunked', b'chunked, identity', b'chunked;q=1', b'chunked;a', b'chunked ;', b'"chunked"', b"'chunked'", b'chunked\x0b', b'\x0bchunked', b'chunked\0', b'chunked\xa0', b'chun ked', b'[chunked]',
                  b'chunked\r', b'\rchunked', b'chunked\r\n \x00', b'chunked\x0c', b'chunked\x1f', b'c hunked', b'chunked, gzip', b'chunked/1', b'chunked:', b'\xff', b'\xc4\x8bhunked', b'chunked foo', b'=chunked', b'(chunked)', b'chunked\\', b'chunked\t,', b'{chunked}', b'@chunked'):
        refused(f'Transfer-Encoding {value}', post(b'Transfer-Encoding: ' + value + b'\r\n', body), 400, 501)
    for value in (b'gzip', b'gzip, chunked', b'identity', b'identity, chunked', b'deflate', b'compress', b'xchunked', b'chunkedx', b'chunke', b'x', b'chunked-', b'cow', b'br', b'trailers'):
        refused(f'Transfer-Encoding {value}', post(b'Transfer-Encoding: ' + value + b'\r\n', body), 501)
    for lines in (b'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', b'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', b'Content-Length: 0\r\nTransfer-Encoding: chunked\r\n', b'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
                  b'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', b'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n', b'Transfer-Encoding: gzip\r\nContent-Length: 5\r\n', b'Transfer-Encoding : chunked\r\n',
                  b'Transfer-Encoding\t: chunked\r\n', b' Transfer-Encoding: chunked\r\n', b'Transfer-Encoding:\r\n chunked\r\n', b'Transfer-Encoding: chunked\r\n , identity\r\n', b'Transfer-Encoding\0: chunked\r\n', b'\0Transfer-Encoding: chunked\r\n',
                  b'Transfer-Encoding: chunked\nContent-Length: 5\r\n', b'Foo: bar\rTransfer-Encoding: chunked\r\n', b'Foo: bar\nTransfer-Encoding: chunked\r\n', b'X: X\nTransfer-Encoding: chunked\r\n', b'Transfer-Encoding: chunked\r\nContent-Length: x\r\n',
                  b'Transfer-Encoding:\r\nContent-Length: 5\r\n', b'Content-Length: 5\r\nTransfer-Encoding:\r\n', b'Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n', b'transfer-encoding: CHUNKED\r\ncontent-length: 5\r\n', b'Transfer-Encoding: \tidentity\r\nContent-Length: 5\r\n',
                  b'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n', b'Connection: Content-Length\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n'):
        refused(f'codings {lines}', post(lines, body), 400, 501)
    refused('chunked in HTTP/1.0', post(b'Transfer-Encoding: chunked\r\n', body, version=b'HTTP/1.0'))
    refused('gzip in HTTP/1.0', post(b'Transfer-Encoding: gzip\r\n', body, version=b'HTTP/1.0'), 400, 501)
    refused('chunked and length in HTTP/1.0', post(b'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', body, version=b'HTTP/1.0'))
    for value in (b'chunked', b'Chunked', b'CHUNKED', b'\tchunked', b'   chunked \t', b'cHuNkEd'):
        passed(f'chunked as {value}', post(b'Transfer-Encoding: ' + value + b'\r\n', body), has=[b'Transfer-Encoding: chunked'], body=b'hello', lacks=[rb'Content-Length'])


def chunks():
    head = post(b'Transfer-Encoding: chunked\r\n')
    for name, body in {
            'empty size': b'\r\n', 'space before size': b' 5\r\nhello\r\n0\r\n\r\n', 'space behind size': b'5 \r\nhello\r\n0\r\n\r\n', 'tab behind size': b'5\t\r\nhello\r\n0\r\n\r\n', 'sign': b'+5\r\nhello\r\n0\r\n\r\n', 'minus': b'-5\r\nhello\r\n0\r\n\r\n', 'minus zero': b'-0\r\n\r\n', '0x': b'0x5\r\nhello\r\n0\r\n\r\n',
            'not hex': b'g\r\n', 'h suffix': b'5h\r\nhello\r\n0\r\n\r\n', 'underscore': b'1_0\r\n0123456789abcdef\r\n0\r\n\r\n', 'LF behind size': b'5\nhello\r\n0\r\n\r\n', 'CR behind size': b'5\rhello\r\n0\r\n\r\n', 'LF behind data': b'5\r\nhello\n0\r\n\r\n', 'nothing behind data': b'5\r\nhello0\r\n\r\n', 'CR only behind data': b'5\r\nhello\r0\r\n\r\n',
            'too much data': b'5\r\nhelloo\r\n0\r\n\r\n', 'too few data': b'6\r\nhello\r\n0\r\n\r\n', 'two bytes for CRLF': b'5\r\nhelloXX0\r\n\r\n', '64 bits': b'10000000000000005\r\nhello\r\n0\r\n\r\n', '63 bits': b'8000000000000000\r\nhello', 'all f': b'ffffffffffffffff\r\nhello', '32 bits plus': b'1' + b'0' * 20 + b'\r\nhello',
            'NUL in size': b'5\0\r\nhello\r\n0\r\n\r\n', 'LF in extension': b'5;a\nhello\r\n0\r\n\r\n', 'LF in extension, spilled': b'2;\nxx\r\n4c\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n', 'CR in extension': b'5;a\rb\r\nhello\r\n0\r\n\r\n', 'NUL in extension': b'5;a\0\r\nhello\r\n0\r\n\r\n', 'CR in quoted extension': b'5;a="\r\n"\r\nhello'[:9] + b'\rX\r\nhello\r\n0\r\n\r\n',
            'long extension': b'5;' + b'a' * 5000 + b'\r\nhello\r\n0\r\n\r\n', 'extension without semicolon': b'5 a=b\r\nhello\r\n0\r\n\r\n', 'LF ends the last chunk': b'0\n\r\n', 'LF ends the body': b'0\r\n\n', 'CR ends the body': b'0\r\n\rX', 'nbsp in size': b'5\xa0\r\nhello\r\n0\r\n\r\n', 'VT behind size': b'5\x0b\r\nhello\r\n0\r\n\r\n',
            'full-width size': b'\xef\xbc\x95\r\nhello\r\n0\r\n\r\n', 'bad trailer': b'0\r\nX Y: z\r\n\r\n', 'folded trailer': b'0\r\nX: a\r\n b\r\n\r\n', 'trailer with LF': b'0\r\nX: a\nY: b\r\n\r\n', 'trailer with NUL': b'0\r\nX: a\0\r\n\r\n', 'trailer without colon': b'0\r\nX\r\n\r\n', 'trailer, space before colon': b'0\r\nX : y\r\n\r\n',
            'trailer with CR': b'0\r\nX: a\rb\r\n\r\n', 'request line as trailer': b'0\r\nGET /evil HTTP/1.1\r\n\r\n', 'too many trailers': b'0\r\n' + b'X: y\r\n' * 2000 + b'\r\n', 'long trailer': b'0\r\nX: ' + b'y' * 20000 + b'\r\n\r\n', 'extensions without end': b''.join(b'1;' + b'a' * 3000 + b'\r\nx\r\n' for _ in range(40)) + b'0\r\n\r\n',
            'empty line first': b'\r\n5\r\nhello\r\n0\r\n\r\n', 'comma': b'5,5\r\nhello\r\n0\r\n\r\n', 'dot': b'5.0\r\nhello\r\n0\r\n\r\n', 'CR CR LF': b'5\r\r\nhello\r\n0\r\n\r\n', 'LF CR': b'5\n\rhello\r\n0\r\n\r\n'}.items():
        cut_midway('chunks, ' + name, head, body)
    big = b''.join(b'%x\r\n%s\r\n' % (len(p), p) for p in (b'a' * 1, b'b' * 17, b'c' * 5000))
    plain = b'a' + b'b' * 17 + b'c' * 5000
    for name, body, want in (('plain', b'5\r\nhello\r\n0\r\n\r\n', b'hello'), ('upper case', b'A\r\n0123456789\r\n0\r\n\r\n', b'0123456789'), ('lower case', b'a\r\n0123456789\r\n0\r\n\r\n', b'0123456789'), ('leading zeros', b'00005\r\nhello\r\n000\r\n\r\n', b'hello'), ('none', b'0\r\n\r\n', b''),
                             ('extension', b'5;a=b;c="d;e"\r\nhello\r\n0;x\r\n\r\n', b'hello'), ('extension with space', b'5 ; a = b\r\nhello\r\n0\r\n\r\n', b'hello'), ('sizes', big + b'0\r\n\r\n', plain), ('data like chunks', b'7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n', b'0\r\n\r\n\r\n')):
        passed('chunks, ' + name, head + body, body=want, lacks=[rb'Content-Length'])


def trailers():
    requests.clear()
    seen = []

    def raw(s, head, rest):
        while b'\r\n\r\n' not in rest:
            rest += need(s)
        at = rest.index(b'\r\n\r\n') + 4
        seen.append(rest[:at])
        s.sendall(ok())
        return rest[at:]
    with Balancer([Backend(raw)]) as own:
        def sent(fields, body):
            seen.clear()
            own.ask(post(b'Connection: close\r\nTransfer-Encoding: chunked\r\n' + fields, body))
            return seen[0] if seen else b''
        got = sent(b'Trailer: X-Sum\r\n', b'1\r\na\r\n0\r\nX-Sum: 1\r\nDigest: 2\r\n\r\n')
        check('trailers pass', got == b'1\r\na\r\n0\r\nX-Sum: 1\r\nDigest: 2\r\n\r\n', got)
        for name in (b'Content-Length', b'Transfer-Encoding', b'Host', b'Authorization', b'Connection', b'Cookie', b'Content-Type', b'X-Forwarded-For', b'Trailer', b'TE', b'Expect', b'Max-Forwards', b'Cache-Control', b'Range', b'Upgrade', b'Keep-Alive', b'Via', b'Forwarded', b'Content-Encoding', b'Set-Cookie',
                     b'If-Match', b'Proxy-Authorization', b'content-LENGTH', b'Age', b'Date', b'Location', b'Vary', b'Content-Range', b'Retry-After', b'Proxy-Connection'):
            got = sent(b'', b'1\r\na\r\n0\r\nX-Sum: 1\r\n' + name + b': 5\r\n\r\n')
            check(f'trailer {name} is dropped', got == b'1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n', got)
        got = sent(b'Connection: X-Hop\r\nX-Hop: 1\r\n', b'1\r\na\r\n0\r\nX-Hop: 1\r\n\r\n')
        check('trailer that Connection names is dropped', got == b'1\r\na\r\n0\r\n\r\n', got)
        got = sent(b'', b'1;ext=1\r\na\r\n0;x\r\n\r\n')
        check('extensions are dropped', got == b'1\r\na\r\n0\r\n\r\n', got)


def connections():
    requests.clear()
    answer = ask(b''.join(b'GET /%d HTTP/1.1\r\nHost: h\r\n\r\n' % i for i in range(50)) + END)
    check('50 pipelined: in order', statuses(answer) == [200] * 51 and [r[0].split()[1] for r in requests] == [b'/%d' % i for i in range(50)] + [b'/end'], statuses(answer))
    requests.clear()
    answer = ask(post(b'Content-Length: 3\r\n', b'abc') + post(b'Transfer-Encoding: chunked\r\n', b'3\r\ndef\r\n0\r\n\r\n') + get(method=b'HEAD') + END)
    check('pipelined with bodies', [r[1] for r in requests] == [b'abc', b'def', b'', b''] and statuses(answer) == [200] * 4, requests)
    for name, data in {'close': get(b'Connection: close\r\n'), 'CLOSE': get(b'Connection: CLOSE\r\n'), 'keep-alive, close': get(b'Connection: keep-alive, close\r\n'), 'close, in a second line': get(b'Connection: x\r\nConnection: close\r\n'),
                       'HTTP/1.0': get(version=b'HTTP/1.0'), 'HTTP/1.0 without Host': get(version=b'HTTP/1.0', host=b''), 'HTTP/1.0 with close and keep-alive': get(b'Connection: keep-alive, close\r\n', version=b'HTTP/1.0')}.items():
        requests.clear()
        answer = ask(data + END)
        check(f'closes after {name}', statuses(answer) == [200] and len(requests) == 1 and b'onnection: close' in answer, answer)
    passed('HTTP/1.0 keep-alive', get(b'Connection: Keep-Alive\r\n', version=b'HTTP/1.0'), line=b'GET /t HTTP/1.1')
    passed('HTTP/1.1 keep-alive', get(b'Connection: keep-alive\r\n'))
    passed('Proxy-Connection: close does nothing', get(b'Proxy-Connection: close\r\n'))
    requests.clear()
    answer = ask(post(b'Content-Length: 10\r\n', b'abc'), half_close=True, timeout=3)
    check('half a body', not requests and 200 not in statuses(answer), answer)
    answer = ask(post(b'Transfer-Encoding: chunked\r\n', b'5\r\nhello\r\n'), half_close=True, timeout=3)
    check('half a chunked body', not requests and 200 not in statuses(answer), answer)
    answer = ask(b'GET /t HTTP/1.1\r\nHost: h\r\n', half_close=True, timeout=3)
    check('half a head', not requests and 200 not in statuses(answer), answer)
    for data in (get(b'Host: x\r\n', method=b'HEAD'), get(method=b'HEAD', target=b'/t#x'), get(b'X Y: z\r\n', method=b'HEAD')):
        answer = ask(data)
        check(f'refusal of HEAD has no body {data}', statuses(answer) == [400] and answer.endswith(b'\r\n\r\n'), answer)
    refused('a good one before', get(b'X : y\r\n'))
    requests.clear()
    answer = ask(get() + get(b'X : y\r\n') + END)
    check('good, bad, good: the good one first, then the end', statuses(answer) == [200, 400] and len(requests) == 1, answer)


def responses():
    """name: (what the backend sends, what the client must get: status, body; or None: 502; or 'cut': the head, then a reset)."""
    def case(name, sent, status, body=b'', method=b'GET', version=b'HTTP/1.1', has=(), lacks=(), fields=b''):
        script[b'/r'] = sent if isinstance(sent, tuple) else (sent,)
        with g.connect(5) as s:
            send(s, method + b' /r ' + version + b'\r\nHost: h\r\n' + fields + b'\r\n')
            if version == b'HTTP/1.1':
                send(s, b'GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
            answer = read_all(s)
        got = re.sub(rb'\r\nDate: [^\r]*', b'', answer)
        why = ''
        if status == 'cut':
            if not (got.endswith(b'<reset>') and b'\r\n0\r\n\r\n' not in got and b'/1.1 502' not in got and got.count(b'HTTP/1.1') == 1):
                why = got
        else:
            first, end = got, got.rfind(b'HTTP/1.1 200 OK\r\n')
            if version == b'HTTP/1.1' and not (status == 502 and b'onnection: close' in got[:end if end > 0 else None]):
                if end <= 0 or got[end:].split(b'\r\n\r\n', 1)[1] != b'ok':
                    why = f'the next request was not answered right: {got}'
                first = got[:max(end, 0)]
            if not why:
                final = [c for c in statuses(got) if c >= 200]
                if not final or final[0] != status:
                    why = f'{final} not {status}: {got}'
                elif status != 502 and first.split(b'\r\n\r\n')[-2:] and not first.endswith(body):
                    why = f'body: {first}'
                for x in has:
                    why = why or ('' if re.search(x, first) else f'lacks {x}: {first}')
                for x in lacks:
                    why = why or ('' if not re.search(x, first, re.I) else f'has {x}: {first}')
        # whatever a backend did, the next client gets its own answer
        other = ask(b'GET /other HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
        if statuses(other) != [200] or not other.endswith(b'\r\n\r\nok'):
            why = why or f'the next client got {other}'
        check('response: ' + name, not why, why)

    H = b'HTTP/1.1 200 OK\r\n'
    for name, sent in {
            'lower case version': b'http/1.1 200 OK\r\n\r\n', 'HTTP/2.0': b'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n', 'HTTP/0.9': b'<html>hello</html>\r\n\r\n', 'no version': b'200 OK\r\n\r\n', 'two spaces': b'HTTP/1.1  200 OK\r\n\r\n', 'tab': b'HTTP/1.1\t200 OK\r\n\r\n', 'two digits': b'HTTP/1.1 20 OK\r\n\r\n',
            'four digits': b'HTTP/1.1 2000 OK\r\n\r\n', 'letters': b'HTTP/1.1 OK 200\r\n\r\n', 'status 000': b'HTTP/1.1 000 X\r\n\r\n', 'status 099': b'HTTP/1.1 099 X\r\n\r\n', 'status 600': b'HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n', 'status 999': b'HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n', 'minus': b'HTTP/1.1 -20 X\r\n\r\n',
            'no space behind status': b'HTTP/1.1 200OK\r\n\r\n', 'ICY': b'ICY 200 OK\r\n\r\n', 'empty line first': b'\r\n' + H + b'Content-Length: 0\r\n\r\n', 'space first': b' ' + H + b'\r\n', 'NUL in reason': b'HTTP/1.1 200 O\0K\r\n\r\n', 'CR in reason': b'HTTP/1.1 200 O\rK\r\n\r\n', 'LF lines': b'HTTP/1.1 200 OK\nContent-Length: 0\n\n',
            'obs-fold': H + b'X: a\r\n b\r\nContent-Length: 0\r\n\r\n', 'white space before first field': H + b' X: a\r\nContent-Length: 0\r\n\r\n', 'NUL in value': H + b'X: a\0b\r\nContent-Length: 0\r\n\r\n', 'CR in value': H + b'X: a\rb\r\nContent-Length: 0\r\n\r\n', 'no colon': H + b'X\r\nContent-Length: 0\r\n\r\n', 'empty name': H + b': x\r\nContent-Length: 0\r\n\r\n',
            'bad name': H + b'X Y: x\r\nContent-Length: 0\r\n\r\n', 'LF in head': H + b'X: a\nContent-Length: 0\r\n\r\n', 'length and chunked': H + b'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'chunked and length': H + b'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n', 'two lengths': H + b'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
            'length list': H + b'Content-Length: 5, 6\r\n\r\nhello', 'length with sign': H + b'Content-Length: +5\r\n\r\nhello', 'length negative': H + b'Content-Length: -5\r\n\r\nhello', 'length hex': H + b'Content-Length: 0x5\r\n\r\nhello', 'empty length': H + b'Content-Length: \r\n\r\nhello', 'length overflow': H + b'Content-Length: 99999999999999999999\r\n\r\nhello',
            'gzip coding': H + b'Transfer-Encoding: gzip\r\n\r\nhello', 'gzip, chunked': H + b'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', 'chunked twice': H + b'Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n', 'chunked not last': H + b'Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n', 'identity': H + b'Transfer-Encoding: identity\r\n\r\nhello',
            'xchunked': H + b'Transfer-Encoding: xchunked\r\n\r\nhello', 'empty coding': H + b'Transfer-Encoding:\r\n\r\nhello', 'chunked in HTTP/1.0': b'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'head too large': H + b'X: ' + b'y' * 200000 + b'\r\n\r\n', 'too many fields': H + b'X: y\r\n' * 5000 + b'\r\n',
            '101 unasked': b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 'end at once': ('close',), 'half a head': (H + b'X: y', 'close'), 'reset in head': (H, 'reset'), 'interim only': (b'HTTP/1.1 100 Continue\r\n\r\n', 'close'), 'bad interim': b'HTTP/1.1 103 X\r\nA B\r\n\r\n' + ok(),
            'endless interim': b'HTTP/1.1 103 X\r\n\r\n' * 2000, 'TLS': b'\x15\x03\x01\x00\x02\x02\x46' * 4, 'control in value': H + b'X: \x07\r\nContent-Length: 0\r\n\r\n', 'colon in status': b'HTTP/1.1: 200 OK\r\n\r\n', 'bare CR end': H + b'Content-Length: 0\r\r\n\r\n'}.items():
        case('502 for ' + name, sent if isinstance(sent, tuple) else (sent, 'close'), 502)
    for name, sent in {
            'short length': (H + b'Content-Length: 10\r\n\r\nhello', 'close'), 'short length, reset': (H + b'Content-Length: 10\r\n\r\nhello', 'reset'), 'chunks end early': (H + b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 'close'), 'half a chunk': (H + b'Transfer-Encoding: chunked\r\n\r\n5\r\nhel', 'close'),
            'bad chunk size': (H + b'Transfer-Encoding: chunked\r\n\r\n', b'5\r\nhello\r\nxyz\r\n', 'close'), 'chunk without CRLF': (H + b'Transfer-Encoding: chunked\r\n\r\n', b'5\r\nhelloXX0\r\n\r\n', 'close'), 'chunk size overflow': (H + b'Transfer-Encoding: chunked\r\n\r\n', b'5\r\nhello\r\nfffffffffffffffff\r\n', 'close'),
            'chunk with LF': (H + b'Transfer-Encoding: chunked\r\n\r\n', b'5\r\nhello\n0\n\n', 'close'), 'last chunk only': (H + b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n', 'close'), 'bad trailer': (H + b'Transfer-Encoding: chunked\r\n\r\n', b'5\r\nhello\r\n0\r\nX Y\r\n\r\n', 'close'), 'close-delimited, reset': (H + b'\r\nhello', 'reset')}.items():
        case('cut after ' + name, sent, 'cut')
    case('chunked', H + b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 200, b'5\r\nhello\r\n0\r\n\r\n', has=[rb'Transfer-Encoding: chunked\r\n'], lacks=[rb'Content-Length'])
    case('chunked in odd case', H + b'transfer-ENCODING : \tCHUNKED \r\n\r\n5;x\r\nhello\r\n0;y\r\n\r\n', 200, b'5\r\nhello\r\n0\r\n\r\n')
    case('length', ok(b'hello'), 200, b'hello', has=[rb'Content-Length: 5\r\n'])
    case('equal lengths', H + b'Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello', 200, b'hello', has=[rb'Content-Length: 5\r\n'])
    case('space before colon', H + b'X-A : b\r\nContent-Length : 5\r\n\r\nhello', 200, b'hello', has=[rb'\r\nX-A: b\r\n'])
    case('until the end', (H + b'\r\nhello', 'close'), 200, b'5\r\nhello\r\n0\r\n\r\n', has=[rb'Transfer-Encoding: chunked\r\n'])
    case('until the end, empty', (H + b'\r\n', 'close'), 200, b'0\r\n\r\n')
    case('until the end, HTTP/1.0', (b'HTTP/1.0 200 OK\r\n\r\nhello', 'close'), 200, b'5\r\nhello\r\n0\r\n\r\n')
    case('HTTP/1.0 with length, kept', b'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello', 200, b'hello')
    case('until the end, to HTTP/1.0', (H + b'\r\nhello', 'close'), 200, b'\r\n\r\nhello', version=b'HTTP/1.0', lacks=[rb'chunked'], has=[rb'onnection: close'])
    case('chunked, to HTTP/1.0', H + b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n', 200, b'\r\n\r\nhello', version=b'HTTP/1.0', lacks=[rb'chunked'])
    case('length, to HTTP/1.0 kept alive', ok(b'hello'), 200, b'hello', version=b'HTTP/1.0', fields=b'Connection: keep-alive, close\r\n')
    case('no reason', b'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n', 200, b'\r\n\r\n', has=[rb'^HTTP/1.1 200 OK?\r\n'])
    case('no reason, no space', b'HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n', 404, b'\r\n\r\n', has=[rb'^HTTP/1.1 404 '])
    case('reason with obs-text', b'HTTP/1.1 200 \xe4\xf6 fine\r\nContent-Length: 0\r\n\r\n', 200, b'\r\n\r\n', has=[rb'^HTTP/1.1 200 \xe4\xf6 fine\r\n'])
    case('unknown status', b'HTTP/1.1 299 Hm\r\nContent-Length: 0\r\n\r\n', 299, b'\r\n\r\n')
    case('status 599', b'HTTP/1.1 599 Hm\r\nContent-Length: 0\r\n\r\n', 599, b'\r\n\r\n')
    case('HTTP/1.2', b'HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello', 200, b'hello', has=[rb'^HTTP/1.1 200'])
    for code in (204, 304):
        case(f'{code}', b'HTTP/1.1 %d X\r\n\r\n' % code, code, b'\r\n\r\n', lacks=[rb'Content-Length', rb'Transfer-Encoding'])
        case(f'{code} with a body', b'HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\nhello' % code, code, b'\r\n\r\n')
        case(f'{code} chunked with a body', b'HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n' % code, code, b'\r\n\r\n', lacks=[rb'Transfer-Encoding'])
        case(f'{code} with stray bytes', b'HTTP/1.1 %d X\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil' % code, code, b'\r\n\r\n')
    case('204 has no length', b'HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n', 204, b'\r\n\r\n', lacks=[rb'Content-Length'])
    case('304 keeps its length', b'HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n', 304, b'\r\n\r\n', has=[rb'Content-Length: 5'])
    case('205 without length', (b'HTTP/1.1 205 X\r\n\r\n', 'close'), 205, b'')
    case('205 with length 0', b'HTTP/1.1 205 X\r\nContent-Length: 0\r\n\r\n', 205, b'\r\n\r\n')
    case('HEAD with a length', H + b'Content-Length: 5\r\n\r\n', 200, b'\r\n\r\n', method=b'HEAD', has=[rb'Content-Length: 5'])
    case('HEAD chunked', H + b'Transfer-Encoding: chunked\r\n\r\n', 200, b'\r\n\r\n', method=b'HEAD')
    case('HEAD with a body', H + b'Content-Length: 5\r\n\r\nhello', 200, b'\r\n\r\n', method=b'HEAD', has=[rb'Content-Length: 5'])
    case('HEAD with neither', H + b'\r\n', 200, b'\r\n\r\n', method=b'HEAD', lacks=[rb'chunked'])
    case('HEAD 404', b'HTTP/1.1 404 X\r\nContent-Length: 9\r\n\r\n', 404, b'\r\n\r\n', method=b'HEAD')
    for code in (100, 102, 103, 199):
        line = b'HTTP/1.1 %d Hi\r\nLink: <a>\r\nLink: <b>\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n' % code if code == 103 else b'HTTP/1.1 %d Hi\r\nLink: <a>\r\nLink: <b>\r\n\r\n' % code
        if code == 103:
            line = b'HTTP/1.1 103 Hi\r\nLink: <a>\r\nLink: <b>\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n\r\n'
        case(f'{code}, then 200', line + ok(b'hello'), 200, b'hello', has=[rb'^HTTP/1.1 %d [^\r]*\r\nLink: <a>\r\nLink: <b>\r\n\r\nHTTP/1.1 200 OK\r\n' % code])
        case(f'{code}, not to HTTP/1.0', line + ok(b'hello'), 200, b'hello', version=b'HTTP/1.0', lacks=[rb' %d ' % code])
    case('a chain of interims', b'HTTP/1.1 100 C\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/1.1 103 E\r\n\r\n' + ok(b'hello'), 200, b'hello', has=[rb'^HTTP/1.1 100[^\r]*\r\n\r\nHTTP/1.1 102[^\r]*\r\n\r\nHTTP/1.1 103[^\r]*\r\n\r\nHTTP/1.1 103[^\r]*\r\n\r\nHTTP/1.1 200'])
    case('Set-Cookie in order', H + b'Set-Cookie: a=1\r\nX: y\r\nset-cookie: b=2, c\r\nSet-Cookie: a=3\r\nContent-Length: 0\r\n\r\n', 200, b'\r\n\r\n', has=[rb'\r\nSet-Cookie: a=1\r\nX: y\r\nset-cookie: b=2, c\r\nSet-Cookie: a=3\r\n'])
    case('obs-text in values', H + b'X-T: \xff\xfe\x80 \t\xe4\r\nContent-Length: 0\r\n\r\n', 200, b'\r\n\r\n', has=[rb'\r\nX-T: \xff\xfe\x80 \t\xe4\r\n'])
    case('hop-by-hop fields', H + b'Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Connection: a\r\nTE: b\r\nUpgrade: c\r\nServer: s\r\nContent-Length: 0\r\n\r\n', 200, b'\r\n\r\n', lacks=[rb'X-Hop', rb'Keep-Alive', rb'Proxy-Connection', rb'\nTE:', rb'Upgrade'], has=[rb'\r\nServer: s\r\n'])
    case('Connection names what is for all', H + b'Connection: Set-Cookie, Cache-Control, Content-Type, Date\r\nSet-Cookie: a\r\nCache-Control: private\r\nContent-Length: 0\r\n\r\n', 200, b'\r\n\r\n', has=[rb'Set-Cookie: a', rb'Cache-Control: private'])
    case('trailers', H + b'Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\nContent-Length: 7\r\nSet-Cookie: x\r\n\r\n', 200, b'1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n')
    case('trailer that Connection names', H + b'Connection: X-Hop\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Hop: 1\r\n\r\n', 200, b'1\r\na\r\n0\r\n\r\n')
    case('stray bytes', ok(b'hello') + b'stray', 200, b'hello')
    case('an answer nobody asked for', ok(b'hello') + ok(b'evil'), 200, b'hello')
    script[b'/r'] = (ok(b'hello'), ok(b'evil'))
    with g.connect(5) as s:
        s.sendall(b'GET /r HTTP/1.1\r\nHost: h\r\n\r\n')
        time.sleep(0.2)
        s.sendall(END)
        answer = read_all(s)
    check('response: an answer nobody asked for, on an idle connection', b'evil' not in answer and answer.count(b'HTTP/1.1 200') == 2, answer)
    case('stray bytes behind chunks', H + b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil', 200, b'5\r\nhello\r\n0\r\n\r\n')
    case('close said', H + b'Connection: close\r\nContent-Length: 5\r\n\r\nhello', 200, b'hello', lacks=[rb'Connection'])
    case('close said, not done, stray', (H + b'Connection: close\r\nContent-Length: 5\r\n\r\nhello', b'evil'), 200, b'hello')
    up = b'Connection: Upgrade\r\nUpgrade: websocket\r\n'
    case('101 without Upgrade', (b'HTTP/1.1 101 X\r\n\r\n', 'close'), 502, fields=up)
    case('101 to what was not offered', (b'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: evil\r\n\r\n', 'close'), 502, fields=up)
    case('101 in HTTP/1.0', (b'HTTP/1.0 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 'close'), 502, fields=up)
    case('upgrade refused', b'HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n', 400, b'\r\n\r\n', fields=up)
    case('426', b'HTTP/1.1 426 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n', 426, b'\r\n\r\n', has=[rb'Upgrade: websocket\r\n', rb'Connection: Upgrade\r\n'])
    script.clear()


with Balancer([Backend(record)]) as g:
    for part in (request_lines, hosts, fields, lengths, codings, chunks, trailers, connections, responses):
        if not set(sys.argv[2:]) - {'bytes'} or part.__name__ in sys.argv[2:]:
            part()
    time.sleep(3)  # the JIT has a burst to digest
    g.is_clean('conformance')
finish()
