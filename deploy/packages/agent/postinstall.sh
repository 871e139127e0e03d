#!/bin/sh
# dpkg calls with "configure", rpm with 1 (installed) or 2 (upgraded).
set -e
user=kataster-agent

if command -v systemd-sysusers >/dev/null 2>&1; then
    systemd-sysusers /usr/lib/sysusers.d/kataster-agent.conf
elif ! getent passwd "$user" >/dev/null; then
    useradd --system --user-group --home-dir /var/lib/kataster-agent --no-create-home \
        --shell /usr/sbin/nologin "$user"
fi

# A token that lies there already is for the agent's eyes only.
if [ -f /etc/kataster-agent/token ]; then
    chown "root:$user" /etc/kataster-agent/token
    chmod 0640 /etc/kataster-agent/token
fi

[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
systemctl enable --quiet kataster-agent.service kataster-agent-reader.socket
# Each reader is a process of its own that ends with its questions: the next is of this version.
systemctl restart kataster-agent-reader.socket
# Its conditions keep it from starting where there is neither enrolment nor token.
systemctl restart kataster-agent.service
