#!/bin/sh
# Removing keeps the enrolment, so that installing again continues with the same identity; dpkg's purge
# takes it away. rpm knows no purge: /var/lib/kataster-agent is left to the administrator.
set -e
if [ "${1:-}" = purge ]; then
    rm -rf /var/lib/kataster-agent /etc/kataster-agent/token
    rmdir --ignore-fail-on-non-empty /etc/kataster-agent 2>/dev/null || true
fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi
