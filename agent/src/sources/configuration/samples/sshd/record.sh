#!/bin/sh
# Records what `sshd -T` says of each sample, as root, with /etc/ssh replaced in a mount namespace.
set -eu
cd "$(dirname "$0")"
for sample in debian hardened included odd; do
    work=$(mktemp -d)
    cp -r "$sample/." "$work"
    rm -f "$work/truth"
    ssh-keygen -q -t ed25519 -N '' -f "$work/ssh_host_ed25519_key"
    ssh-keygen -q -t rsa -b 3072 -N '' -f "$work/ssh_host_rsa_key"
    ssh-keygen -q -t ecdsa -N '' -f "$work/ssh_host_ecdsa_key"
    unshare -m sh -c "mount --bind $work /etc/ssh; mkdir -p /run/sshd; sshd -T" > "$sample/truth"
    rm -r "$work"
done
