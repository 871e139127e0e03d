#!/bin/sh
# dpkg calls with "remove" or "upgrade", rpm with 0 (removed) or 1 (upgraded).
set -e
case "${1:-}" in
remove | 0) ;;
*) exit 0 ;;
esac
[ -d /run/systemd/system ] || exit 0
systemctl disable --quiet --now kataster.service kataster-scanner.service 2>/dev/null || true
