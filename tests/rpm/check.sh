#!/usr/bin/env bash
# Installs, changes, upgrades, verifies and removes the .rpm packages with rpm(8) in a root and a database of their
# own, their dependencies asked for and their scripts run there.
#
#   tests/rpm/check.sh PACKAGES NEWER_PACKAGES
#
# Both folders hold packages of deploy/packages/build.sh, the second of a higher version. The root is made of two
# packages built here: this machine's C library as `glibc`, and BusyBox with systemd-sysusers. systemctl is a script
# there that writes down how it is called. So this is rpm's own handling of files, marks, versions and scripts; a
# distribution with its policies (SELinux, dnf, file triggers) it is not. Needs root, rpm, rpmbuild, busybox-static and
# systemd. Takes some ten seconds. Exit code 1 if anything failed.
set -euo pipefail
packages=$(realpath "${1:?folder with packages}")
newer=$(realpath "${2:?folder with newer packages}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root/var/lib/rpm" "$root/var/tmp" "$root/tmp" "$root/dev" "$root/etc"
echo 'root:x:0:0::/root:/bin/sh' > "$root/etc/passwd"
echo 'root:x:0:' > "$root/etc/group"
mknod -m 666 "$root/dev/null" c 1 3
failed=0

check() {
    local what=$1
    shift
    if "$@" > "$work/said" 2>&1; then
        echo "ok   $what"
    else
        failed=1
        echo "FAIL $what"
        sed 's/^/     /' "$work/said"
    fi
}
in_root() { rpm --root "$root" --dbpath /var/lib/rpm --nosignature "$@"; }
here() { [ -e "$root$1" ]; }
gone() { [ ! -e "$root$1" ]; }
# What rpm -V says of a package; nothing: all is as it was packed.
verified() { [ -z "$(in_root -V "$1")" ]; }
says() { grep -qE "$2" <<< "$(in_root -V "$1")"; }
# rpm counts a script that failed after installing as done.
done_well() { in_root "$@" > "$work/rpm" 2>&1 && ! grep -E 'scriptlet failed|^error' "$work/rpm" || { cat "$work/rpm"; return 1; }; }
refused() { ! in_root "$@" > "$work/refused" 2>&1; }
called() { grep -qxF -- "$1" "$root/called"; }
uncalled() { ! grep -q -- "$1" "$root/called"; }
forget_calls() { : > "$root/called"; }

# stand_in NAME VERSION PROVIDES: a package of the tree in $work/tree.
stand_in() {
    cat > "$work/$1.spec" <<SPEC
Name: $1
Version: $2
Release: 1
Summary: Part of the root of this check
License: none
AutoReqProv: no
$3
%description
Part of the root of this check.
%install
mkdir -p %{buildroot} && cp -a $work/tree/. %{buildroot}/
%files
$(cd "$work/tree" && find . ! -type d | sed 's,^\.,,')
SPEC
    rpmbuild --quiet -bb --define "_topdir $work/build" --define '__os_install_post %{nil}' "$work/$1.spec" \
        > "$work/build.log" 2>&1 ||
        { cat "$work/build.log" >&2; exit 1; }
    rm -rf "$work/tree"
}

# with_libraries PROGRAM: what a program is linked to, into the tree.
with_libraries() {
    ldd "$1" | grep -oE '/[^ ]+' | while read -r library; do
        install -D -m 755 "$library" "$work/tree$library"
    done
}

library=$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)
sysusers=$(command -v systemd-sysusers)
with_libraries "$sysusers"
for needed in libm.so.6 libgcc_s.so.1 libdl.so.2 libpthread.so.0 librt.so.1; do
    path=$(/sbin/ldconfig -p | sed -n "s,.*$needed .*=> ,,p" | head -1)
    [ -z "$path" ] || install -D -m 755 "$path" "$work/tree$path"
done
stand_in glibc "$library" ""
install -D -m 755 "$(command -v busybox)" "$work/tree/bin/busybox"
for applet in sh chmod chown rm rmdir cat grep id; do ln -s busybox "$work/tree/bin/$applet"; done
install -D -m 755 "$sysusers" "$work/tree/usr/bin/systemd-sysusers"
printf '#!/bin/sh\necho "$*" >> /called\n' > "$work/systemctl"
install -D -m 755 "$work/systemctl" "$work/tree/usr/bin/systemctl"
stand_in base 1 "Provides: /bin/sh"
built() { find "$work/build/RPMS" -name "$1-*.rpm"; }

