#!/bin/sh
# Records what cvtsudoers says of each sample, as root, with the files put in place in a mount namespace.
set -eu
cd "$(dirname "$0")"
cvtsudoers -e -f json debian.sudoers > debian.json
unshare -m sh -c 'mount -t tmpfs none /mnt; cp -r /etc/. /mnt/ 2>/dev/null || true
    cp made/sudoers made/sudoers.more "made/more one" /mnt/; rm -r /mnt/sudoers.d; cp -r made/sudoers.d /mnt/
    chown -R root:root /mnt/sudoers* "/mnt/more one"; chmod -R go-w /mnt/sudoers* "/mnt/more one"
    mount --bind /mnt /etc; cvtsudoers -e -f json /etc/sudoers' > made.json
# cvtsudoers 1.9.13 forgets the braces around this one option.
sed -i 's/^\( *\)\("runcwd": .*\),$/\1{ \2 },/' made.json
