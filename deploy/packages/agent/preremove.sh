#!/bin/sh
# dpkg calls with "remove" or "upgrade", rpm with 0 (removed) or 1 (upgraded). An upgrade restarts in
# the end and keeps the agent running until then.
set -e
case "${1:-}" in
remove | 0) ;;
*) exit 0 ;;
esac
[ -d /run/systemd/system ] || exit 0
units="kataster-agent.service kataster-agent-reader.socket kataster-agent-scanner.service"
# shellcheck disable=SC2086
systemctl disable --quiet --now $units 2>/dev/null || true
