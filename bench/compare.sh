#!/usr/bin/env bash
# nginx, HAProxy and goaround side by side on this machine: one run, by turns, the same backend and the same load.
# Measured for each: CPU time of the whole proxy per request (user and system, all its processes), requests a second,
# latency, errors. Printed: medians over the turns, and CPU against nginx and HAProxy. Raw figures: bench/results/.
#
# Settings, as environment variables:
#   PROXIES      which, in this order            default "nginx haproxy goaround haproxy-tcp" (the last relays bytes only: the floor)
#   CACHE        1: each answers from its cache; default of PROXIES then "nginx haproxy varnish goaround"   default 0
#   TURNS        how often each is measured      default 5
#   SECONDS_EACH length of one measurement       default 4
#   WARMUP       seconds of load before each     default 1
#   CONNECTIONS  keep-alive client connections   default 64 (try 1000)
#   THREADS      of the load generator           default 1
#   CORES        threads or workers each proxy may use   default the number of cores
#   TLS          1: clients speak TLS (certificate made here)   default 0
#   BODY         bytes of the response's body    default 13
#   GOAROUND     the executable to measure       default ./bin/goaround
#   GOAROUND_ARGS  more flags for it             default none
#   BEFORE       an older executable, measured as "before" by turns with the new one   default none
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin

cache=${CACHE:-0}
proxies="nginx haproxy goaround haproxy-tcp"
[[ $cache == 1 ]] && proxies="nginx haproxy varnish goaround"
proxies=${PROXIES:-$proxies}
turns=${TURNS:-5}
seconds=${SECONDS_EACH:-4}
warmup=${WARMUP:-1}
connections=${CONNECTIONS:-64}
threads=${THREADS:-1}
cores=${CORES:-$(getconf _NPROCESSORS_ONLN)}
tls=${TLS:-0}
body_bytes=${BODY:-13}
goaround=${GOAROUND:-./bin/goaround}
before=${BEFORE:-}
[[ -z $before ]] || proxies+=" before"
read -ra goaround_args <<< "${GOAROUND_ARGS:-}"
scheme=http
[[ $tls == 1 ]] && scheme=https

scratch=$(mktemp -d "${TMPDIR:-/tmp}/goaround-bench.XXXXXX")
chmod 755 "$scratch" # nginx workers run as another user
results=bench/results/$(date -u +%Y%m%dT%H%M%SZ)
load_before=$(cut -d' ' -f1 /proc/loadavg)
declare -A process port why_not
measured=()

fail() {
    echo "bench: $*" >&2
    exit 1
}

