#!/usr/bin/env bash
# One inventory of this machine by kataster-agent, fusioninventory-agent and ocsinventory-agent, in
# turn: CPU seconds, peak memory, child processes, packages beside dpkg's own count. Nothing is sent:
# all three write to a local file. Needs the Debian packages fusioninventory-agent,
# ocsinventory-agent, strace and time; run as root.
#   cargo build --profile agent -p kataster-agent && tests/benchmarks/agents.sh [RUNS]
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${1:-5}
agent=target/agent/kataster-agent
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

run_agent() {
    case $1 in
    kataster) "${@:2}" "$agent" once --print -o json >"$out/kataster.json" ;;
    fusioninventory) "${@:2}" fusioninventory-agent --local="$out" --no-task=netdiscovery,netinventory,deploy,wakeonlan,collect,esx,maintenance >/dev/null 2>&1 ;;
    ocsinventory) "${@:2}" ocsinventory-agent --local="$out" >/dev/null 2>&1 ;;
    esac
}

printf 'packages installed (dpkg): %s\n' "$(dpkg-query -W -f '${db:Status-Status}\n' | grep -c '^installed$')"
printf 'packages reported: %s\n' "$("$agent" once --print -o json | grep -o '"fact": *"installed_package"' | wc -l)"
printf 'binary: %s bytes\n' "$(stat -c %s "$agent")"
for name in kataster fusioninventory ocsinventory; do
    run_agent "$name" env >/dev/null # warm caches
    for _ in $(seq "$runs"); do
        run_agent "$name" /usr/bin/time -a -o "$out/$name.times" -f '%U %S %M %e'
    done
    run_agent "$name" strace -f -qq -e trace=execve -o "$out/$name.trace"
    children=$(($(grep -c 'execve(.*) = 0' "$out/$name.trace") - 1))
    sort -n "$out/$name.times" | awk -v name="$name" -v children="$children" '
        { cpu[NR] = $1 + $2; memory[NR] = $3 / 1024; wall[NR] = $4 }
        END { middle = int((NR + 1) / 2)
              printf "%-16s CPU %.2f s  wall %.2f s  peak %.1f MB  child processes %d\n",
                     name, cpu[middle], wall[middle], memory[middle], children }'
done
