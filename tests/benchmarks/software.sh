#!/usr/bin/env bash
# What the agent says of software beside what the managers themselves say, on this machine with prepared
# software added in a mount namespace of its own (nothing of the machine is changed): dpkg, RPM with
# SQLite and Berkeley DB, Python, Node.js, Ruby, PHP, Java, Go, Rust, and programs that no package owns;
# then updates beside `apt list --upgradable`. Needs root and the Debian packages rpm, db5.3-util,
# python3-venv, npm, ruby, composer, golang-go, default-jdk-headless, maven, gcc, lz4, time.
#   cargo build --profile agent -p kataster-agent && tests/benchmarks/software.sh [AGENT]
set -euo pipefail
cd "$(dirname "$0")/../.."
agent=$(realpath "${1:-target/agent/kataster-agent}")
compare=$(realpath tests/benchmarks/software.py)
if [ "${KATASTER_INSIDE:-}" != yes ]; then
    exec env KATASTER_INSIDE=yes unshare --mount --propagation private "$0" "$agent"
fi
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { printf '%s\n' "$*" >&2; }
for folder in /opt /srv /home; do mount -t tmpfs tmpfs "$folder"; done

# A person, who exists in this namespace alone.
cp /etc/passwd "$work/passwd"
echo 'kttruth:x:4711:4711::/home/kttruth:/bin/sh' >>"$work/passwd"
mount --bind "$work/passwd" /etc/passwd
mkdir -p /home/kttruth/bin /opt/tool/bin /srv/app/lib

say 'rpm: 301 packages in a real database'
mkdir -p "$work/rpm/db" "$work/rpm/root"
{
    printf 'Name: ktbase\nEpoch: 1\nVersion: 2.0\nRelease: 3\nSummary: x\nLicense: MIT\nBuildArch: noarch\n%%description\nx\n%%files\n'
    for number in $(seq 300); do
        printf '%%package part%s\nSummary: part\n%%description part%s\nx\n%%files part%s\n/usr/share/ktbase/%s\n' "$number" "$number" "$number" "$number"
    done
    # shellcheck disable=SC2016
    printf '%%install\nmkdir -p %%{buildroot}/usr/share/ktbase; for i in $(seq 300); do echo $i >%%{buildroot}/usr/share/ktbase/$i; done\n'
} >"$work/ktbase.spec"
rpmbuild --quiet -bb --define "_topdir $work/rpm/build" "$work/ktbase.spec" >/dev/null 2>&1
rpm --root "$work/rpm/root" --dbpath /var/lib/rpm --nodeps -i "$work"/rpm/build/RPMS/noarch/*.rpm >/dev/null 2>&1
database=$work/rpm/root/var/lib/rpm
rpm --root "$work/rpm/root" --dbpath /var/lib/rpm -qa --qf '%{NAME} %{EVR}\n' 2>/dev/null | sort >"$work/rpm.truth"
mkdir "$work/rpm/berkeley"
/usr/bin/python3 - "$database/rpmdb.sqlite" "$work/rpm/load" <<'END'
import sqlite3, sys
rows = sqlite3.connect(f"file:{sys.argv[1]}?immutable=1", uri=True).execute("SELECT hnum, blob FROM Packages")
with open(sys.argv[2], "w") as out:
    out.write("VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END\n 00000000\n ff000000\n")
    for number, blob in rows:
        out.write(f" {number.to_bytes(4, 'little').hex()}\n {blob.hex()}\n")
    out.write("DATA=END\n")
END
db5.3_load -f "$work/rpm/load" "$work/rpm/berkeley/Packages"

say 'Python, Node.js, Ruby, PHP, Java, Go, Rust'
python3 -m venv /opt/venv
/opt/venv/bin/pip install -q flask requests 2>/dev/null
env HOME=/home/kttruth PYTHONUSERBASE=/home/kttruth/.local /opt/venv/bin/python - <<'END'
# An installation of a person: copies of what pip put into the environment.
import pathlib, shutil, sys
site = pathlib.Path(next(p for p in sys.path if p.endswith("site-packages")))
shutil.copytree(site, pathlib.Path("/home/kttruth/.local/lib/python3.11/site-packages"))
END
mkdir -p /srv/web && (cd /srv/web && npm init -y >/dev/null && npm install --silent express@4 @types/node eslint@8 >/dev/null 2>&1)
for gem in one two; do
    mkdir -p "$work/gem-$gem" && (cd "$work/gem-$gem" && printf 'Gem::Specification.new do |s|\n s.name="kt-%s"\n s.version="1.2.%s"\n s.summary="x"\n s.authors=["A"]\n s.licenses=["MIT"]\n s.files=[]\nend\n' "$gem" "${#gem}" >x.gemspec && gem build -q x.gemspec >/dev/null 2>&1 && gem install -q --local --no-document --install-dir /opt/gems ./*.gem >/dev/null 2>&1)
done
mkdir -p /srv/php "$work/php/a" "$work/php/b"
for name in a b; do printf '{"name":"kt/%s","version":"1.0.%s","license":"MIT"}' "$name" "${#name}" >"$work/php/$name/composer.json"; done
printf '{"repositories":[{"type":"path","url":"%s/php/*","options":{"symlink":false}},{"packagist.org":false}],"require":{"kt/a":"*","kt/b":"*"}}' "$work" >/srv/php/composer.json
(cd /srv/php && COMPOSER_ALLOW_SUPERUSER=1 composer install -n -q >/dev/null 2>&1) || say 'composer failed'
mkdir -p /opt/java && cp -L /usr/share/maven/lib/*.jar /opt/java/ 2>/dev/null || say 'no jars'
mkdir -p "$work/go" && (cd "$work/go" && printf 'module example.org/kt-tool\ngo 1.19\n' >go.mod && printf 'package main\nfunc main() {}\n' >main.go && HOME=$work go build -o /opt/tool/bin/kt-tool . 2>/dev/null) || say 'go failed'
mkdir -p /home/kttruth/.cargo && printf '[v1]\n"ripgrep 14.1.0 (registry+https://github.com/rust-lang/crates.io-index)" = ["rg"]\n' >/home/kttruth/.cargo/.crates.toml

say 'programs without package'
printf 'int main(void){return 0;}' >"$work/x.c"
gcc -o "$work/x" "$work/x.c"
gcc -shared -fPIC -o "$work/x.so" "$work/x.c"
for number in $(seq 20); do
    cp "$work/x" "/opt/tool/bin/x$number"
    cp "$work/x" "/home/kttruth/bin/x$number"
    cp "$work/x.so" "/srv/app/lib/libx$number.so.1"
done

say 'lists of apt, unpacked as Debian keeps them'
cp -r /var/lib/apt/lists "$work/lists"
for list in "$work"/lists/*.lz4; do [ -e "$list" ] && lz4 -q -d --rm "$list" "${list%.lz4}"; done
mount --bind "$work/lists" /var/lib/apt/lists
mkdir -p /var/lib/rpm

for form in sqlite berkeley; do
    [ "$form" = sqlite ] && from=$database || from=$work/rpm/berkeley
    mount --bind "$from" /var/lib/rpm
    "$agent" once --print -o json >"$work/$form.json"
    rpm_seen="$work/$form.json"
    umount /var/lib/rpm
    /usr/bin/python3 "$compare" rpm "$rpm_seen" "$work/rpm.truth" "$form"
done
/usr/bin/python3 "$compare" all "$work/sqlite.json"

say 'time of the sources, warm, milliseconds'
for _ in 1 2; do "$agent" once --print -o json >"$work/again.json"; done
/usr/bin/python3 "$compare" time "$work/again.json"
