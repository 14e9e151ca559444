"""What conformance.py does not show: each split and each early end, long pipelines, slots in every phase, uploads that are answered early.

rfc.py [binary [tls] [part...]]: `tls` does the same through TLS, with a certificate of openssl's.
"""
import random, select, ssl
from kit import *

TLS = 'tls' in sys.argv
CHUNKED = b'5\r\nhello\r\n3;a=b\r\nabc\r\n0\r\nX-T: y\r\n\r\n'
HEAD = b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: abcd\r\n\r\n'
TRAILED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
scripts, seen, strange = {}, {}, []


def serve(s, head, rest):
    """Hands the connection to the script of the target; a target that nobody asked for is a smuggled request."""
    target = head.split(b' ')[1].split(b'?')[0]
    if target not in scripts:
        strange.append(head)
        return None
    seen.setdefault(target, []).append(head)
    return scripts[target](s, head, rest)


def on(script):
    target = b'/t%d' % len(scripts)
    scripts[target] = script
    return target


def plain(s, head, rest):
    body, rest = body_of(s, head, rest)
    answer = head.split(b' ')[1] + b'|' + body
    s.sendall(ok(answer) if not head.startswith(b'HEAD') else ok(answer)[:-len(answer)])
    return rest


def says(*pieces, then=None):
    """Reads the request, then sends the pieces; `then` is 'close', 'reset', or None to go on."""
    def script(s, head, rest):
        _, rest = body_of(s, head, rest)
        for piece in pieces:
            s.sendall(piece)
            if len(pieces) > 1:
                time.sleep(0.0005)
        if then == 'reset':
            reset(s)
        return rest if then is None else None
    return script


def until_closed(s, head, rest):
    """Never answers; ends when the balancer gives the exchange up."""
    left.append(drained(s))


left = []


def drained(s):
    try:
        s.settimeout(10)
        while s.recv(1 << 20):
            pass
        return True
    except socket.timeout:
        return False
    except OSError:
        return True


class Client:
    def __init__(self, balancer):
        s = balancer.connect()
        self.s = context.wrap_socket(s, suppress_ragged_eofs=False) if TLS else s
        self.data = b''

    def send(self, data):
        try:
            self.s.sendall(data)
        except OSError:
            pass  # refused before its end

    def fill(self):
        got = self.s.recv(65536)
        if not got:
            raise EOFError
        self.data += got

    def answer(self, method=b'GET'):
        """(status, head, body, trailers) of one final answer; an exception where it is not whole."""
        while True:
            while b'\r\n\r\n' not in self.data:
                self.fill()
            head, self.data = self.data.split(b'\r\n\r\n', 1)
            status = int(head.split(b' ')[1])
            if status >= 200 or status == 101:
                break
        if method == b'HEAD' or status in (101, 204, 304):
            return status, head, b'', b''
        length = re.search(rb'\r\ncontent-length: (\d+)', head, re.I)
        if length:
            return status, head, self.exactly(int(length[1])), b''
        assert b'ransfer-Encoding: chunked' in head, head
        body = b''
        while size := int(self.line(), 16):
            body += self.exactly(size)
            assert self.exactly(2) == b'\r\n'
        trailers = b''
        while line := self.line():
            trailers += line + b'\r\n'
        return status, head, body, trailers

    def line(self):
        while b'\r\n' not in self.data:
            self.fill()
        line, self.data = self.data.split(b'\r\n', 1)
        return line

    def exactly(self, count):
        while len(self.data) < count:
            self.fill()
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def ask(self, data, method=b'GET'):
        """One whole answer, or the name of what came instead."""
        self.send(data)
        try:
            return self.answer(method)
        except (OSError, EOFError, AssertionError) as e:
            return type(e).__name__, self.data, b'', b''

    def close(self):
        self.s.close()


