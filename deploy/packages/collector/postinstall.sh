#!/bin/sh
# dpkg calls with "configure" and the version before, rpm with 1 (installed) or 2 (upgraded).
set -e
user=kataster

if command -v systemd-sysusers >/dev/null 2>&1; then
    systemd-sysusers /usr/lib/sysusers.d/kataster.conf
elif ! getent passwd "$user" >/dev/null; then
    useradd --system --user-group --home-dir /var/lib/kataster --no-create-home \
        --shell /usr/sbin/nologin "$user"
fi

[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
systemctl enable --quiet kataster.service
systemctl restart kataster.service
systemctl try-restart kataster-scanner.service 2>/dev/null || true