agent=$(echo "$packages"/kataster-agent-[0-9]*.rpm)
agent_newer=$(echo "$newer"/kataster-agent-[0-9]*.rpm)
collector=$(echo "$packages"/kataster-[0-9]*.rpm)
collector_newer=$(echo "$newer"/kataster-[0-9]*.rpm)
settings=/etc/kataster-agent/agent.toml

check "the root's own packages install" done_well -i "$(built base)"
check "without the C library the agent is refused" refused -i "$agent"
check "and rpm says why" grep -q 'glibc >= .* is needed' "$work/refused"
check "the C library installs" done_well -i "$(built glibc)"

echo "== a system that is not booted (an image that is built)"
forget_calls
check "the agent installs" done_well -i "$agent"
check "every file is as it was packed" verified kataster-agent
check "its account was made" grep -q '^kataster-agent:' "$root/etc/passwd"
check "its program runs" chroot "$root" /usr/bin/kataster-agent --version
check "no service was touched" [ ! -s "$root/called" ]
check "it goes" done_well -e kataster-agent
check "with its program" gone /usr/bin/kataster-agent
check "and its unit" gone /usr/lib/systemd/system/kataster-agent.service

echo "== a booted system"
mkdir -p "$root/run/systemd/system" "$root/etc/kataster-agent"
forget_calls
echo secret > "$root/etc/kataster-agent/token"
check "the agent installs" done_well -i "$agent"
check "its units are enabled" called "enable --quiet kataster-agent.service kataster-agent-reader.socket"
check "and started" called "restart kataster-agent.service"
check "the token is for the agent alone" [ "$(stat -c %a:%G "$root/etc/kataster-agent/token" 2>&1 | cut -d: -f1)" = 640 ]
group=$(sed -n 's/^kataster-agent:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/group" || true)
check "by its group" [ "$(stat -c %g "$root/etc/kataster-agent/token")" = "$group" ]
check "the settings are marked as such" [ "$(in_root -qc kataster-agent)" = "$settings" ]
echo '# changed here' >> "$root$settings"
check "a change of the settings is told" says kataster-agent "^S?.*5.* c $settings"
chmod 4755 "$root/usr/bin/kataster-agent"
check "a changed right of the program is told" says kataster-agent '^.M.* /usr/bin/kataster-agent'
chmod 0755 "$root/usr/bin/kataster-agent"
mkdir -p "$root/var/lib/kataster-agent" && echo kept > "$root/var/lib/kataster-agent/enrolment.json"
forget_calls
check "the same version is not installed again" refused -U "$agent"
check "the newer one upgrades it" done_well -U "$agent_newer"
check "there is one version" [ "$(in_root -q kataster-agent | wc -l)" = 1 ]
check "the changed settings stay" grep -q 'changed here' "$root$settings"
check "nothing was switched off meanwhile" uncalled '^disable'
check "it was started again" called "restart kataster-agent.service"
check "but for the settings every file is as it was packed" [ "$(in_root -V kataster-agent | grep -vc " c $settings")" = 0 ]
check "the older one is refused" refused -U "$agent"
forget_calls
check "the agent goes" done_well -e kataster-agent
check "its units were switched off" called "disable --quiet --now kataster-agent.service kataster-agent-reader.socket kataster-agent-scanner.service"
check "its program is gone" gone /usr/bin/kataster-agent
check "the changed settings are kept aside" here "$settings.rpmsave"
check "its enrolment is kept" here /var/lib/kataster-agent/enrolment.json

forget_calls
check "the collector installs" done_well -i "$collector"
check "every file is as it was packed" verified kataster
check "its account was made" grep -q '^kataster:' "$root/etc/passwd"
check "its program runs" chroot "$root" /usr/bin/kataster --version
mkdir -p "$root/var/lib/kataster" && echo kept > "$root/var/lib/kataster/kataster.sqlite"
check "the newer one upgrades it" done_well -U "$collector_newer"
check "every file is as it was packed" verified kataster
check "nothing was switched off meanwhile" uncalled '^disable'
check "the collector goes" done_well -e kataster
check "its program is gone" gone /usr/bin/kataster
check "the company's register stays" here /var/lib/kataster/kataster.sqlite
check "the database knows the root's own packages alone" [ "$(in_root -qa | wc -l)" = 2 ]
exit "$failed"