def get(target, method=b'GET', fields=b'', version=b'1.1'):
    return method + b' ' + target + b' HTTP/' + version + b'\r\nHost: h\r\n' + fields + b'\r\n'


def splits(g):
    t = on(plain)
    raw = get(t, b'POST', b'Transfer-Encoding: chunked\r\n') + CHUNKED + get(t, b'PUT', b'Content-Length: 7\r\n') + b'1234567' + get(t, fields=b'Connection: keep-alive\r\n', version=b'1.0')
    wanted = [t + b'|helloabc', t + b'|1234567', t + b'|']
    cuts = [[raw[:i], raw[i:]] for i in range(1, len(raw))] + [[raw[i:i + n] for i in range(0, len(raw), n)] for n in (1, 2, 3)]
    c, bad = Client(g), []
    for cut in cuts:
        for piece in cut[:-1]:
            c.send(piece)
            time.sleep(0.0003)
        got = [c.ask(cut[-1] if i == 0 else b'')[2] for i in range(3)]
        if got != wanted:
            bad.append((cut[0][-20:], got))
            c = Client(g)
    check(f'{len(cuts)} splits of three requests', not bad, bad[:3])
    raw = b'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n' + TRAILED + CHUNKED
    bad = []
    for cut in [(raw[:i], raw[i:]) for i in range(1, len(raw))] + [[raw[i:i + 1] for i in range(len(raw))]]:
        status, _, body, trailers = Client(g).ask(get(on(says(*cut))))
        if (status, body, trailers) != (200, b'helloabc', b'X-T: y\r\n'):
            bad.append((cut[0][-20:], status, body))
    check(f'{len(raw)} splits of a response', not bad, bad[:3])


def early_ends(g):
    """A backend that ends at each byte: 502 or nothing, never an answer that looks whole."""
    for then in ('close', 'reset'):
        bad = []
        for i in range(len(HEAD)):
            got = Client(g).ask(get(on(says(HEAD[:i], then=then)), b'POST', b'Content-Length: 0\r\n'), b'POST')
            bad += [] if got[0] == 502 else [(i, got)]
        check(f'{then} within the head', not bad, bad[:3])
        bad = []
        for head, body in ((HEAD, b'hello'), (TRAILED, CHUNKED)):
            for i in range(len(body)):
                for version in (b'1.1', b'1.0'):
                    c = Client(g)
                    c.send(get(on(says(head + body[:i], then=then)), b'POST', b'Content-Length: 0\r\n', version))
                    got = read_all(c.s)
                    # a client of 1.0 sees a chunked body until the close: only a reset tells that it is not whole
                    is_cut = got.startswith(b'HTTP/1.1 502') or (b'<' in got[-80:] if b'Content-Length: 5' not in got and version == b'1.0' else not got.endswith(b'0\r\n\r\n') and b'hello' != got[-5:] or b'<' in got[-80:])
                    bad += [] if is_cut else [(i, version, got)]
        check(f'{then} within the body', not bad, bad[:3])


def pipeline(g):
    rnd, t, raw, wanted = random.Random(5), on(plain), b'', []
    sizes = [0, 1, 10, 50] if TLS else [0, 1, 10, 5000, 70000]  # one thread cannot write and read TLS at once: as much as buffers hold
    for i in range(200):
        body = rnd.randbytes(rnd.choice(sizes)) if i % 3 else get(b'/smuggled')
        target, kind = b'%s?%d' % (t, i), rnd.choice('GHPC')
        if kind in 'GH':
            raw += get(target, b'GET' if kind == 'G' else b'HEAD')
            wanted.append((kind, target + b'|'))
        elif kind == 'P':
            raw += get(target, b'POST', b'Content-Length: %d\r\n' % len(body)) + body
            wanted.append((kind, target + b'|' + body))
        else:
            raw += get(target, b'POST', b'Transfer-Encoding: chunked\r\n')
            at = 0
            while at < len(body):
                piece = body[at:at + rnd.choice([1, 7, 4096, 40000])]
                raw, at = raw + b'%x\r\n%s\r\n' % (len(piece), piece), at + len(piece)
            raw += b'0\r\n\r\n'
            wanted.append((kind, target + b'|' + body))
    c = Client(g)
    writer = threading.Thread(target=c.send, args=(raw,), daemon=True)
    writer.start()
    if TLS:
        writer.join(5)
    for i, (kind, body) in enumerate(wanted):
        got = c.ask(b'', b'HEAD' if kind == 'H' else b'GET')
        if got[0] != 200 or got[2] != (b'' if kind == 'H' else body):
            check('pipeline', False, (i, kind, got[:2], len(got[2]), len(body)))
            return
    check(f'pipeline of {len(wanted)}', True)


