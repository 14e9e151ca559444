"""Processes that a run starts, by id, and what /proc says of each one's whole tree."""
import glob
import os
import random
import resource
import signal
import socket
import subprocess
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Processes:
    """Starts, and at the end stops, what one scenario needs."""

    def __init__(self, scratch):
        self.scratch = scratch
        self._running = {}

    def start(self, name, command, environment=None):
        """Starts a process whose output lands in the scratch; returns its id."""
        with open(self.log(name), "wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                       env={**os.environ, **(environment or {})})
        self._running[name] = process
        return process.pid

    def log(self, name):
        """Where what it says goes."""
        return os.path.join(self.scratch, name + ".log")

    def last_words(self, name):
        """The first line that tells why it did not come up."""
        with open(self.log(name), encoding="utf-8", errors="replace") as log:
            lines = [line.strip() for line in log if line.strip()]
        telling = [line for line in lines if any(word in line.lower() for word in ("alert", "emerg", "error", "fail"))]
        return (telling or lines or ["it said nothing"])[0]

    def alive(self, name):
        """Whether it has not ended by itself."""
        return self._running[name].poll() is None

    def stop(self, name):
        """SIGTERM, and SIGKILL to its tree after five seconds."""
        process = self._running.pop(name, None)
        if process is None or process.poll() is not None:
            return
        tree = family(process.pid)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            for one in tree:
                try:
                    os.kill(one, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            process.wait()

    def stop_all(self):
        """Ends what was started here, and nothing else."""
        for name in list(self._running):
            self.stop(name)


def family(pid):
    """The ids of a process and of all its descendants."""
    found = [pid]
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path, encoding="ascii") as children:
                for child in children.read().split():
                    found += family(int(child))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def cpu_seconds(pid):
    """User and system CPU time of a process tree so far: fields 14 and 15 of /proc/PID/stat, counted behind the name."""
    user = system = 0
    for one in family(pid):
        try:
            with open(f"/proc/{one}/stat", encoding="ascii", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        user += int(fields[11])
        system += int(fields[12])
    return user / TICKS_PER_SECOND, system / TICKS_PER_SECOND


def memory_kib(pid):
    """Resident and proportional memory of a process tree, KiB: pages that its processes share count once in the second."""
    resident = proportional = 0
    for one in family(pid):
        try:
            with open(f"/proc/{one}/smaps_rollup", encoding="ascii") as rollup:
                for line in rollup:
                    if line.startswith("Rss:"):
                        resident += int(line.split()[1])
                    elif line.startswith("Pss:"):
                        proportional += int(line.split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return resident, proportional


def raise_descriptor_limit():
    """As many descriptors as this user may have, at most 100,000; returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (100_000, hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
            break
        except (ValueError, OSError):
            continue
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Ports:
    """Ports nobody listens on, below the range the kernel takes client ports from."""

    def __init__(self, first=0):
        self._next = first or 20_000 + random.randrange(5_000)

    def take(self):
        """One that nobody has."""
        while True:
            port = self._next
            self._next += 1
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue


def wait_for(condition, process_alive, seconds=15):
    """Whether a condition came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        if not process_alive():
            return False
        time.sleep(0.05)
    return False
