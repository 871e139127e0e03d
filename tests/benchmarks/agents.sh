#!/usr/bin/env bash
# Inventories of this machine by kataster-agent, fusioninventory-agent and ocsinventory-agent, one after
# the other in each round, so that what else the machine does falls on all three: CPU and elapsed
# seconds, peak memory, child processes and size of the result (medians), packages beside dpkg's own
# count, the sources of ours that take longest, and whether two runs say the same of the machine. Nothing
# is sent: all three write to a local file. Needs the Debian packages fusioninventory-agent,
# ocsinventory-agent, jq, strace and time; run as root, best without a network:
#   unshare -n sh -c 'ip link set lo up && tests/benchmarks/agents.sh'
#   cargo build --profile agent -p kataster-agent && tests/benchmarks/agents.sh [ROUNDS] [AGENT]
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5}
agent=${2:-target/agent/kataster-agent}
names=(kataster fusioninventory ocsinventory)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# run NAME PREFIX…: one inventory into a folder of its own. Exit status 3 of ours means that a source failed.
run() {
    local name=$1 status=0
    shift
    rm -rf "${out:?}/$name"
    mkdir "$out/$name"
    case $name in
    kataster) "$@" "$agent" once --print -o json >"$out/$name/report.json" || status=$? ;;
    fusioninventory) "$@" fusioninventory-agent --local="$out/$name" --no-task=netdiscovery,netinventory,deploy,wakeonlan,collect,esx,maintenance >/dev/null 2>&1 || status=$? ;;
    ocsinventory) "$@" ocsinventory-agent --local="$out/$name" >/dev/null 2>&1 || status=$? ;;
    esac
    printf '%s %s\n' "$name" "$status" >>"$out/statuses"
}

median() { sort -n | awk '{ it[NR] = $1 } END { print it[int((NR + 1) / 2)] }'; }
column() { awk -v at="$2" '/^[0-9]/ { print $at }' "$out/$1.times"; }
# What a run says of the machine, one line per source, without what moves by itself: times, durations and
# volatile sections. Names in clear, because each run makes pseudonyms of its own.
printf 'clear_names = true\n' >"$out/agent.toml"
steady() {
    "$agent" once --print -o json --config "$out/agent.toml" |
        jq -cS '.sections[] | select(.cadence == "steady") | .body'
}

printf 'load at the beginning: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
printf 'packages installed (dpkg): %s\n' "$(dpkg-query -W -f '${db:Status-Status}\n' | grep -c '^installed$')"
printf 'program: %s bytes\n' "$(stat -c %s "$agent")"
for name in "${names[@]}"; do
    run "$name" env # warm caches
done
printf 'packages reported: %s\n' "$(grep -c '"fact": *"installed_package"' "$out/kataster/report.json")"
for _ in $(seq "$rounds"); do
    for name in "${names[@]}"; do
        run "$name" /usr/bin/time -a -o "$out/$name.times" -f '%U %S %M %e'
        awk '/^[0-9]/ { print $1 + $2 }' "$out/$name.times" >"$out/$name.cpu"
    done
done
printf '%-16s %8s %8s %8s %9s %12s\n' agent 'CPU s' 'wall s' 'peak MB' children 'output bytes'
for name in "${names[@]}"; do
    run "$name" strace -f -qq -e trace=execve -o "$out/$name.trace"
    children=$(($(grep -c 'execve(.*) = 0' "$out/$name.trace") - 1))
    bytes=$(find "$out/$name" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')
    printf '%-16s %8.2f %8.2f %8.1f %9d %12d\n' "$name" "$(median <"$out/$name.cpu")" \
        "$(column "$name" 4 | median)" "$(column "$name" 3 | median | awk '{ print $1 / 1024 }')" "$children" "$bytes"
done
steady >"$out/first" || true
steady >"$out/second" || true
printf 'sources of which two runs say different things: %s\n' \
    "$(diff "$out/first" "$out/second" | sed -n 's/^[<>] //p' | jq -r .source | sort -u | paste -sd ' ' | grep . || echo none)"
run kataster env
printf 'longest sources (ms):\n'
jq -r '.sections[] | "\(.duration_ms) \(.body.source)"' "$out/kataster/report.json" | sort -rn | head -8 | sed 's/^/  /'
printf 'exit statuses: %s\n' "$(sort "$out/statuses" | uniq -c | awk '{ printf "%s %s (%s times)  ", $2, $3, $1 }')"
printf 'load at the end: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
