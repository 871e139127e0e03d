#!/bin/sh
# Records what testparm says of each sample, as root, with /etc/samba replaced in a mount namespace.
set -eu
cd "$(dirname "$0")"
testparm -s -v debian.conf 2>/dev/null > debian.truth
unshare -m sh -c "mount --bind made /etc/samba; testparm -s -v 2>/dev/null" > made.truth
