# Sourced by run.sh: how a check is made and said, and helpers. Refuses to know
# what is checked. run.sh sets here, ascertain, bin and scratch.
# shellcheck shell=bash disable=SC2154,SC2034

failures=0 checks=0 waits=0
servers=()

# --- saying ---------------------------------------------------------------

say() { printf 'interop: %s\n' "$*"; }

passed() {
    checks=$((checks + 1))
    say "$1: ok"
}

failed() {
    failures=$((failures + 1))
    say "$1: FAILED"
    head -n 20 "$scratch/out" | cut -c 1-300 | sed 's/^/    /'
    return 1
}

# The command is to end well.
holds() { # WHAT COMMAND…
    local what=$1
    shift
    if "$@" >"$scratch/out" 2>&1; then passed "$what"; else failed "$what"; fi
}

# The command is to refuse, and to say why: without the right words something
# else went wrong. 1 is the status of a verdict, for their programs and ours.
refuses() { # WHAT WORDS COMMAND…
    local what=$1 words=$2 status=0
    shift 2
    "$@" >"$scratch/out" 2>&1 || status=$?
    if [ "$status" = 1 ] && grep -qE -- "$words" "$scratch/out"; then
        passed "$what"
    else
        printf 'exit %s; expected 1 and /%s/\n' "$status" "$words" >>"$scratch/out"
        failed "$what"
    fi
}

waiting() {
    waits=$((waits + 1))
    say "$1: waiting"
}

# --- ours -----------------------------------------------------------------

ours() { timeout 60 "$ascertain" record "$@"; }

# Whether our program has a command, and an option of it.
has() { # COMMAND… [--OPTION]
    local help option=''
    [[ ${*: -1} != --* ]] || {
        option=${*: -1}
        set -- "${@:1:$#-1}"
    }
    help=$(ours "$@" --help 2>/dev/null) && grep -qe "$option" <<<"$help"
}

# --- helpers --------------------------------------------------------------

size_of() { sed -n 2p "$1/checkpoint"; }

field() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$@"; }

# Turns a bit in the middle of a file.
flip() { # FILE
    python3 - "$@" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[len(data) // 2] ^= 1
open(sys.argv[1], "wb").write(data)
PY
}

# Prints a text with one base64 character of a line replaced by another, near
# the line's end but before the bits that padding would drop.
spoiled() { # FILE LINE
    python3 - "$@" <<'PY'
import sys
lines = open(sys.argv[1], encoding="utf-8").read().split("\n")
line = lines[int(sys.argv[2]) - 1]
at = len(line) - 12
lines[int(sys.argv[2]) - 1] = line[:at] + ("B" if line[at] == "A" else "A") + line[at + 1 :]
sys.stdout.buffer.write("\n".join(lines).encode())
PY
}

# A witness nobody runs.
stranger() {
    python3 - <<'PY'
import base64, hashlib
# A point of the curve (RFC 8032 § 7.1, test 1); of random bytes half are none.
name, key = "stranger.example/w", b"\x04" + bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
key_hash = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8]
print(name, key_hash, base64.b64encode(key).decode(), sep="+")
PY
}

# Starts a server that ends with this script, and waits for words in its log.
# It has a limit in case this script is killed before it can end it.
serve() { # LOG WORDS COMMAND…
    local log=$1 words=$2 _
    shift 2
    timeout 170 "$@" >"$log" 2>&1 &
    servers+=($!)
    for _ in {1..200}; do
        ! grep -qsE "$words" "$log" || return 0
        kill -0 $! 2>/dev/null || break
        sleep 0.05
    done
    cat "$log" >"$scratch/out"
    return 1
}

serve_files() { # FOLDER; sets url
    serve "$scratch/http.log" 'port [0-9]+' python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$1" || return 1
    url=http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\).*/\1/p' "$scratch/http.log" | head -n 1)
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

stop_servers() {
    local pid
    for pid in ${servers[@]+"${servers[@]}"}; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    servers=()
}

# shellcheck disable=SC2317 # the trap calls it
clean_up() {
    stop_servers
    [ ! -d "$scratch/litewitness" ] || "$here/litewitness.sh" stop "$scratch/litewitness" || true
    if [ -n "${INTEROP_KEEP:-}" ]; then say "scratch folder: $scratch"; else rm -rf "$scratch"; fi
}

tessera_log() { # FOLDER KEYFILE ORIGIN ENTRIES
    "$bin/poster" -n "$4" -size 200 -key "$2" -origin "$3" "$1"
}
