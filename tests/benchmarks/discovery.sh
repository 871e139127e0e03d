#!/usr/bin/env bash
# Discovery beside nmap and arp-scan, and the engine beside a plain batched sender, in network
# namespaces that this script makes and removes: a scanner, a target with many addresses, and between
# them a wire: a bridge (clean), or `lab wire` with 10 ms and 1 % loss each way. Nothing leaves them.
# "engine" is the engine alone; "kataster" is the whole command as a person types it, from the start of
# the program to the printed document: scanner process, ingest, reconciling, store and all.
# Needs root, iproute2, nmap and arp-scan.
#   cargo build --release -p kataster && cargo build --release -p scan --example scan_engine_load
#   cargo build --release -p tests --bin lab
#   tests/benchmarks/discovery.sh [RUNS] [FOLDER OF THE THREE PROGRAMS]
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${1:-5}
folder=$(realpath "${2:-target/release}")
load=$folder/examples/scan_engine_load
lab=$folder/lab
kataster=$folder/kataster
data=$(mktemp -d)
scanner=raw-a middle=raw-m target=raw-b
wire=

remove() {
    [ -n "$wire" ] && kill "$wire" 2>/dev/null
    wire=
    for name in $scanner $middle $target; do ip netns del $name 2>/dev/null || true; done
}
trap 'remove; rm -rf "$data"' EXIT

# $1: clean or lossy.
make() {
    remove
    for name in $scanner $middle $target; do
        ip netns add $name
        ip -n $name link set lo up
    done
    ip link add a0 netns $scanner type veth peer name m0 netns $middle
    ip link add b0 netns $target type veth peer name m1 netns $middle
    ip -n $middle link set m0 up
    ip -n $middle link set m1 up
    if [ "$1" = clean ]; then
        ip -n $middle link add br0 type bridge
        ip -n $middle link set m0 master br0
        ip -n $middle link set m1 master br0
        ip -n $middle link set br0 up
    else
        ip netns exec $middle "$lab" wire m0 m1 10 1 &
        wire=$!
    fi
    ip -n $scanner addr add 10.77.0.1/20 dev a0
    ip -n $scanner link set a0 up
    ip -n $scanner route add default via 10.77.15.254
    ip -n $target addr add 10.77.15.254/20 dev b0
    ip -n $target link set b0 up
    # A wire in user space needs whole checksums.
    ip netns exec $target ethtool -K b0 tx off >/dev/null 2>&1 || true
    # With its own address 600 live in the segment, and 30 behind; the dead ones are dropped in silence.
    for i in $(seq 1 599); do
        echo "route add local 10.77.$((i * 6 / 250)).$((i * 6 % 250 + 2))/32 dev lo"
    done | ip -n $target -batch -
    ip -n $target route add blackhole 10.79.0.0/16
    for i in $(seq 1 30); do echo "route add local 10.79.0.$((i * 8))/32 dev lo"; done | ip -n $target -batch -
    for _ in $(seq 50); do
        ip netns exec $scanner "$load" discover 10.77.15.254/32 1000 | grep -q '"found":1' && return
    done
    echo "the target does not answer" >&2
    exit 1
}

# Name, then the command: seconds and hosts of each run, the median first.
measure() {
    local name=$1
    shift
    for _ in $(seq "$runs"); do
        local begin end found
        begin=$(date +%s%N)
        found=$(ip netns exec $scanner "$@" 2>/dev/null | grep -oE '"(found|answered)": ?[0-9]+|[0-9]+ responded|[0-9]+ hosts up' | grep -oE '[0-9]+' | tail -1)
        end=$(date +%s%N)
        echo "$(((end - begin) / 1000000)) ${found:-0}"
    done | sort -n | awk -v name="$name" '{ time[NR] = $1; found = found " " $2 }
        END { printf "  %-34s %6.2f s   hosts%s\n", name, time[int((NR + 1) / 2)] / 1000, found }'
}

# The command, on a data folder that is new for each network and quality.
command_of() { command=("$kataster" --lang en --data-dir "$data/$1" scan run "$2" --profile deep --probes discovery --allow-range --rate 20000 -o json); }

for quality in clean lossy; do
    if [ "$quality" = lossy ] && [ ! -x "$lab" ]; then
        echo "lossy: no $lab"
        continue
    fi
    make $quality
    echo "$quality, ARP /20, 600 live:"
    command_of "$quality-near" 10.77.0.0/20
    measure kataster "${command[@]}"
    measure engine "$load" discover 10.77.0.0/20 20000
    measure "arp-scan -B20M -r2 -t200" arp-scan -I a0 -B20M -r2 -t200 10.77.0.0/20
    measure "nmap -PR -T4" nmap -n -sn -PR -T4 10.77.0.0/20
    measure "nmap -PR -T4 --min-rate 20000" nmap -n -sn -PR -T4 --min-rate 20000 10.77.0.0/20
    echo "$quality, /24 behind a router, 30 live:"
    command_of "$quality-far" 10.79.0.0/24
    measure kataster "${command[@]}"
    measure engine "$load" discover 10.79.0.0/24 20000
    measure "nmap -sn" nmap -n -sn 10.79.0.0/24
    measure "nmap -sn -T4 --min-rate 20000" nmap -n -sn -T4 --min-rate 20000 10.79.0.0/24
done

make clean
echo "engine beside a plain sender (sendmmsg of 128 times one frame), unpaced:"
for _ in $(seq "$runs"); do
    ip netns exec $scanner "$load" flood 10.79.1.0/24 400000 |
        grep -oE '"cpu_seconds_of_process":[0-9.]+|"packets_per_second":[0-9.]+|"what":"[a-z]+"' | paste -sd' '
done
