"""Whether a proxy gives the right answer: looked at before it is measured."""
import re
import socket
import ssl

from proxies import READS_NO_HTTP


def fault(setup, scenario, backend):
    """What is wrong with a proxy's answers in a scenario; None if nothing."""
    try:
        return _fault(setup, scenario, backend)
    except (OSError, ValueError) as error:
        return f"it does not answer as it should: {error}"


def _fault(setup, scenario, backend):
    fields, body = ask(setup, _request(scenario))
    if fields[0].split()[1] != "200":
        return f"{scenario.path}: {fields[0]}"
    chunked = any(re.match("transfer-encoding: *chunked", field, re.IGNORECASE) for field in fields)
    if scenario.check == "up":
        if int(body) < scenario.load.size:
            return f"of {scenario.load.size} bytes up only {int(body)} came with the request"
    elif body != backend.body(scenario.path):
        return f"{scenario.path}: {len(body)} bytes, and not those of the backend"
    if scenario.check == "chunked" and not chunked:
        return "a chunked answer comes unchunked"
    if scenario.check == "pipeline":
        with _connect(setup) as client:
            client.sendall(_request(scenario) * 4)
            rest = b""
            for _ in range(4):
                _, body, rest = _answer(client, rest)
                if body != backend.body("/"):
                    return "pipelined requests are not all answered"
    if setup.name in READS_NO_HTTP:
        return None
    if scenario.cache:
        before = backend.seen()[1]
        for _ in range(20):
            ask(setup, _request(scenario))
        fetched = backend.seen()[1] - before - 1
        return f"of 20 answers {fetched} did not come from its cache" if fetched > 2 else None
    seen = ask(setup, b"GET /seen HTTP/1.1\r\nHost: localhost\r\n\r\n")[1].decode()
    expected = f"127.0.0.1 {'https' if scenario.tls else 'http'}"
    return None if seen == expected else f"the backend sees '{seen}' as X-Forwarded-For and -Proto, not '{expected}'"


def _request(scenario):
    if scenario.check == "up":
        return b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (scenario.path.encode(), scenario.load.size) + b"x" * scenario.load.size
    if scenario.check == "chunked":
        chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        return b"POST %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" % scenario.path.encode() + chunk * 2 + b"0\r\n\r\n"
    return b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % scenario.path.encode()


def ask(setup, request):
    """The head's lines and the body of the answer to a request."""
    with _connect(setup) as client:
        client.sendall(request)
        fields, body, _ = _answer(client, b"")
        return fields, body


def _connect(setup):
    client = socket.create_connection(("127.0.0.1", setup.port), 10)
    client.settimeout(20)
    if setup.certificate:
        context = ssl.create_default_context(cafile=setup.certificate)
        client = context.wrap_socket(client, server_hostname="localhost")
        if client.version() != "TLSv1.3":
            raise ValueError(f"it speaks {client.version()}")
    return client


def _answer(client, rest):
    stream = _Stream(client, rest)
    head = stream.until(b"\r\n\r\n")[:-4].decode("latin-1")
    fields = head.split("\r\n")
    lower = head.lower()
    if "transfer-encoding: chunked" in lower:
        body = b""
        while size := int(stream.until(b"\r\n"), 16):
            body += stream.take(size + 2)[:-2]
        stream.until(b"\r\n")
        return fields, body, stream.rest
    length = re.search(r"\r\ncontent-length: *(\d+)", lower)
    if length is None:
        raise ValueError("an answer without a length")
    return fields, stream.take(int(length.group(1))), stream.rest


class _Stream:
    def __init__(self, client, rest):
        self._client = client
        self.rest = bytearray(rest)

    def until(self, mark):
        while (at := self.rest.find(mark)) < 0:
            self._more()
        return self.take(at + len(mark))

    def take(self, count):
        while len(self.rest) < count:
            self._more()
        taken = bytes(self.rest[:count])
        del self.rest[:count]
        return taken

    def _more(self):
        part = self._client.recv(1 << 20)
        if not part:
            raise ValueError("it closes before the answer is complete")
        self.rest += part
