#!/usr/bin/env bash
# The lab, scanned by Kataster and by nmap in one run: how much of the truth each has, and how long
# each took. Root; the daemons of `.ci/run` and nmap. `lab.sh [BUILD FOLDER]`, default target/release.
set -euo pipefail
cd "$(dirname "$0")/../.."
programs=${1:-target/release}
folder=$(mktemp -d /tmp/kl-bench.XXXXXX)
mkfifo "$folder/orders"
"$programs/lab" up "$folder/lab" < "$folder/orders" > "$folder/log" &
lab=$!
exec 9> "$folder/orders"
# The lab vanishes when its orders end.
trap 'exec 9>&-; wait "$lab" || true; rm -rf "$folder"' EXIT
until grep -q stands "$folder/log"; do kill -0 "$lab"; sleep 0.2; done
inside() { "$programs/lab" exec "$folder/lab" kataster01 "$@"; }

networks=(10.20.1.0/24 10.20.2.0/24 10.20.3.0/24 10.20.4.0/24 10.30.1.0/24)
excluded=10.20.4.66
printf '[[snmp]]\nversion = "v2c"\ncommunity = "kl-read"\nscope = ["10.20.0.0/16", "10.30.0.0/16"]\n\n' > "$folder/lab/shared/credentials.toml"
printf '[[snmp]]\nversion = "v3"\nuser = "kluser"\nauth = "sha"\nauth_password = "kl-auth-password"\npriv = "aes"\npriv_password = "kl-priv-password"\nscope = ["10.20.1.0/24"]\n' >> "$folder/lab/shared/credentials.toml"
chmod 600 "$folder/lab/shared/credentials.toml"

echo "== Kataster, without any agent"
began=$(date +%s.%N)
inside kataster --lang en --data-dir /var/lib/kataster-bench scan run "${networks[@]}" \
    fd20:0:0:1::/64 --exclude "$excluded" --profile normal --allow-range \
    --credentials /lab/credentials.toml -o json > "$folder/scan.json" || echo "exit code $?"
awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "seconds %.1f\n", b - a }'
"$programs/lab" compare "$folder/lab/truth.json" "$folder/scan.json"
grep -H . "$folder"/lab/shared/meters/* | sed 's/.*meters.//'

echo "== nmap -sS -sV -O --traceroute"
began=$(date +%s.%N)
inside nmap -n -sS -sV -O --traceroute --exclude "$excluded" -oX /lab/nmap.xml "${networks[@]}" > /dev/null
awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "seconds %.1f\n", b - a }'
"$programs/lab" compare "$folder/lab/truth.json" "$folder/lab/shared/nmap.xml"
echo "the meters after both:"
grep -H . "$folder"/lab/shared/meters/* | sed 's/.*meters.//'
