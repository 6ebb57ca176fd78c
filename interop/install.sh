#!/usr/bin/env bash
# Fetches the other implementations from Debian sid into a folder and installs
# nothing: apt with a state and a source list of its own resolves and checks
# the packages (signed index, then the hash of each package), dpkg-deb unpacks
# them. The host's apt is read, for its mirror and its proxy, and not changed.
# Needs no root. Does nothing if the folder is complete.
#
#   interop/install.sh [--refresh]
#
# GOX              the folder; default .tools/gox under the repository's root
# INTEROP_MIRROR   a Debian mirror; default the one the host's apt uses
# INTEROP_KEYRING  default the host's debian-archive-keyring.gpg
# INTEROP_TIMEOUT  seconds for the index, and again for the packages; 300
#
# Exit 0: the folder is complete. 3: the packages cannot be had, with one line
# that starts with INTEROP SKIPPED.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
gox=${GOX:-$root/.tools/gox}
keyring=${INTEROP_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
seconds=${INTEROP_TIMEOUT:-300}

# What the programs in go/ import, all the way down, and nothing else: apt's
# own closure of the -dev packages is 275 packages, most of them for backends
# and tests that are not built here.
packages=(
    torchwood # litewitness, witnessctl
    golang-1.26-go
    golang-1.26-src
    golang-filippo-torchwood-dev
    golang-github-transparency-dev-tessera-dev
    golang-golang-x-mod-dev
    # imported by these
    golang-github-cenkalti-backoff-v5-dev
    golang-github-cespare-xxhash-v2-dev
    golang-github-go-logr-logr-dev
    golang-github-go-logr-stdr-dev
    golang-github-hashicorp-golang-lru-v2-dev
    golang-github-transparency-dev-formats-dev
    golang-github-transparency-dev-merkle-dev
    golang-golang-x-crypto-dev
    golang-golang-x-exp-dev
    golang-golang-x-sync-dev
    golang-k8s-klog-dev
    golang-opentelemetry-otel-dev
)

skip() {
    printf 'INTEROP SKIPPED: %s\n' "$*" >&2
    exit 3
}

# Complete: the list of what was unpacked is there, and it is of the packages above.
complete() {
    [ -f "$gox/PACKAGES" ] && diff -q <(cut -d' ' -f1 "$gox/PACKAGES") <(printf '%s\n' "${packages[@]}" | LC_ALL=C sort) >/dev/null
}

# The mirror of the host's Debian suites; its security archive has no sid. apt
# itself (indextargets) tells it only after the host's first update.
host_mirror() {
    grep -rhoE '^[^#]*[a-z]+://[^ ]*/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
        grep -oE '[a-z]+://[^ ]*' | head -n 1 || true
}

# How the host reaches a mirror, and whether it accepts an index past its
# date, is the host's decision; what counts as signed is not.
host_acquire() {
    apt-config dump | grep -E '^Acquire::(https?|ftp|Retries|Check-Valid-Until|Check-Date|Max-FutureTime|ForceIPv)' || true
}

write_apt_config() {
    mkdir -p "$apt"/{lists/partial,cache/archives/partial,log,etc/parts}
    : >"$apt/status"
    printf 'deb [signed-by=%s] %s sid main\n' "$keyring" "$mirror" >"$apt/etc/sources.list"
    {
        cat <<EOF
Dir "$apt";
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Log "$apt/log";
Dir::Etc "$apt/etc";
Dir::Etc::main "none";
Dir::Etc::parts "parts";
Dir::Etc::sourcelist "sources.list";
Dir::Etc::sourceparts "parts";
Dir::Etc::preferences "none";
Dir::Etc::preferencesparts "parts";
Dir::Bin::methods "/usr/lib/apt/methods";
APT::Sandbox::User "$(id -un)";
APT::Get::AllowUnauthenticated "false";
APT::Update::Error-Mode "any";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::Retries "2";
Acquire::http::Timeout "30";
EOF
        host_acquire
    } >"$apt/apt.conf"
    export APT_CONFIG=$apt/apt.conf
}

# Runs apt with a limit; its output is shown only if it fails.
apt_or_skip() {
    if ! LC_ALL=C timeout "$seconds" "$@" >"$apt/out" 2>&1; then
        cat "$apt/out" >&2
        skip "$1 $2: $(grep -m 1 '^E:' "$apt/out" || echo "no answer in $seconds s")"
    fi
    sed -n 's/^Fetched \(.*\) in .*/\1/p' "$apt/out" >>"$apt/fetched"
}

download() {
    apt_or_skip apt-get update
    index_date=$(sed -n 's/^Date: //p' "$apt"/lists/*InRelease | head -n 1)
    (cd "$apt/cache/archives" && apt_or_skip apt-get download "${packages[@]}")
}

unpack() {
    mkdir "$apt/tree"
    local deb
    for deb in "$apt"/cache/archives/*.deb; do
        dpkg-deb -x "$deb" "$apt/tree"
        # shellcheck disable=SC2016 # dpkg-deb fills it in
        dpkg-deb -W --showformat='${Package} ${Version}\n' "$deb"
    done | LC_ALL=C sort >"$apt/PACKAGES"
    mv "$apt/PACKAGES" "$apt/tree/PACKAGES"
    rm -rf "$gox"
    mv "$apt/tree" "$gox"
    complete || skip "what was unpacked is not what was asked for; see $gox/PACKAGES"
}

if [ "${1:-}" != --refresh ] && complete; then
    printf 'complete: %s\n' "$gox"
    exit 0
fi
for tool in apt-get apt-config dpkg-deb timeout; do
    command -v "$tool" >/dev/null || skip "no $tool here; the packages come from Debian sid"
done
[ -r "$keyring" ] || skip "no keyring at $keyring; set INTEROP_KEYRING"
mirror=${INTEROP_MIRROR:-$(host_mirror)}
[ -n "$mirror" ] || skip "the host's apt names no Debian mirror; set INTEROP_MIRROR"
mkdir -p "$(dirname "$gox")"
gox=$(cd "$(dirname "$gox")" && pwd)/$(basename "$gox")
apt=$(mktemp -d "$gox.apt.XXXXXX")
trap 'rm -rf "$apt"' EXIT
write_apt_config
download
unpack
printf 'unpacked: %s, of the index of %s; fetched %s in %d s\n' "$gox" "$index_date" "$(paste -sd + "$apt/fetched")" "$SECONDS"
