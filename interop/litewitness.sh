#!/usr/bin/env bash
# Runs Debian's litewitness on loopback, with a fresh key in an ssh-agent of its
# own. Everything it keeps is in one folder; its state survives stop and start.
#
#   interop/litewitness.sh start DIR [NAME]         prints "vkey …" and "url …"
#   interop/litewitness.sh add-log DIR ORIGIN VKEY  the running witness sees it
#   interop/litewitness.sh stop DIR
#
# GOX  the folder install.sh filled; default .tools/gox under the repository's
#      root
#
# Exit 0: done; 1: not; 3: ssh-agent is not here (Debian: openssh-client).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$(realpath -m "${GOX:-$here/../.tools/gox}")/usr/bin

fail() {
    printf 'litewitness.sh: %s\n' "$*" >&2
    exit 1
}

# Whether the process a file names is the program it is to be; ids are reused,
# and one that ended stays a zombie until somebody reaps it.
runs() { # FILE PROGRAM
    local pid
    pid=$(cat "$1" 2>/dev/null) && [[ $(cat "/proc/$pid/stat" 2>/dev/null) == "$pid ($2) "[!ZX]* ]]
}

# Waits at most five seconds until a command holds.
await() {
    local _
    for _ in {1..100}; do
        "$@" && return
        sleep 0.05
    done
    return 1
}

# Something answers on the port; the connection closes with the subshell.
listens() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

start_agent() {
    rm -f agent.sock
    ssh-agent -D -a agent.sock >agent.log 2>&1 &
    echo $! >agent.pid
    await test -S agent.sock || fail "no ssh-agent: $(cat agent.log)"
    [ -f key ] || ssh-keygen -q -t ed25519 -N '' -C litewitness -f key
    SSH_AUTH_SOCK=agent.sock ssh-add -q key
}

# A random port may be taken; then litewitness ends, and the next one is tried.
start_witness() { # NAME
    local fingerprint port
    fingerprint=$(ssh-keygen -lf key.pub | cut -d' ' -f2)
    for _ in {1..5}; do
        port=$((20000 + RANDOM % 12000))
        listens "$port" && continue
        "$bin/litewitness" -name "$1" -key "$fingerprint" -db witness.db -ssh-agent agent.sock \
            -listen "127.0.0.1:$port" >witness.log 2>&1 &
        echo $! >witness.pid
        if await answers_or_ended "$port" && runs witness.pid litewitness; then
            printf 'http://127.0.0.1:%s\n' "$port" >url
            return
        fi
    done
    fail "litewitness did not start: $(tail -n 3 witness.log)"
}

# It answers before it has written its key into the log.
tells_vkey() {
    [ -n "$(vkey)" ]
}

vkey() {
    sed -n 's/.*vkey="\{0,1\}\([^ "]*\).*/\1/p' witness.log | head -n 1
}

answers_or_ended() {
    ! runs witness.pid litewitness || listens "$1"
}

end() { # FILE PROGRAM SIGNAL
    runs "$1" "$2" || return 0
    local pid
    pid=$(cat "$1")
    kill -s "$3" "$pid"
    await ended "$1" "$2" || kill -s KILL "$pid"
    rm -f "$1"
}

ended() {
    ! runs "$@"
}

# litewitness ends in order on an interrupt and not on TERM.
stop() {
    end witness.pid litewitness INT
    end agent.pid ssh-agent TERM
}

usage() {
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
    exit 2
}

[ $# -ge 2 ] || usage
command -v ssh-agent >/dev/null || {
    printf 'INTEROP SKIPPED: no ssh-agent here, which litewitness keeps its key in\n' >&2
    exit 3
}
mkdir -p "$2"
cd "$2" # a socket's path must be short
case $1,$# in
start,2 | start,3)
    ! runs witness.pid litewitness || fail "already running in $2"
    trap 'stop' ERR
    start_agent
    start_witness "${3:-litewitness.example/w1}"
    await tells_vkey || fail "litewitness does not tell its key: $(tail -n 3 witness.log)"
    printf 'vkey %s\n' "$(vkey)"
    printf 'url %s\n' "$(cat url)"
    ;;
add-log,4)
    "$bin/witnessctl" add-log -db witness.db -origin "$3"
    "$bin/witnessctl" add-key -db witness.db -origin "$3" -key "$4"
    ;;
stop,2) stop ;;
*) usage ;;
esac