def slots(_):
    """One slot: whoever leaves, or is too slow, in any phase, frees it for the next client."""
    backend = Backend(serve)
    flags = ('-n', '1', '-head-timeout', '1s', '-body-timeout', '1s', '-response-timeout', '1s', '-backend-body-timeout', '1s', '-queue-timeout', '3s')
    with Balancer([backend], *flags, *tls_flags) as g:
        def is_free(name, limit):
            start = time.time()
            got = Client(g).ask(get(on(plain)))[0]
            took = time.time() - start
            check(f'slot free after {name}', got == 200 and took < limit, f'{got} after {took:.2f} s')

        half_body = says(b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')

        def stalls(s, head, rest):
            half_body(s, head, rest)
            return until_closed(s, head, rest)
        for phase, script, request in (
                ('waiting for the head', until_closed, lambda t: get(t)),
                ('waiting for the body', stalls, lambda t: get(t)),
                ('uploading', until_closed, lambda t: get(t, b'POST', b'Content-Length: 100000\r\n') + b'x' * 100)):
            for how in (reset, lambda s: s.close()):
                left.clear()
                c = Client(g)
                c.send(request(on(script)))
                time.sleep(0.15)
                how(c.s)
                is_free(f'leaving while {phase}', 0.9)
                for _ in range(20):
                    if left:
                        break
                    time.sleep(0.05)
                check(f'backend told of leaving while {phase}', left == [True], left)
        for name, request, wanted in (
                ('a pause in the body', get(on(plain), b'POST', b'Content-Length: 10\r\n') + b'abc', 408),
                ('a pause in a chunk', get(on(plain), b'POST', b'Transfer-Encoding: chunked\r\n') + b'5\r\nab', 408),
                ('a pause in the head', b'GET / HT', 408),
                ('a silent backend', get(on(until_closed)), 504),
                ('a backend that stalls', get(on(stalls)), None)):
            start = time.time()
            got = Client(g).ask(request)
            took = time.time() - start
            check(f'deadline: {name}', (got[0] == wanted if wanted else got[0] in ('ConnectionResetError', 'EOFError', 'SSLEOFError', 'SSLError')) and 0.9 < took < 3, (got[:2], took))
            is_free(name, 0.9)
        waits = on(plain)
        slow = Client(g)
        slow.send(get(on(lambda s, head, rest: (time.sleep(0.5), plain(s, head, rest))[1])))
        time.sleep(0.1)
        queued = Client(g)
        queued.send(get(waits))
        time.sleep(0.1)
        reset(queued.s)
        slow.ask(b'')
        time.sleep(0.2)
        check('who leaves the queue is not sent', waits not in seen)
        g.is_clean('slots', cpu=False)


def early_answers(g):
    """A final answer while 10 MB are still being sent: it arrives, and the connection ends by the book or goes on."""
    for closes in (b'', b'Connection: close\r\n'):
        for fields, body in ((b'Content-Length: 10000000\r\n', b'x' * 10000000), (b'Transfer-Encoding: chunked\r\n', (b'4000\r\n' + b'x' * 0x4000 + b'\r\n') * 610 + b'0\r\n\r\n')):
            def script(s, head, rest):
                s.sendall(b'HTTP/1.1 403 No\r\n' + closes + b'Content-Length: 4\r\n\r\nnope')
                drained(s)
            c, got, data = Client(g), b'', memoryview(get(on(script), b'POST', fields) + body)
            c.s.setblocking(False)
            end = time.time() + 8
            while time.time() < end and not got.endswith(b'nope'):
                select.select([c.s], [c.s] if data else [], [], 0.2)
                try:
                    got += c.s.recv(65536)
                except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    pass
                except OSError as e:
                    got += repr(e).encode()
                    break
                try:
                    data = data[c.s.send(data[:65536]):] if data else data
                except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    pass
                except OSError:
                    data = b''
            check(f'403 while {fields.split(b":")[0].decode()} is sent{", backend closes" if closes else ""}', got.startswith(b'HTTP/1.1 403') and got.endswith(b'nope'), got[:300])
            c.close()


def expectations(g):
    """A body that was not asked for, or is not sent, never becomes a request."""
    refuses = says_at_once(b'HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno')
    smuggled = get(b'/smuggled')
    for name, method, fields in (('POST', b'POST', b'Expect: 100-continue\r\n'), ('GET', b'GET', b'Expect: 100-continue\r\n'),
                                 ('obfuscated', b'POST', b'Expect: y 100-continue\r\n'), ('in a list', b'POST', b'Expect: 100-continue, x\r\n')):
        c = Client(g)
        c.ask(get(on(refuses), method, b'Content-Length: %d\r\n' % len(smuggled) + fields))
        c.send(smuggled + get(on(plain)))
        end = read_all(c.s)
        check(f'expectation refused, body sent all the same: {name}', end.count(b'HTTP/1.1') <= 1 and b'smuggled' not in end, end)
    time.sleep(0.2)
    check('nothing smuggled by Expect', not strange, strange[:2])


def says_at_once(answer):
    def script(s, head, rest):
        s.sendall(answer)
        drained(s)
    return script


def stray(g):
    """Bytes that nobody asked for, behind an answer or a while later, reach no client."""
    evil = b'HTTP/1.1 200 OK\r\nEvil: 1\r\nContent-Length: 4\r\n\r\nevil'
    for name, extra in (('an answer', evil), ('a byte', b'x'), ('CRLF', b'\r\n'), ('100', b'HTTP/1.1 100 Continue\r\n\r\n'), ('408', b'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n')):
        for delay in (0, 0.02):
            sent, closed = threading.Event(), []

            def script(s, head, rest):
                s.sendall(ok() + (extra if not delay else b''))
                if delay:
                    time.sleep(delay)
                    s.sendall(extra)
                sent.set()
                closed.append(drained(s))
            c = Client(g)
            first = c.ask(get(on(script)))
            sent.wait(2)
            time.sleep(0.002)
            t = on(plain)
            got = [c.ask(get(t))[2] for _ in range(3)]
            for _ in range(40):
                if closed:
                    break
                time.sleep(0.05)
            check(f'{name} unasked after {delay} s', first[0] == 200 and got == [t + b'|'] * 3 and closed == [True], (first, got, closed))


context, tls_flags = None, ()
if TLS:
    where = scratch('attack')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', where + '/key', '-out', where + '/cert',
                    '-days', '2', '-subj', '/CN=localhost'], check=True, stderr=subprocess.DEVNULL)
    tls_flags = ('-cacert', where + '/cert', '-privkey', where + '/key')
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

parts = [splits, early_ends, pipeline, early_answers, expectations, stray, slots]
wanted = [p for p in parts if p.__name__ in sys.argv[2:]] or parts
backend = Backend(serve)
with Balancer([backend], '-health-interval', '1h', *tls_flags) as g:
    for part in wanted:
        part(g)
    check('no request that nobody sent', not strange, strange[:3])
    g.is_clean('rfc')
finish()
