#!/bin/sh
# The register of the company is never removed with the program, not even by dpkg's purge: it may be the
# only copy. Who wants it gone removes /var/lib/kataster by hand.
set -e
if [ "${1:-}" = purge ] && [ -d /var/lib/kataster ]; then
    echo "kataster: /var/lib/kataster with the company's register is kept" >&2
fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi
