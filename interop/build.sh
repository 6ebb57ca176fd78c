#!/usr/bin/env bash
# Builds the programs in go/ with the fetched Go and the fetched sources, into
# bin/ of the folder install.sh filled. No module proxy, no network. Does
# nothing if neither the sources nor the packages changed.
#
#   interop/build.sh
#
# GOX  the folder; default .tools/gox under the repository's root
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
gox=$(realpath -m "${GOX:-$here/../.tools/gox}")
programs=(fsck makeproof poster verifyproof witnessclient)

[ -f "$gox/PACKAGES" ] || {
    printf 'build.sh: %s is not filled; run interop/install.sh\n' "$gox" >&2
    exit 2
}

# What was built, in one line: the sources, the packages, this script.
fingerprint() {
    (cd "$here" && LC_ALL=C cat "$gox/PACKAGES" build.sh go/*/*.go) | sha256sum
}

wanted=$(fingerprint)
if [ "$(cat "$gox/bin/SOURCES" 2>/dev/null)" = "$wanted" ]; then
    printf 'built: %s\n' "$gox/bin"
    exit 0
fi

# Without modules Go reads what Debian ships under GOPATH and nothing else.
export GO111MODULE=off GOTOOLCHAIN=local GOFLAGS='' GOENV=off CGO_ENABLED=0
export GOROOT=$gox/usr/lib/go-1.26 GOPATH=$gox/usr/share/gocode GOCACHE=$gox/cache
mkdir -p "$gox/bin"
rm -f "$gox/bin/SOURCES"
SECONDS=0
for program in "${programs[@]}"; do
    (cd "$here/go/$program" && "$GOROOT/bin/go" build -p 1 -trimpath -o "$gox/bin/$program" .)
done
printf '%s\n' "$wanted" >"$gox/bin/SOURCES"
printf 'built in %d s: %s\n' "$SECONDS" "$gox/bin"
