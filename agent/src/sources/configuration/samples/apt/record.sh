#!/bin/sh
# Records what apt-config says of the samples, as root, with the folder replaced in a mount namespace.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
cp 01autoremove 20auto-upgrades 50unattended-upgrades 99made "$work"
unshare -m sh -c "mount --bind $work /etc/apt/apt.conf.d; apt-config dump" > truth
rm -r "$work"
