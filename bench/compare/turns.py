"""Measures one scenario: each proxy by turns, the order rotated from turn to turn."""
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field

import verify
from backend import Backend
from loads import HERE, LoadFailure, Wrk
from processes import Processes, Ports, cpu_seconds, memory_kib, wait_for
from proxies import COMMANDS, Setup

COLUMNS = ("turn", "proxy", "units", "rate", "user_us", "system_us", "cpu_us", "p50_us", "p99_us", "p999_us", "errors", "dials", "fetches",
           "rss_kib", "pss_kib", "start_ms", "gc_pause_ms")
SETTLE = 2.0  # seconds from the first client to the first look, where thousands connect


@dataclass
class Target:
    """Where a load goes."""

    port: int
    tls: bool
    threads: int
    rate: float = 0

    @property
    def url(self):
        """Scheme, host and port."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"


@dataclass
class Outcome:
    """The rows of a scenario, and why somebody is missing."""

    rows: list = field(default_factory=list)
    missing: dict = field(default_factory=dict)
    note: str = ""


class Turns:
    """One scenario from the start of its backend to the end of its last turn."""

    def __init__(self, scenario, settings, descriptors):
        self._scenario = scenario
        self._settings = settings
        self._descriptors = descriptors
        self._scratch = tempfile.mkdtemp(prefix="goaround-bench.")
        os.chmod(self._scratch, 0o755)  # nginx workers run as another user
        self._processes = Processes(self._scratch)
        self._ports = Ports(settings.first_port)
        self._outcome = Outcome()
        self._setups = {}
        self._pids = {}
        self._rate = 0

    def run(self):
        """All turns."""
        try:
            return self._run()
        finally:
            self._processes.stop_all()
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _run(self):
        scenario = self._scenario
        impossible = self._impossible()
        if impossible:
            self._outcome.missing = {name: impossible for name in scenario.proxies}
            return self._outcome
        self._backend = Backend(self._processes, self._ports, scenario.cache, scenario.body)
        if scenario.path == "/slow" and not self._backend.can_delay:
            self._outcome.missing = {name: "nginx's echo module (Debian package libnginx-mod-http-echo), which delays the backend, is missing" for name in scenario.proxies}
            return self._outcome
        certificate = self._certificate() if scenario.tls else ""
        for name in scenario.proxies:
            self._setups[name] = Setup(name, self._scratch, self._ports.take(), self._backend.port, scenario.connections, scenario.clients, self._settings.cores, self._descriptors,
                                       self._settings, self._ports, certificate, scenario.cache, scenario.bulk)
            wrong = self._start(name) or verify.fault(self._setups[name], scenario, self._backend)
            if scenario.kind in ("idle", "start") or wrong:
                self._processes.stop(name)
            if wrong:
                self._outcome.missing[name] = wrong
        names = [name for name in scenario.proxies if name not in self._outcome.missing]
        measure = {"idle": self._idle, "start": self._first_answer}.get(scenario.kind, self._loaded)
        if scenario.kind == "rate" and names:
            self._find_rate(names)
        for turn in range(self._first_turn(), self._settings.rounds + 1):
            for index in range(len(names)):
                name = names[(index + turn) % len(names)]
                if name in self._outcome.missing:
                    continue
                try:
                    row = measure(name)
                except (LoadFailure, OSError) as failure:
                    self._outcome.missing[name] = f"turn {turn}: {failure}"
                    self._outcome.rows = [row for row in self._outcome.rows if row["proxy"] != name]
                    continue
                if turn > 0:  # turn 0 is for warming up
                    self._outcome.rows.append({"turn": turn, "proxy": name, **row})
        self._outcome.rows.sort(key=lambda row: (scenario.proxies.index(row["proxy"]), row["turn"]))
        return self._outcome

    def _first_turn(self):
        return 1 if self._scenario.kind in ("idle", "start") else 0

    def _impossible(self):
        needs = getattr(self._scenario.load, "needs", ()) + ("nginx",) + (("wrk",) if self._scenario.kind == "rate" else ())
        for tool in needs:
            if shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin") is None:
                return f"{tool} is not installed"
        connections = self._scenario.clients
        if connections * 2 > self._descriptors:
            return f"{connections:,} connections need {2 * connections:,} descriptors, and `ulimit -n` gives {self._descriptors:,}"
        return None

    def _certificate(self):
        path = os.path.join(self._scratch, "cert.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", path + ".key", "-out", path], check=True, stderr=subprocess.DEVNULL)
        with open(path + ".both", "wb") as both:
            for part in (path, path + ".key"):
                with open(part, "rb") as source:
                    both.write(source.read())
        return path

    # --- starting ---

    def _start(self, name):
        try:
            command = COMMANDS[name](self._setups[name])
        except KeyError:
            raise SystemExit(f"bench: PROXIES: '{name}' is none of {' '.join(COMMANDS)}") from None
        except FileNotFoundError as missing:
            return str(missing)
        self._pids[name] = self._processes.start(name, self._pinned(command))
        if wait_for(lambda: self._answers(name), lambda: self._processes.alive(name)):
            return None
        return "it does not proxy: " + self._processes.last_words(name)

    def _pinned(self, command):
        return ["taskset", "-c", self._settings.pin, *command] if self._settings.pin else command

    def _answers(self, name):
        try:
            return verify.ask(self._setups[name], b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")[0][0].split()[1] == "200"
        except (OSError, ValueError, IndexError):
            return False

    # --- load, and what it costs ---

    def _loaded(self, name):
        scenario, settings = self._scenario, self._settings
        target = Target(self._setups[name].port, scenario.tls, settings.threads, self._rate)
        windowed = scenario.kind == "window"
        warmup = settings.warmup if settings.warmup is not None else (0 if windowed else 0.3 if settings.quick else 1)
        if warmup:
            scenario.load.run(target, max(1, round(warmup)) if isinstance(scenario.load, Wrk) else warmup)
        pid = self._pids[name]
        paused = self._paused_ms(name)
        window = {}
        before = self._look(pid)
        load = scenario.load.run(target, scenario.seconds + (SETTLE if windowed else 0), lambda: self._watch(pid, window, windowed))
        after = self._look(pid)
        if not self._processes.alive(name):
            raise LoadFailure("it ended: " + self._processes.last_words(name))
        units, seconds = load.units, load.seconds
        if windowed:
            before, after = window["begin"], window["end"]
            units, seconds = after["fetches"] - before["fetches"], after["at"] - before["at"]
        if units < 1:
            raise LoadFailure(f"nothing was answered, {load.errors} errors")
        user, system = ((after["cpu"][part] - before["cpu"][part]) * 1e6 / units for part in (0, 1))
        now_paused = self._paused_ms(name)
        return {"units": round(units, 2), "rate": round(units / seconds, 2), "user_us": round(user, 3), "system_us": round(system, 3),
                "cpu_us": round(user + system, 3), "p50_us": load.p50, "p99_us": load.p99, "p999_us": load.p999, "errors": load.errors,
                "dials": after["dials"] - before["dials"], "fetches": after["fetches"] - before["fetches"],
                "rss_kib": window.get("memory", (None,))[0], "pss_kib": window.get("memory", (None, None))[1],
                "gc_pause_ms": None if now_paused is None else round(now_paused - paused, 2)}

    def _look(self, pid):
        dials, fetches = self._backend.seen()
        return {"at": time.monotonic(), "cpu": cpu_seconds(pid), "dials": dials, "fetches": fetches}

    # While a load runs: memory in its last third; and where thousands connect, the look after that and the one before they leave.
    def _watch(self, pid, window, windowed):
        if windowed:
            time.sleep(SETTLE)
            window["begin"] = self._look(pid)
            time.sleep(max(0.5, self._scenario.seconds - 0.3))
            window["end"] = self._look(pid)
        else:
            time.sleep(self._scenario.seconds * 0.7)
        window["memory"] = memory_kib(pid)

    # Milliseconds that the garbage collector held up everything so far; None where nobody tells.
    def _paused_ms(self, name):
        if name not in ("goaround", "before"):
            return None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._metrics_port(name)}/metrics", timeout=5) as page:
                for line in page.read().decode().splitlines():
                    if line.startswith("dotnet_gc_pause_seconds_total"):
                        return float(line.split()[-1]) * 1000
        except OSError:
            pass
        return None

    def _metrics_port(self, name):
        with open(f"/proc/{self._pids[name]}/cmdline", "rb") as arguments:
            words = arguments.read().split(b"\0")
        return words[words.index(b"-prometheus-port") + 1].decode()

    # The rate all get: 70 % of what the slowest of them can do, so that each carries the same.
    def _find_rate(self, names):
        most = {}
        for name in names:
            target = Target(self._setups[name].port, self._scenario.tls, self._settings.threads)
            loads = [Wrk(64).run(target, 1 if self._settings.quick else 2) for _ in range(3)]  # the first of them warms up
            most[name] = max(load.units / load.seconds for load in loads)
        slowest = min(most, key=most.get)
        self._rate = 0.7 * most[slowest]
        self._outcome.note = f"saturation {', '.join(f'{name} {rate:,.0f}' for name, rate in most.items())} requests/s; the rate is {self._rate:,.0f}"

    # --- memory of idle clients: a fresh process each turn, since memory once used is not all given back ---

    def _idle(self, name):
        clients = self._scenario.clients // (10 if self._settings.quick else 1)
        self._outcome.note = f"{clients:,} clients"
        fault = self._start(name)
        if fault:
            raise LoadFailure(fault)
        pid = self._pids[name]
        try:
            Wrk(64).run(Target(self._setups[name].port, False, 1), 1)  # what it needs for its work it has now
            time.sleep(0.5)
            before = memory_kib(pid)
            with subprocess.Popen([sys.executable, os.path.join(HERE, "clients", "idle.py"), str(self._setups[name].port), str(clients)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
                word, held, wrong = holder.stdout.readline().split() or (b"", 0, 0)
                if word != b"HELD" or int(held) < clients * 0.99:
                    raise LoadFailure(f"of {clients:,} clients {int(held):,} were answered")
                time.sleep(1)
                after = memory_kib(pid)
                holder.stdin.close()
        finally:
            self._processes.stop(name)
        return {"units": int(held), "rss_kib": (after[0] - before[0]) / int(held), "pss_kib": (after[1] - before[1]) / int(held), "errors": int(wrong)}

    # --- start to first answer ---

    def _first_answer(self, name):
        setup = self._setups[name]
        command = self._pinned(COMMANDS[name](setup))
        begin = time.monotonic()
        pid = self._pids[name] = self._processes.start(name, command)
        try:
            while not self._answers(name):
                if not self._processes.alive(name) or time.monotonic() - begin > 10:
                    raise LoadFailure("it does not start: " + self._processes.last_words(name))
                time.sleep(0.0005)
            took = (time.monotonic() - begin) * 1000
            user, system = cpu_seconds(pid)
        finally:
            self._processes.stop(name)
        return {"units": 1, "start_ms": round(took, 2), "user_us": user * 1e6, "system_us": system * 1e6, "cpu_us": (user + system) * 1e6, "errors": 0}
