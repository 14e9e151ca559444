#!/usr/bin/env bash
# The comparison of bench/README.md; all that is measured, and how, is in bench/compare/.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v python3 >/dev/null || {
    echo "bench: python3 is missing (Debian package python3)" >&2
    exit 1
}
exec python3 bench/compare "$@"
