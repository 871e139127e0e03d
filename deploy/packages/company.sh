#!/usr/bin/env bash
# Makes a company's own package (.deb, .rpm) that holds nothing but an enrolment token: whoever installs it beside
# the agent has the machine enrolled, without typing anything.
#
#   kataster agent token create --kind client --uses 500 --valid 30d --approve --out token.txt
#   deploy/packages/company.sh token.txt OUT
#
# Such a package passes through many hands, so its token should only queue for approval (--approve): a
# stranger who finds it gets no further than a list that a person reads. Needs nfpm on the PATH (build.sh
# puts it into target/packaging/bin).
set -euo pipefail
token=$(realpath "${1:?file with the token}")
out=${2:?folder for the packages}
here=$(cd "$(dirname "$0")" && pwd)
grep -q '^kat1-' "$token" || { echo "$token holds no token of 'kataster agent token create'" >&2 && exit 2; }
mkdir -p "$out"
filled=$(mktemp)
trap 'rm -f "$filled"' EXIT
sed "s,\${TOKEN},$token,; s,\${HERE},$here,; s,\${VERSION},${VERSION:-1.0.0}," "$here/company/nfpm.yaml" > "$filled"
for packager in deb rpm; do
    nfpm package --config "$filled" --packager "$packager" --target "$out/"
done
