#!/usr/bin/env bash
# Builds the agent for machines that have no package: static (musl, x86_64) and for 64-bit Arm (glibc 2.17).
#
#   deploy/packages/portable.sh OUT
#
# With the standard library of a target installed (`rustup target add x86_64-unknown-linux-musl
# aarch64-unknown-linux-gnu`) it is used. Without, RUST_LIBRARY names the `library` folder of the sources of exactly
# this compiler (Debian's package rust-src, if it has the version), from which it is built along.
# To try the Arm program elsewhere: qemu-user-static with the libraries of libc6-arm64-cross, copied into a folder that
# holds `lib` alone: qemu looks there for every path first, and beside them Debian has a `bin`, which is no link.
# Needs cargo-zigbuild and ziglang (build.sh puts them into target/packaging), for musl also musl-tools
# and a libunwind.a (libunwind-14-dev), since the agent survives a panic of one source by unwinding.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?folder for the programs}
mkdir -p "$out"
export PATH="$PWD/target/packaging/bin:$PATH"

# build TARGET COMMAND…: with the installed standard library, else with one that is built along.
build() {
    local target=$1
    shift
    local arguments=(--locked --profile agent -p kataster-agent)
    if [ -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" ]; then
        "$@" "${arguments[@]}"
    else
        [ -n "${RUST_LIBRARY:-}" ] || { echo "no standard library for $target; see RUST_LIBRARY" >&2 && exit 1; }
        # What makes a stable compiler build its own library; nothing else of it is used.
        RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT=$RUST_LIBRARY \
            "$@" "${arguments[@]}" -Zbuild-std=std,panic_unwind
    fi
}

arm() {
    build aarch64-unknown-linux-gnu cargo-zigbuild zigbuild --target aarch64-unknown-linux-gnu.2.17 --target-dir target/arm
    install -m 755 target/arm/aarch64-unknown-linux-gnu/agent/kataster-agent "$out/kataster-agent-aarch64"
}

static() {
    local unwind=target/static/unwind
    mkdir -p "$unwind"
    rm -f "$unwind/libunwind.a"
    cp "${LIBUNWIND:-$(dpkg -L libunwind-14-dev | grep -m 1 'libunwind\.a$')}" "$unwind/libunwind.a"
    # Debian builds it against glibc with checks of its own, of which it needs this one.
    printf '%s\n' '#include <stdarg.h>' '#include <stdio.h>' \
        'int __fprintf_chk(FILE *file, int flag, const char *format, ...) {' \
        'va_list rest; (void)flag; va_start(rest, format);' \
        'int count = vfprintf(file, format, rest); va_end(rest); return count; }' > "$unwind/check.c"
    musl-gcc -Os -c "$unwind/check.c" -o "$unwind/check.o"
    ar rs "$unwind/libunwind.a" "$unwind/check.o"
    export CC_x86_64_unknown_linux_musl=musl-gcc
    export CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER=musl-gcc
    export CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS="-Ctarget-feature=+crt-static -Clink-self-contained=no -Crelocation-model=static -L$PWD/$unwind"
    build x86_64-unknown-linux-musl cargo build --target x86_64-unknown-linux-musl --target-dir target/static
    install -m 755 target/static/x86_64-unknown-linux-musl/agent/kataster-agent "$out/kataster-agent-x86_64-static"
}

for part in ${PARTS:-static arm}; do "$part"; done
ls -l "$out"