# Ends what this script started, by id, and nothing else.
stop_all() {
    local name
    for name in "${!process[@]}"; do
        kill -TERM "${process[$name]}" 2>/dev/null || true
    done
    for name in "${!process[@]}"; do
        for _ in {1..50}; do
            kill -0 "${process[$name]}" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "${process[$name]}" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap stop_all EXIT
trap 'exit 130' INT TERM

# A port nobody listens on; below the range the kernel takes client ports from.
next_port=$((20000 + RANDOM % 5000))
free_port() {
    while (exec 3<> "/dev/tcp/127.0.0.1/$next_port") 2>/dev/null; do
        next_port=$((next_port + 1))
    done
    free=$next_port
    next_port=$((next_port + 1))
}

start() { # name command...
    local name=$1
    shift
    "$@" > "$scratch/$name.log" 2>&1 &
    process[$name]=$!
}

# The id of a process and of all its descendants.
family() {
    local children child
    echo "$1"
    read -ra children <<< "$(cat /proc/"$1"/task/*/children 2>/dev/null | tr '\n' ' ')"
    for child in "${children[@]}"; do
        family "$child"
    done
}

# user and system CPU ticks of a process tree so far: fields 14 and 15 of /proc/PID/stat, counted behind the name.
cpu_ticks() {
    local id stat
    for id in $(family "$1"); do
        stat=$(cat "/proc/$id/stat" 2>/dev/null) || continue
        echo "${stat##*) }"
    done | awk '{ u += $12; s += $13 } END { print u + 0, s + 0 }'
}

wait_until_it_answers() { # name url expected
    for _ in {1..100}; do
        if [[ $(curl -sk --max-time 2 "$2" 2>/dev/null) == "$3" ]]; then
            return 0
        fi
        kill -0 "${process[$1]}" 2>/dev/null || break
        sleep 0.1
    done
    return 1
}

[[ -r /proc/self/stat ]] || fail "CPU times are read from /proc, which this system has not"
command -v wrk >/dev/null || fail "wrk is missing (Debian package wrk)"
command -v nginx >/dev/null || fail "nginx is missing (Debian package nginx); the backend is one"
command -v curl >/dev/null || fail "curl is missing (Debian package curl)"
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"

# --- the backend ---------------------------------------------------------------------------------------------------
free_port; backend_port=$free
free_port; status_port=$free
body=$(head -c "$body_bytes" < /dev/zero | tr '\0' 'x')
answer="return 200 \"$body\";"
if ((body_bytes > 2048)); then # nginx takes no parameter longer than its buffer of 4 KiB
    printf %s "$body" > "$scratch/body"
    answer="root $scratch; try_files /body =404; sendfile on; open_file_cache max=10 inactive=1h; open_file_cache_valid 1h;"
fi
cat > "$scratch/backend.conf" <<END
worker_processes 1;
daemon off;
pid $scratch/backend.pid;
error_log $scratch/backend.err crit;
events { worker_connections 16384; }
http {
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_body_temp_path $scratch/b1; proxy_temp_path $scratch/b2; fastcgi_temp_path $scratch/b3;
    uwsgi_temp_path $scratch/b4; scgi_temp_path $scratch/b5;
    server {
        listen 127.0.0.1:$backend_port backlog=4096;
        default_type text/plain;
        $([[ $cache == 1 ]] && echo 'add_header Cache-Control max-age=3600;')
        location / { $answer }
    }
    server {
        listen 127.0.0.1:$status_port;
        location / { stub_status; }
    }
}
END
start backend nginx -c "$scratch/backend.conf"
wait_until_it_answers backend "http://127.0.0.1:$backend_port/" "$body" || fail "the backend did not start: $(cat "$scratch"/backend.*)"

# --- the proxies ---------------------------------------------------------------------------------------------------
if [[ $tls == 1 ]]; then
    command -v openssl >/dev/null || fail "openssl is missing"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
        -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>/dev/null
    cat "$scratch/cert.pem" "$scratch/key.pem" > "$scratch/both.pem"
fi

start_nginx() {
    local listen="127.0.0.1:${port[nginx]} backlog=4096"
    [[ $tls == 1 ]] && listen+=" ssl; ssl_certificate $scratch/cert.pem; ssl_certificate_key $scratch/key.pem"
    local keep_cache="" use_cache=""
    if [[ $cache == 1 ]]; then
        # Its cache is files, which the kernel keeps in memory; these keep them open, and send without a copy.
        keep_cache="proxy_cache_path $scratch/n6 keys_zone=c:10m; open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h; sendfile on; tcp_nopush on;"
        use_cache="proxy_cache c;"
    fi
    cat > "$scratch/nginx.conf" <<END
worker_processes $cores;
daemon off;
pid $scratch/nginx.pid;
error_log $scratch/nginx.err crit;
events { worker_connections 16384; }
http {
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_body_temp_path $scratch/n1; proxy_temp_path $scratch/n2; fastcgi_temp_path $scratch/n3;
    uwsgi_temp_path $scratch/n4; scgi_temp_path $scratch/n5;
    $keep_cache
    upstream backend {
        server 127.0.0.1:$backend_port;
        keepalive $connections;
        keepalive_requests 1000000000;
        keepalive_timeout 1h;
    }
    server {
        listen $listen;
        location / {
            $use_cache
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host \$host;
            proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto \$scheme;
        }
    }
}
END
    start nginx nginx -c "$scratch/nginx.conf"
}

# HAProxy drops idle connections to the backend when it holds too large a share of the descriptors it may have: hence
# a high maxconn and high ratios. With a maxconn near the load it dialled for every other request.
start_haproxy_as() { # name mode
    local listen="127.0.0.1:${port[$1]}"
    [[ $tls == 1 ]] && listen+=" ssl crt $scratch/both.pem"
    local http=""
    [[ $2 == http ]] && http=$'option forwardfor\n    option http-keep-alive\n    http-request set-header X-Forwarded-Proto '$scheme
    local store="" use_cache=""
    if [[ $cache == 1 ]]; then
        store=$'cache c\n    total-max-size 256\n    max-object-size 1048576\n    max-age 3600'
        use_cache=$'http-request cache-use c\n    http-response cache-store c'
    fi
    cat > "$scratch/$1.cfg" <<END
global
    nbthread $cores
    maxconn $((($(ulimit -n) - 1000) / 2))
    tune.pool-low-fd-ratio 90
    tune.pool-high-fd-ratio 95
defaults
    mode $2
    timeout connect 5s
    timeout client 1h
    timeout server 1h
$store
frontend in
    bind $listen
    $http
    $use_cache
    default_backend out
backend out
    $([[ $2 == http ]] && echo "http-reuse always")
    server one 127.0.0.1:$backend_port $([[ $2 == http ]] && echo "pool-max-conn -1 pool-purge-delay 1h")
END
    start "$1" haproxy -db -f "$scratch/$1.cfg"
}

# It logs every request into shared memory, as it always does; nothing reads that here.
start_varnish() {
    start varnish varnishd -F -n "$scratch/varnish" -a "127.0.0.1:${port[varnish]}" -b "127.0.0.1:$backend_port" -s malloc,256m
}

start_goaround_as() { # name executable
    free_port
    local flags=(-p "${port[$1]}" -b "http://127.0.0.1:$backend_port" -prometheus-port "$free"
        -control-socket "$scratch/$1.sock" -n "$((connections > 256 ? connections : 256))")
    [[ $tls == 1 ]] && flags+=(-cacert "$scratch/cert.pem" -privkey "$scratch/key.pem")
    [[ $cache == 1 ]] && flags+=(-cache)
    start "$1" "$2" "${flags[@]}" "${goaround_args[@]}"
}

for name in $proxies; do
    case $name in
        nginx) tool=nginx ;;
        haproxy | haproxy-tcp) tool=haproxy ;;
        varnish) tool=varnishd ;;
        goaround) tool=$goaround ;;
        before) tool=$before ;;
        *) fail "PROXIES: '$name' is none of nginx, haproxy, varnish, goaround, haproxy-tcp" ;;
    esac
    if ! command -v "$tool" >/dev/null; then
        why_not[$name]="$tool is not installed"
        continue
    fi
    free_port; port[$name]=$free
    case $name in
        nginx) start_nginx ;;
        haproxy) start_haproxy_as haproxy http ;;
        haproxy-tcp) start_haproxy_as haproxy-tcp tcp ;;
        varnish) start_varnish ;;
        goaround | before) start_goaround_as "$name" "$tool" ;;
    esac
    # Through the proxy comes what the backend answers, so it is the backend that answered.
    if wait_until_it_answers "$name" "$scheme://127.0.0.1:${port[$name]}/" "$body"; then
        measured+=("$name")
    else
        why_not[$name]="it does not proxy: $(grep -m 1 . "$scratch/$name.log" || echo "it said nothing")"
    fi
