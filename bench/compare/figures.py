"""Medians, ratios and targets out of the raw rows."""
import csv
import os
from dataclasses import dataclass

PEERS = ("nginx", "haproxy", "varnish")  # "best" is the better of those that took part
TARGETS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "targets.tsv")


def median(values):
    """The middle one, or the mean of the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


class Figures:
    """The rows of one scenario."""

    def __init__(self, rows):
        self.rows = rows
        self.proxies = list(dict.fromkeys(row["proxy"] for row in rows))

    def values(self, proxy, column):
        """A proxy's figures, turn by turn; those that nobody took are left out."""
        return [row[column] for row in self.rows if row["proxy"] == proxy and row.get(column) is not None]

    def median(self, proxy, column):
        """None where nothing was measured."""
        values = self.values(proxy, column)
        return median(values) if values else None

    def total(self, proxy, column):
        """Over all turns."""
        return sum(self.values(proxy, column))

    def best(self, column):
        """The lowest median of a peer; None if none took part."""
        medians = [self.median(peer, column) for peer in PEERS if peer in self.proxies]
        return min((value for value in medians if value is not None), default=None)

    def ratio(self, proxy, other, column):
        """Median to median; None if one is missing."""
        mine, theirs = self.median(proxy, column), self.median(other, column)
        return mine / theirs if mine is not None and theirs else None


@dataclass(frozen=True)
class Target:
    """A line of targets.tsv."""

    scenario: str
    metric: str
    limit: float
    against: str
    words: str

    def reached(self, all_figures):
        """What goaround's figure is, as it is compared with the limit; None where it was not measured."""
        own = all_figures.get(self.scenario)
        if own is None:
            return None
        mine = own.median("goaround", self.metric)
        if self.against == "absolute" or mine is None:
            return mine
        if self.against == "best":
            theirs = own.best(self.metric)
        elif self.against.startswith("self:"):
            other = all_figures.get(self.against.removeprefix("self:"))
            theirs = other.median("goaround", self.metric) if other else None
        else:
            theirs = own.median(self.against, self.metric)
        return mine / theirs if theirs else None


def targets():
    """All of them, in the file's order."""
    with open(TARGETS, encoding="utf-8", newline="") as file:
        return [Target(row["scenario"], row["metric"], float(row["limit"]), row["against"], row["words"]) for row in csv.DictReader(file, delimiter="\t")]


def write_rows(path, columns, rows):
    """Tab-separated, "-" for what was not measured."""
    with open(path, "w", encoding="utf-8") as out:
        out.write("\t".join(columns) + "\n")
        for row in rows:
            out.write("\t".join("-" if row.get(column) is None else str(row[column]) for column in columns) + "\n")


def read_rows(path):
    """What `write_rows` wrote."""
    def value(text):
        if text == "-":
            return None
        try:
            return float(text)
        except ValueError:
            return text

    with open(path, encoding="utf-8", newline="") as file:
        return [{name: value(text) for name, text in row.items()} for row in csv.DictReader(file, delimiter="\t")]
