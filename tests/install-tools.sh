#!/bin/sh
# Installs the tools named as arguments where they are missing: on Debian as root by apt-get, else it says what is
# missing. What cannot be had does not stop the caller: the tests that need it say so themselves.
set -u

package_of() {
    case $1 in
        nc) echo netcat-openbsd ;;
        promtool) echo prometheus ;;
        unshare) echo util-linux ;;
        varnishd) echo varnish ;;
        ip) echo iproute2 ;;
        ngx_http_echo_module.so) echo libnginx-mod-http-echo ;;
        *) echo "$1" ;;
    esac
}

missing=
packages=
for tool in "$@"; do
    if ! command -v "$tool" >/dev/null 2>&1 && [ ! -x "/usr/sbin/$tool" ] && [ ! -e "/usr/lib/nginx/modules/$tool" ]; then
        missing="$missing $tool"
        packages="$packages $(package_of "$tool")"
    fi
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "missing:$missing (Debian packages:$packages); what needs them fails or is left out" >&2
    exit 0
fi

# The packages bring services that would start at once; this file is how Debian says no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT INT TERM
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi

echo "installing$packages"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of names
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $packages; } > "$log" 2>&1 < /dev/null; then
    tail -5 "$log" >&2
    echo "missing:$missing; apt-get could not install$packages" >&2
fi
rm -f "$log"