done
[[ ${#measured[@]} -gt 0 ]] || fail "nothing to measure: ${why_not[*]}"

# --- the turns -----------------------------------------------------------------------------------------------------
cat > "$scratch/report.lua" <<'END'
done = function(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("RESULT %d %.0f %.0f %.0f %d\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
END
mkdir -p "$results"
raw=$results/raw.tsv
ticks_per_second=$(getconf CLK_TCK)
printf 'turn\tproxy\trequests\trps\tuser_us\tsystem_us\tcpu_us\tp50_us\tp99_us\terrors\tdials\tfetches\n' > "$raw"

load() { # name seconds
    wrk -t "$threads" -c "$connections" -d "${2}s" --timeout 10s -s "$scratch/report.lua" "$scheme://127.0.0.1:${port[$1]}/" \
        | awk '$1 == "RESULT" { print $2, $3, $4, $5, $6 }'
}

# Connections the backend has accepted and requests it got, this question's own among them.
seen() {
    curl -s "http://127.0.0.1:$status_port/" | awk 'NR == 3 { print $1, $3 }'
}

measure() { # turn name
    local before after line dials fetches now_dials now_fetches
    [[ $warmup == 0 ]] || load "$2" "$warmup" > /dev/null
    read -r dials fetches <<< "$(seen)"
    before=$(cpu_ticks "${process[$2]}")
    line=$(load "$2" "$seconds")
    after=$(cpu_ticks "${process[$2]}")
    read -r now_dials now_fetches <<< "$(seen)"
    echo "$before $after $line $((now_dials - dials - 1)) $((now_fetches - fetches - 1))" | awk -v turn="$1" -v name="$2" -v hz="$ticks_per_second" -v OFS='\t' '{
        requests = $5 > 0 ? $5 : 1
        u = ($3 - $1) * 1e6 / hz / requests
        s = ($4 - $2) * 1e6 / hz / requests
        print turn, name, $5, sprintf("%.0f", $5 * 1e6 / $6), sprintf("%.3f", u), sprintf("%.3f", s), sprintf("%.3f", u + s), $7, $8, $9, $10, $11
    }' >> "$raw"
}

count=${#measured[@]}
echo "measuring ${measured[*]}: $turns turns of $seconds s each, about $((turns * count * (seconds + warmup))) s" >&2
for ((turn = 0; turn < turns; turn++)); do
    for ((i = 0; i < count; i++)); do
        measure $((turn + 1)) "${measured[(turn + i) % count]}"
    done
done

# --- the table -----------------------------------------------------------------------------------------------------
version_of() {
    case $1 in
        nginx) nginx -v 2>&1 | sed 's/.*nginx\//nginx /' ;;
        varnish) varnishd -V 2>&1 | sed -n 's/^varnishd (varnish-\([^ ]*\).*/Varnish \1/p' ;;
        haproxy) haproxy -v | awk 'NR == 1 { print "HAProxy " $3 }' ;;
        goaround) echo "goaround $("$goaround" -version 2>/dev/null | head -1 | sed 's/^goaround //')" ;;
    esac
}

{
    echo "$(date -u '+%Y-%m-%d %H:%M UTC'), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr), load before $load_before"
    for name in "${measured[@]}"; do version_of "$name"; done | paste -sd, | sed 's/,/, /g'
    echo "$scheme, $connections keep-alive connections, GET of $body_bytes bytes$([[ $cache == 1 ]] && echo ' from the cache'), $turns turns of $seconds s, up to $cores threads each, backend nginx with 1 worker"
    echo
    awk -F'\t' -v order="${measured[*]}" '
        NR > 1 { n[$2]++; for (f = 4; f <= 9; f++) value[$2, f, n[$2]] = $f; errors[$2] += $10; dials[$2] += $11; fetches[$2] += $12 }
        function median(name, f,    i, j, k, t, a) {
            k = n[name]
            for (i = 1; i <= k; i++) a[i] = value[name, f, i] + 0
            for (i = 2; i <= k; i++) for (j = i; j > 1 && a[j - 1] > a[j]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
            return k % 2 ? a[(k + 1) / 2] : (a[k / 2] + a[k / 2 + 1]) / 2
        }
        function ratio(name, other) { return n[other] ? sprintf("%.2f", median(name, 7) / median(other, 7)) : "-" }
        END {
            printf "%-12s %9s %8s %8s %9s %10s %10s %9s %8s %8s %7s %7s %9s\n", "proxy", "CPU us/rq", "user", "system", "x nginx", "x HAProxy", "x Varnish", "rq/s", "p50 us", "p99 us", "errors", "dials", "fetches"
            k = split(order, names, " ")
            for (i = 1; i <= k; i++) {
                name = names[i]
                printf "%-12s %9.1f %8.1f %8.1f %9s %10s %10s %9.0f %8.0f %8.0f %7d %7d %9d\n", name, median(name, 7), median(name, 5), median(name, 6),
                    ratio(name, "nginx"), ratio(name, "haproxy"), ratio(name, "varnish"), median(name, 4), median(name, 8), median(name, 9), errors[name], dials[name], fetches[name]
            }
        }' "$raw"
    for name in "${!why_not[@]}"; do
        echo "not measured: $name: ${why_not[$name]}"
    done
} | tee "$results/table.txt"
echo "raw figures: $raw" >&2
