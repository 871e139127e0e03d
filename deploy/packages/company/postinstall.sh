#!/bin/sh
set -e
chown root:kataster-agent /etc/kataster-agent/token
chmod 0640 /etc/kataster-agent/token
[ -d /run/systemd/system ] || exit 0
systemctl restart kataster-agent.service
