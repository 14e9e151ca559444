"""What a run is asked to do: the environment variables of bench/README.md."""
import os
from dataclasses import dataclass, field

AD_HOC = ("CONNECTIONS", "BODY", "CACHE", "TLS", "BEFORE")  # any of these without SCENARIOS asks for one scenario of one's own


def _number(name, default, kind=int):
    text = os.environ.get(name, "")
    try:
        return kind(text) if text else default
    except ValueError:
        raise SystemExit(f"bench: {name}={text} is not a number") from None


@dataclass(frozen=True)
class Settings:
    """Read once; a duration that is None is the scenario's own."""

    scenarios: list = field(default_factory=lambda: os.environ.get("SCENARIOS", "").replace(",", " ").split())
    proxies: list = field(default_factory=lambda: os.environ.get("PROXIES", "").split())
    quick: bool = field(default_factory=lambda: os.environ.get("QUICK", "0") == "1")
    turns: int | None = field(default_factory=lambda: _number("TURNS", None))
    seconds: float | None = field(default_factory=lambda: _number("SECONDS_EACH", None, float))
    warmup: float | None = field(default_factory=lambda: _number("WARMUP", None, float))
    threads: int = field(default_factory=lambda: _number("THREADS", 1))
    cores: int = field(default_factory=lambda: _number("CORES", os.cpu_count()))
    goaround: str = field(default_factory=lambda: os.environ.get("GOAROUND") or "./bin/goaround")
    goaround_args: list = field(default_factory=lambda: os.environ.get("GOAROUND_ARGS", "").split())
    before: str = field(default_factory=lambda: os.environ.get("BEFORE", ""))
    results: str = field(default_factory=lambda: os.environ.get("RESULTS", ""))
    pin: str = field(default_factory=lambda: os.environ.get("PIN", ""))
    first_port: int = field(default_factory=lambda: _number("FIRST_PORT", 0))
    # of the scenario of one's own
    connections: int = field(default_factory=lambda: _number("CONNECTIONS", 64))
    body: int = field(default_factory=lambda: _number("BODY", 13))
    cache: bool = field(default_factory=lambda: os.environ.get("CACHE", "0") == "1")
    tls: bool = field(default_factory=lambda: os.environ.get("TLS", "0") == "1")

    @property
    def ad_hoc(self):
        """Whether one scenario is made from CONNECTIONS, BODY, CACHE and TLS."""
        return not self.scenarios and any(os.environ.get(name) for name in AD_HOC)

    @property
    def rounds(self):
        """Turns that count."""
        return self.turns or (2 if self.quick else 5)
