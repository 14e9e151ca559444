"""The origin behind the proxy that cache_suite.py asks: it answers each step of each case by its script, and records what it was asked. Standard library only."""
import re, socket, threading, time

import cache_cases
from kit import HEALTHY, body_of

REASONS = {200: 'OK', 201: 'Created', 204: 'No Content', 206: 'Partial Content', 304: 'Not Modified', 404: 'Not Found', 503: 'Service Unavailable'}


class Script:
    """The answer to one step."""
    def __init__(self, step, body):
        self.step, self.status, self.reason, self.body = step, 200, None, body
        self.lines, self.removed, self.interim, self.trailers = [], set(), [], []
        self.is_closed = self.is_cut = self.is_chunked = self.is_until_close = False
        self.delay, self.fill = 0, str

    @property
    def has_body(self):
        return self.status not in (204, 304)

    def add(self, text):
        word, _, rest = text.partition(' ')
        if re.fullmatch(r'\d{3}', word):
            self.status, self.reason = int(word), rest or None
        elif word == '@body':
            self.body = cache_cases.content(rest)
        elif word == '@delay':
            self.delay = int(rest)
        elif word == '@close':
            self.is_closed = True
        elif word == '@cut':
            self.is_cut = True
        elif word == '@chunked':
            self.is_chunked = True
        elif word == '@untilclose':
            self.is_until_close = True
        elif word == '@trailer':
            self.trailers.append(rest)
        elif word == '@interim':
            code, _, field = rest.partition(' ')
            self.interim.append(f'HTTP/1.1 {code} Interim\r\n{field}\r\n\r\n'.encode())
        elif word.startswith('!'):
            self.removed.add(word[1:].lower())
            self.lines = [line for line in self.lines if line.split(':')[0].lower() != word[1:].lower()]
        else:
            self.lines.append(text)

    def message(self, method, conditional):
        """The bytes to send, and whether the connection ends with them."""
        status = self.status if self.status != 304 or conditional else 200
        has_body = status not in (204, 304)
        lines = [self.fill(line) for line in self.lines]
        own = {line.split(':')[0].strip().lower() for line in lines} | self.removed
        if 'date' not in own:
            lines.insert(0, self.fill('Date: {now}'))
        if status != 304:
            lines.append(f'X-From: {self.step}')
        if self.is_chunked:
            lines.append('Transfer-Encoding: chunked')
        elif self.is_until_close:
            lines.append('Connection: close')
        elif has_body and 'content-length' not in {line.split(':')[0].lower() for line in lines}:
            lines.append(f'Content-Length: {len(self.body)}')
        head = f'HTTP/1.1 {status} {self.reason or REASONS.get(status, "Some Reason")}\r\n' + ''.join(line + '\r\n' for line in lines) + '\r\n'
        message = b''.join(self.interim) + head.encode('latin-1')
        if not has_body or method == 'HEAD':
            return message, False
        body = self.body[:len(self.body) // 2] if self.is_cut else self.body
        if self.is_chunked:
            half = len(body) // 2
            for piece in (body[:half], body[half:]):
                if piece:
                    message += b'%x\r\n%s\r\n' % (len(piece), piece)
            if not self.is_cut:
                message += b'0\r\n' + ''.join(self.fill(t) + '\r\n' for t in self.trailers).encode() + b'\r\n'
        else:
            message += body
        return message, self.is_cut or self.is_until_close


class Request:
    def __init__(self, method, fields):
        self.method, self.fields = method, fields

    def get(self, name):
        values = [v for n, v in self.fields if n.lower() == name.lower()]
        return ', '.join(values) if values else None

    @property
    def conditional(self):
        return self.get('If-None-Match') is not None or self.get('If-Modified-Since') is not None


class Record:
    """What one case has been asked, by step."""
    def __init__(self):
        self.scripts, self.requests, self.lock = {}, [], threading.Lock()

    def of(self, step):
        with self.lock:
            return [request for s, request in self.requests if s == step]


class Origin:
    def __init__(self, port=0):
        self.records = {}
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(('127.0.0.1', port))
        self.listener.listen(1024)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            s, _ = self.listener.accept()
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.run, args=(s,), daemon=True).start()

    def run(self, s):
        rest = b''
        try:
            with s:
                while rest is not None:
                    while b'\r\n\r\n' not in rest:
                        got = s.recv(65536)
                        if not got:
                            return
                        rest += got
                    head, rest = rest.split(b'\r\n\r\n', 1)
                    body, rest = body_of(s, b'\r\n' + head, rest)
                    if not self.serve(s, head.decode('latin-1')):
                        return
        except OSError:
            pass

    def serve(self, s, head):
        first, *lines = head.split('\r\n')
        method, target, version = first.split(' ')
        fields = [(n, v.strip()) for n, _, v in (line.partition(':') for line in lines)]
        request = Request(method, fields)
        m = re.match(r'(?:http://[^/]+)?/([0-9a-f]+-\d+)', target)
        record = self.records.get(m[1]) if m else None
        step = request.get('X-Request-Id')
        if record is None or step is None:
            s.sendall(HEALTHY)
            return False
        with record.lock:
            record.requests.append((int(step), request))
        script = record.scripts[int(step)]
        time.sleep(script.delay)
        if script.is_closed:
            return False
        message, ends = script.message(method, request.conditional)
        s.sendall(message)
        return not ends and version == 'HTTP/1.1' and (request.get('Connection') or '').lower() != 'close'
