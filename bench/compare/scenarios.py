"""What is measured, one scenario each: who takes part, over how many connections, and what each must answer before it is measured."""
from dataclasses import dataclass, replace

from backend import SIZES
from loads import Client, Wrk

ALL = ("nginx", "haproxy", "goaround", "haproxy-tcp")
HTTP = ("nginx", "haproxy", "goaround")
CACHES = ("nginx", "haproxy", "varnish", "goaround")
IDLE_CLIENTS = 10_000
WITH_YARP = ("nginx", "haproxy", "goaround", "haproxy-tcp", "yarp")


@dataclass(frozen=True)
class Scenario:
    """`kind` says how it is measured: "load" as most, "window", "idle", "rate" or "start" (see turns.py)."""

    name: str
    title: str
    load: object = None
    proxies: tuple = ALL
    unit: str = "request"
    path: str = "/"
    check: str = "get"      # what verify.py does: get, pipeline, up, chunked
    tls: bool = False
    cache: bool = False
    bulk: bool = False
    kind: str = "load"
    seconds: float = 3
    body: int = 13

    @property
    def connections(self):
        """Clients at once."""
        return self.load.connections if self.load else 1

    @property
    def clients(self):
        """Connections that clients keep at once, idle ones too."""
        return IDLE_CLIENTS if self.kind == "idle" else self.connections


def _megabytes(name):
    return SIZES[name] // SIZES["1m"]


SCENARIOS = (
    Scenario("keepalive-64", "small GET, 64 connections", Wrk(64), WITH_YARP),
    Scenario("keepalive-1", "small GET, 1 connection", Wrk(1)),
    Scenario("keepalive-1000", "small GET, 1,000 connections", Wrk(1000), kind="window", seconds=4),
    Scenario("keepalive-5000", "small GET, 5,000 connections", Wrk(5000), kind="window", seconds=5),
    Scenario("tls-64", "TLS keep-alive, 64 connections", Wrk(64), WITH_YARP, tls=True),
    Scenario("handshake-full", "TLS full handshake, one request", Client("handshakes", 16, ("full",)), unit="handshake", tls=True),
    Scenario("handshake-resumed", "TLS resumed handshake, one request", Client("handshakes", 16, ("resumed",)), unit="handshake", tls=True),
    Scenario("close-64", "connection per request, 64 at once", Wrk(64, sends="close")),
    Scenario("body-10k", "10 KB down, 64 connections", Wrk(64, "/10k"), WITH_YARP, path="/10k"),
    Scenario("body-1m", "1 MB down, 64 connections", Wrk(64, "/1m", unit_bytes=SIZES["1m"]), unit="MB", path="/1m", bulk=True),
    Scenario("body-100m", "100 MB down, 4 connections", Client("streams", 4, ("/100m",), SIZES["1m"]), unit="MB", path="/100m", bulk=True),
    Scenario("up-1m", "1 MB up, 64 connections", Wrk(64, "/up", sends="body", size=SIZES["1m"]), path="/up", check="up", bulk=True),
    Scenario("chunked-10k", "10 KB chunked up and down, 64 connections", Wrk(64, "/chunked", sends="chunks", size=SIZES["10k"]),
             path="/chunked", check="chunked"),
    Scenario("pipelined", "small GET, 16 pipelined, 64 connections", Wrk(64, sends="pipeline", size=16), check="pipeline"),
    Scenario("cached-small", "cached, small, 64 connections", Wrk(64), CACHES, cache=True),
    Scenario("cached-10k", "cached, 10 KB, 64 connections", Wrk(64, "/10k"), CACHES, path="/10k", cache=True),
    Scenario("slow-2000", "backend takes 50 ms, 2,000 connections", Wrk(2000, "/slow"), path="/slow", kind="window", seconds=4),
    Scenario("rate-70", "70 % of saturation, fixed rate, 256 connections", Wrk(256, paced=True), HTTP, kind="rate", seconds=4),
    Scenario("idle-10000", "10,000 idle clients", None, HTTP, unit="client", kind="idle"),
    Scenario("start", "start to first answer", None, HTTP, unit="start", kind="start"),
)

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def chosen(settings):
    """The scenarios of a run, in order."""
    if settings.ad_hoc:
        found = [_own(settings)]
    elif settings.scenarios:
        unknown = [name for name in settings.scenarios if name not in BY_NAME]
        if unknown:
            raise SystemExit(f"bench: SCENARIOS: '{unknown[0]}' is none of {' '.join(BY_NAME)}")
        found = [BY_NAME[name] for name in settings.scenarios]
    else:
        found = list(SCENARIOS)
    return [_adapted(scenario, settings) for scenario in found]


def _own(settings):
    cached = " from the cache" if settings.cache else ""
    return Scenario("ad-hoc", f"{'https' if settings.tls else 'http'}, {settings.connections} connections, GET of {settings.body} bytes{cached}",
                    Wrk(settings.connections), CACHES if settings.cache else ALL, tls=settings.tls, cache=settings.cache, body=settings.body,
                    kind="window" if settings.connections >= 1000 and not settings.cache else "load", bulk=settings.body >= SIZES["1m"], seconds=4)


def _adapted(scenario, settings):
    proxies = scenario.proxies
    if settings.proxies:
        # An own scenario takes whom one names; the others only who can do it.
        proxies = tuple(name for name in settings.proxies if scenario.name == "ad-hoc" or name in scenario.proxies or name == "yarp" and not scenario.cache)
    if settings.before and "before" not in proxies:
        proxies = (*proxies, "before")
    seconds = settings.seconds or (1 if settings.quick else scenario.seconds)
    return replace(scenario, proxies=proxies, seconds=seconds)
