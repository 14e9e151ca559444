"""The load generators: each starts one, and reads one line of figures from it."""
import os
import subprocess
import sys
import threading
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass
class Load:
    """What a generator saw. Latencies in microseconds; None where it does not tell."""

    units: float
    seconds: float
    p50: float | None = None
    p99: float | None = None
    p999: float | None = None
    errors: int = 0


class LoadFailure(Exception):
    """A generator gave no figures; the message says why."""


def _run(command, environment, meanwhile):
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          env={**os.environ, **environment}) as process:
        watch = threading.Thread(target=meanwhile, daemon=True) if meanwhile else None
        if watch:
            watch.start()
        said = process.communicate()[0].decode(errors="replace")
        if watch:
            watch.join()
    return said


def _result(said):
    for line in said.splitlines():
        if line.startswith("RESULT "):
            return [float(part) if part != "-" else None for part in line.split()[1:]]
    telling = [line for line in said.splitlines() if line.strip()]
    raise LoadFailure(telling[-1] if telling else "the load generator said nothing")


@dataclass(frozen=True)
class Wrk:
    """wrk: keep-alive clients that ask again as soon as they are answered; `sends` as in load.lua, or "close"."""

    connections: int = 64
    path: str = "/"
    sends: str = ""
    size: int = 0
    unit_bytes: int = 0  # a unit is that many bytes of answers, so that what is under way at the end counts, too
    paced: bool = False  # at the target's rate, whatever the answers take

    needs = ("wrk",)

    def run(self, target, seconds, meanwhile=None):
        """Loads `target` (scheme://host:port) and tells what came of it."""
        command = ["wrk", "-t", str(min(target.threads, self.connections)), "-c", str(self.connections), "-d", f"{seconds:.0f}s",
                   "--timeout", "10s", "-s", os.path.join(HERE, "load.lua")]
        if self.sends == "close":
            command += ["-H", "Connection: close"]
        said = _run([*command, target.url + self.path],
                    {"BENCH_SENDS": self.sends, "BENCH_SIZE": str(self.size), "BENCH_RATE": str(target.rate if self.paced else 0)}, meanwhile)
        requests, received, duration, p50, p99, p999, errors = _result(said)
        units = received / self.unit_bytes if self.unit_bytes else requests
        if self.sends == "pipeline":
            p50 = p99 = p999 = None  # wrk takes the time of a whole batch for each of its requests
        return Load(units, duration / 1e6, p50, p99, p999, int(errors))


@dataclass(frozen=True)
class Client:
    """One of our own clients, a process of its own: see clients/."""

    program: str
    connections: int
    arguments: tuple = ()
    unit_bytes: int = 0

    needs = ()

    def run(self, target, seconds, meanwhile=None):
        """Loads `target` and tells what came of it."""
        command = [sys.executable, os.path.join(HERE, "clients", self.program + ".py"), str(target.port), str(seconds), str(self.connections), *self.arguments]
        units, duration, p50, p99, p999, errors = _result(_run(command, {}, meanwhile))
        return Load(units / self.unit_bytes if self.unit_bytes else units, duration, p50, p99, p999, int(errors))
