#!/bin/sh
# Records the files of /proc/sys, what sysctl says of them, and the order in which it takes files; as root.
set -eu
cd "$(dirname "$0")"
: > raw; : > truth
sed -n '/^const KEYS/,/^];/s/^ *"\(.*\)",$/\1/p' ../../kernel.rs | while read -r key; do
    path=/proc/sys/$(echo "$key" | tr . /)
    if [ -r "$path" ]; then
        { echo "== $key"; cat "$path"; } >> raw
        echo "$key = $(sysctl -n "$key")" >> truth
    fi
done
unshare -m sh -c "mount --bind files/etc /etc/sysctl.d; mount --bind files/lib /usr/lib/sysctl.d
    mount --bind /dev/null /etc/sysctl.conf; sysctl --system --dry-run" > order
