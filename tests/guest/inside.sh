#!/bin/bash
# What is proved in the booted guest. Each check is one line in /run/results/checks: ok or FAILED, and what.
set -u
results=/run/results
mkdir -p "$results"
cd /srv/guest || exit 1
# Under emulation everything takes its time.
WAIT_SECONDS_MAX=300

say() { echo "$*" | tee -a "$results/checks"; }
check() { # check WHAT COMMAND…
    local what=$1
    shift
    if "$@" > "$results/last" 2>&1; then
        say "ok $what"
    else
        say "FAILED $what"
        sed 's/^/    /' "$results/last" | tail -15 | tee -a "$results/checks"
    fi
}
until_true() { # until_true COMMAND…: at most WAIT_SECONDS_MAX
    local end=$((SECONDS + WAIT_SECONDS_MAX))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 1
    done
}
kataster() { runuser -u kataster -- /usr/bin/kataster --data-dir /var/lib/kataster --lang en "$@"; }
agents() { kataster agent list -o json; }
state() { agents | jq -r '.[0].state'; }
is_state() { [ "$(state 2> /dev/null)" = "$1" ]; }
agent_id() { agents | jq -r '.[0].id'; }
active() { systemctl is-active --quiet "$1"; }
inactive() { ! active "$1"; }
installed() { dpkg-query -W -f '${Version}' "$1"; }
journal() { journalctl --no-pager -o cat -u "$1" | tail -30; }

say "== the collector"
check "the collector's package installs" dpkg -i packages/kataster_*.deb
check "its unit runs" until_true active kataster.service
sed -i 's/^# names = .*/names = ["127.0.0.1"]/' /etc/kataster/kataster.toml
systemctl restart kataster.service
check "agents would reach it" until_true sh -c 'ss -ltn 2>/dev/null | grep -q :8443 || grep -q ":20FB " /proc/net/tcp /proc/net/tcp6'
check "its folder is its own" [ "$(stat -c %U:%a /var/lib/kataster)" = kataster:700 ]

say "== the agent, by a company's own package"
check "the agent's package installs" dpkg -i packages/kataster-agent_*.deb
check "without enrolment and token it does not run" inactive kataster-agent.service
kataster agent token create --kind server --uses 5 --valid 30d --approve --out /var/lib/kataster/token.txt > "$results/token" 2>&1
cp /var/lib/kataster/token.txt /run/token.txt
check "the company's package is made" deploy/company.sh /run/token.txt /run/company
check "the company's package installs" dpkg -i /run/company/*.deb
check "the token is for the agent's eyes only" [ "$(stat -c %U:%G:%a /etc/kataster-agent/token)" = root:kataster-agent:640 ]
check "the agent waits for approval" until_true is_state waiting
id=$(agent_id)
check "a person approves it" kataster agent approve "$id"
asset_count() { kataster asset list -o json | jq length; }
assets() { [ "$(asset_count)" -ge 1 ]; }
systemctl restart kataster-agent.service
check "it reports" until_true assets
kataster asset list -o json > "$results/assets.json"

say "== rights"
pid=$(systemctl show -P MainPID kataster-agent.service)
check "the agent's process is not root" [ "$(stat -c %U "/proc/$pid")" = kataster-agent ]
check "it holds no capability" grep -q '^CapEff:[[:space:]]*0000000000000000$' "/proc/$pid/status"
check "the serial number came through the reader" grep -q SN0012345 "$results/assets.json"
facts() { jq -r --arg source "$1" '.sections[].body | select(.source == $source) | .outcome.read.facts[]?' "$2"; }
check "nobody was killed by a filter of system calls" sh -c '! journalctl --no-pager | grep -qE "SIGSYS|status=31"'
systemctl list-units 'kataster*' --all --no-pager > "$results/units"
for unit in kataster.service kataster-agent.service kataster-agent-reader@1.service kataster-agent-scanner.service kataster-scanner.service; do
    systemd-analyze security --no-pager "$unit" > "$results/security-$unit" 2>&1
    say "   $unit: $(tail -1 "$results/security-$unit")"
done

say "== as an administrator sees it"
kataster-agent once --print -o json > "$results/report-root.json" 2> "$results/report-root.err"
runuser -u nobody -- kataster-agent once --print -o json > "$results/report-nobody.json" 2> "$results/report-nobody.err"
check "root sees the whole machine" grep -q SN0012345 "$results/report-root.json"
check "nobody sees less and says so" grep -q not_allowed "$results/report-nobody.json"
said() { facts "$1" "$results/report-root.json" | jq -r "$2 // empty"; }
for pair in system-manufacturer:manufacturer system-product-name:product system-version:version \
    system-serial-number:serial system-uuid:uuid system-sku-number:sku system-family:family; do
    check "SMBIOS as dmidecode reads it: ${pair%:*}" \
        [ "$(said hardware.smbios "select(.fact == \"system_product\").${pair#*:}")" = "$(dmidecode -s "${pair%:*}")" ]
done
check "the memory module of the SMBIOS" [ "$(said hardware.smbios 'select(.fact == "memory_module").serial')" = 3A5B7C9D ]
check "the NVMe disk with its serial number" [ "$(said hardware.disks 'select(.name == "nvme0n1").serial')" = SAMPLE-NVME-0001 ]
check "the TPM" [ "$(said hardware.tpm 'select(.fact == "trusted_platform_module").specification')" = 2.0 ]
check "the firmware of the TPM" [ -n "$(said hardware.tpm 'select(.fact == "firmware").version')" ]
check "Secure Boot, which is off here" [ "$(said firmware.uefi 'select(.name == "SecureBoot").value')" = 0 ]
check "the processes behind what listens" grep -q '"unit": *"ssh.service"' "$results/report-root.json"
dmidecode > "$results/dmidecode" 2>&1
dmidecode --dump-bin "$results/dmidecode.bin" > /dev/null 2>&1
check "a workbook is written" kataster export workbook --out /var/lib/kataster/guest.xlsx
cp /var/lib/kataster/guest.xlsx "$results/" 2> /dev/null
# Idle memory: main process and whatever runs beside it, proportional set size.
sleep 20
for process in $(pgrep -x kataster-agent; pgrep -f 'kataster-agent reader'); do
    sed -n "s/^Pss: */   agent process $process, PSS: /p" "/proc/$process/smaps_rollup"
done | sort -u | tee -a "$results/checks"

say "== upgrade"
before=$(installed kataster-agent)
check "the newer agent installs" dpkg -i newer/kataster-agent_*.deb
check "it is another version" [ "$before" != "$(installed kataster-agent)" ]
check "it runs" until_true active kataster-agent.service
check "the newer collector installs" dpkg -i newer/kataster_*.deb
check "it runs, too" until_true active kataster.service
check "the agent kept its identity" until_true sh -c "runuser -u kataster -- kataster --data-dir /var/lib/kataster agent list -o json | grep -q $id"
check "there is one asset" [ "$(asset_count)" = 1 ]

say "== removal"
check "the agent's package goes" dpkg -r kataster-agent-enrolment kataster-agent
check "its unit is gone" inactive kataster-agent.service
check "its enrolment is kept" test -e /var/lib/kataster-agent
check "installing it again" dpkg -i newer/kataster-agent_*.deb
check "goes on with the same identity" until_true active kataster-agent.service
check "and purging takes everything" dpkg -P kataster-agent
check "the folder is gone" test ! -e /var/lib/kataster-agent
check "the collector's package goes" dpkg -P kataster
check "the company's register stays" test -e /var/lib/kataster/kataster.sqlite

say "== the same as RPM"
# The distribution is another one, so dependencies are not asked for; files, scripts and units are the same.
enabled() { systemctl is-enabled --quiet "$1"; }
check "the agent's RPM installs" rpm -i --nodeps packages/kataster-agent-*.rpm
check "its unit is enabled" enabled kataster-agent.service
check "its configuration is marked as such" [ "$(rpm -qc kataster-agent)" = /etc/kataster-agent/agent.toml ]
check "the newer one upgrades it" rpm -U --nodeps newer/kataster-agent-*.rpm
check "there is one version" [ "$(rpm -q kataster-agent | wc -l)" = 1 ]
check "its unit is still enabled" enabled kataster-agent.service
check "the collector's RPM installs" rpm -i --nodeps packages/kataster-[0-9]*.rpm
check "it runs" until_true active kataster.service
check "both go" rpm -e kataster-agent kataster
check "no unit is left" sh -c '! systemctl list-unit-files "kataster*" --no-legend | grep -q .'
check "the company's register stays" test -e /var/lib/kataster/kataster.sqlite

journalctl --no-pager -o short-monotonic > "$results/journal"
rm -f "$results/last"
touch "$results/ended"
