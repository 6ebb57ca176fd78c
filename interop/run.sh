#!/usr/bin/env bash
# Holds our log, proofs and witness against other people's programs, and theirs
# against ours, end to end in a scratch folder. One line per check:
#
#   interop: <what>: ok | FAILED | waiting (the command is not there yet)
#
#   interop/run.sh
#
# ASCERTAIN     our program; default target/release/ascertain, built before
# GOX           where the others are or will be; default .tools/gox
# INTEROP_KEEP  set: the scratch folder stays
#
# Exit 0: nothing failed, or the others cannot be had (INTEROP SKIPPED).
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
ascertain=$(realpath -m "${ASCERTAIN:-$root/target/release/ascertain}")
GOX=$(realpath -m "${GOX:-$root/.tools/gox}")
export GOX
bin=$GOX/bin
acts=$root/history/us-2020/acts

# shellcheck source=interop/lib.sh
source "$here/lib.sh"

# --- sections -------------------------------------------------------------

# The others among themselves, so that a failure below is known to be ours; and
# the foreign log that the sections below use.
controls() {
    tessera=$scratch/tessera
    holds "control: Tessera makes a log of 300 entries" \
        tessera_log "$tessera" "$scratch/tessera.key" tessera.example/log 300 || return 0
    tessera_key=$(cat "$scratch/tessera.key.vkey")
    cp -r "$tessera" "$scratch/tessera-300"
    holds "control: Tessera grows it to 600" \
        tessera_log "$tessera" "$scratch/tessera.key" tessera.example/log 300 || return 0
    # The fork of a restored backup: the same key, other entries, from 300 on.
    cp -r "$scratch/tessera-300" "$scratch/tessera-fork"
    tessera_log "$scratch/tessera-fork" "$scratch/tessera.key" - 300 >/dev/null
    cp -r "$scratch/tessera-fork" "$scratch/tessera-fork-700"
    tessera_log "$scratch/tessera-fork-700" "$scratch/tessera.key" - 100 >/dev/null
    tessera_log "$scratch/other-key" "$scratch/other.key" tessera.example/log 5 >/dev/null
    tessera_log "$scratch/other-origin" "$scratch/origin.key" unknown.example/log 5 >/dev/null
    printf 'log %s\nquorum none\n' "$tessera_key" >"$scratch/tessera.policy"

    holds "control: Tessera's fsck accepts it" "$bin/fsck" "$tessera" "$tessera_key" tessera.example/log
    "$bin/makeproof" -raw "$tessera" "$tessera_key" 299 >"$scratch/tessera.tlog-proof"
    holds "control: torchwood verifies its own proof of it" \
        "$bin/verifyproof" -raw "$scratch/tessera.tlog-proof" "$scratch/tessera.policy"
}

# The golden proof of our format, made by no program here.
golden() {
    local proof=$root/vectors/record/statement.tlog-proof key
    key=$(cat "$root/vectors/record/attester-key.txt")
    printf 'log %s\nquorum none\n' "$(cat "$root/vectors/record/log-vkey.txt")" >"$scratch/golden.policy"
    holds "golden proof: torchwood verifies it and Go its signature" \
        "$bin/verifyproof" -attester "$key" "$proof" "$scratch/golden.policy"
    spoiled "$proof" 4 >"$scratch/golden.bad"
    refuses "golden proof: torchwood refuses it with another hash" 'inclusion proof verification failed' \
        "$bin/verifyproof" "$scratch/golden.bad" "$scratch/golden.policy"
}

# Our log, and a backup of it at half its size for what a restored backup does.
make_log() {
    local what="our log: made and filled" command
    for command in init 'key new' append policy; do
        # shellcheck disable=SC2086 # two words
        has $command || {
            waiting "$what ('record $command' is not there)"
            return 1
        }
    done
    data=$scratch/data guard=$scratch/guard
    public=$data/public
    cat "$acts"/{10,20}-*.jsonl >"$scratch/first.jsonl"
    cat "$acts"/{30,40,41,50,60}-*.jsonl >"$scratch/second.jsonl"
    cat "$acts"/70-*.jsonl >"$scratch/third.jsonl"
    origin=drill/interop
    holds "$what" fill_log || return 1
    log_key=$(field "$scratch/init.json" log)
    root_key=$(field "$scratch/init.json" root)
    cp -a "$data" "$scratch/backup"
    cp -a "$guard" "$scratch/backup.guard"
    printf 'log %s\nquorum none\n' "$log_key" >"$scratch/none.policy"
}

fill_log() {
    ours init --data "$data" --origin "$origin" --guard "$guard" --json >"$scratch/init.json" &&
        ours key new --data "$data" --use attester --name alice &&
        append "$scratch/first.jsonl"
}

append() { ours append --data "$data" --key alice --election us-2020 "$1"; }

# litewitness sees our log grow, as our own command shows it.
cosigned_by_litewitness() {
    local status=0 started=$scratch/litewitness.started
    "$here/litewitness.sh" start "$scratch/litewitness" litewitness.example/w1 >"$started" 2>"$scratch/out" || status=$?
    if [ "$status" = 3 ]; then
        say "litewitness: SKIPPED: $(cat "$scratch/out")"
        return 1
    elif [ "$status" != 0 ]; then
        failed "litewitness: starts" || return 1
    fi
    lite_key=$(sed -n 's/^vkey //p' "$started")
    lite_url=$(sed -n 's/^url //p' "$started")
    "$here/litewitness.sh" add-log "$scratch/litewitness" tessera.example/log "$tessera_key" 2>/dev/null
    witness_rules litewitness "$lite_url" "$lite_key" 422

    [ -n "${public:-}" ] || return 1
    "$here/litewitness.sh" add-log "$scratch/litewitness" "$origin" "$log_key" 2>/dev/null
    if ! has witness add || ! has witness ask; then
        waiting "litewitness: cosigns our checkpoint ('record witness ask' is not there)"
        return 1
    fi
    holds "litewitness: becomes a witness of our log" \
        ours witness add --data "$data" --name lite --url "$lite_url" "$lite_key" || return 1
    holds "litewitness: cosigns our checkpoint of size $(size_of "$public")" ask_all || return 1
    append "$scratch/second.jsonl" >/dev/null
    holds "litewitness: cosigns it grown to size $(size_of "$public"), with our consistency proof" ask_all || return 1
}

grow_and_ask() { append "$scratch/third.jsonl" && ask_all; }

# The cosignatures are to be published, for others.
ask_all() {
    ours witness ask --data "$data" && grep -q '^— litewitness.example/w1 ' "$public/checkpoint"
}

# What c2sp.org/tlog-witness asks of any witness, with a Tessera log and a
# client of torchwood's parts. For two roots of one size its text says 409;
# litewitness 0.9.0 answers 422.
witness_rules() { # NAME URL VKEY STATUS_FOR_TWO_ROOTS
    local name=$1 url=$2 key=$3 client=$bin/witnessclient before=$scratch/tessera-300
    printf 'garbage\n\n' >"$scratch/garbage"
    { printf 'old 999\n\n' && cat "$before/checkpoint"; } >"$scratch/above"
    holds "$name: 400 for garbage" "$client" -expect 400 -body "$scratch/garbage" "$url" || return 0
    holds "$name: 404 for an unknown origin" \
        "$client" -expect 404 "$scratch/other-origin" "$(cat "$scratch/origin.key.vkey")" "$url" || true
    holds "$name: 403 for an unknown key" \
        "$client" -expect 403 "$scratch/other-key" "$(cat "$scratch/other.key.vkey")" "$url" || true
    holds "$name: 400 for an old size above the new" "$client" -expect 400 -body "$scratch/above" "$url" || true
    holds "$name: 409 for an old size it never saw" "$client" -expect 409 -old 7 "$before" "$tessera_key" "$url" || true
    holds "$name: cosigns a Tessera log for torchwood's client" "$client" "$before" "$tessera_key" "$url" "$key" || return 0
    holds "$name: cosigns the same checkpoint again" "$client" -old 300 "$before" "$tessera_key" "$url" "$key" || true
    holds "$name: 422 for a spoiled proof" "$client" -expect 422 -old 300 -spoil "$tessera" "$tessera_key" "$url" || true
    holds "$name: cosigns it grown, from the size it told by 409" \
        "$client" -out "$scratch/cosigned" "$tessera" "$tessera_key" "$url" "$key" || return 0
    holds "$name: 409 for a stale checkpoint" "$client" -expect 409 -old 300 "$before" "$tessera_key" "$url" || true
    holds "$name: $4 for another root of the size it cosigned" \
        "$client" -expect "$4" -old 600 "$scratch/tessera-fork" "$tessera_key" "$url" || true
    holds "$name: 422 for a forged history" \
        "$client" -expect 422 -old 600 "$scratch/tessera-fork-700" "$tessera_key" "$url" || true
    cosigned_proof "$name" "$key"
}

# A proof on the cosigned checkpoint meets a policy with the witness as quorum.
cosigned_proof() { # NAME VKEY
    local folder=$scratch/cosigned-log
    rm -rf "$folder"
    mkdir "$folder"
    cp -r "$tessera/tile" "$folder"
    cp "$scratch/cosigned" "$folder/checkpoint"
    printf 'log %s\nwitness w %s\nquorum w\n' "$tessera_key" "$2" >"$scratch/cosigned.policy"
    "$bin/makeproof" -raw "$folder" "$tessera_key" 450 >"$scratch/cosigned.tlog-proof"
    holds "$1: torchwood verifies a proof with its cosignature as quorum" \
        "$bin/verifyproof" -raw "$scratch/cosigned.tlog-proof" "$scratch/cosigned.policy" || true
}

# A second history under the same keys: both disks restored from one backup.
forge() {
    local what="our forged history: made from a backup"
    mv "$data" "$scratch/true"
    mv "$guard" "$scratch/true.guard"
    cp -a "$scratch/backup" "$data"
    cp -a "$scratch/backup.guard" "$guard"
    sed '1s/"channel":"[a-z_]*"/"channel":"telephone"/' "$scratch/second.jsonl" >"$scratch/forged.jsonl"
    if holds "$what" append "$scratch/forged.jsonl"; then
        cp -a "$public" "$scratch/forged-same"
        append "$scratch/third.jsonl" >/dev/null
        cp -a "$public" "$scratch/forged-more"
        ask_forged
    fi
    rm -rf "$data" "$guard"
    mv "$scratch/true" "$data"
    mv "$scratch/true.guard" "$guard"
}

ask_forged() {
    local client=$bin/witnessclient size
    size=$(size_of "$scratch/true/public")
    holds "litewitness: 409 for our stale checkpoint" \
        "$client" -expect 409 -old "$(size_of "$scratch/backup/public")" "$scratch/backup/public" "$log_key" "$lite_url" || true
    holds "litewitness: 422 for our forged history of the same size" \
        "$client" -expect 422 -old "$size" "$scratch/forged-same" "$log_key" "$lite_url" || true
    holds "litewitness: 422 for our forged history grown further" \
        "$client" -expect 422 -old "$size" "$scratch/forged-more" "$log_key" "$lite_url" || true
    ours witness add --data "$data" --name lite --url "$lite_url" "$lite_key" >/dev/null 2>&1 || true
    refuses "our own command reports that litewitness does not cosign it" '422|409|[Ii]nconsistent|not cosign|another history|fork' \
        ours witness ask --data "$data" || true
}

# Tessera derives our log again, from a folder and over HTTP; so do we.
fsck_of_ours() {
    local bad=$scratch/bad file
    holds "our log: Tessera's fsck accepts the folder" "$bin/fsck" "$public" "$log_key" "$origin" || true
    if serve_files "$public"; then
        holds "our log: Tessera's fsck accepts it over HTTP" "$bin/fsck" "$url" "$log_key" "$origin" || true
    else
        failed "our log: served over HTTP" || true
    fi
    for file in tile/0/000 tile/entries/000 "tile/1/000.p/1" checkpoint; do
        rm -rf "$bad"
        cp -a "$public" "$bad"
        [ -f "$bad/$file" ] || continue
        flip "$bad/$file"
        refuses "our log: Tessera's fsck refuses it with a byte of $file turned" '^fsck: ' \
            "$bin/fsck" -timeout 20s "$bad" "$log_key" "$origin" || true
    done
    fsck_by_ours
}

fsck_by_ours() {
    local bad=$scratch/bad
    has fsck --mirror || {
        waiting "our fsck ('record fsck' is not there)"
        return 0
    }
    holds "our fsck accepts our folder" ours fsck --mirror "$public" --policy "$scratch/none.policy" --root "$root_key" || true
    holds "our fsck accepts our log over HTTP" ours fsck --mirror "$url" --policy "$scratch/none.policy" --root "$root_key" || true
    rm -rf "$bad"
    cp -a "$public" "$bad"
    flip "$bad/tile/0/000"
    refuses "our fsck names the tile that a byte was turned in" 'tile/0/000' \
        ours fsck --mirror "$bad" --policy "$scratch/none.policy" --root "$root_key" || true
}

# Both verifiers judge every proof under every policy, and agree.
both_accept() { # WHAT PROOF POLICY
    holds "torchwood accepts $1" "$bin/verifyproof" "$2" "$3" || true
    if has verify --policy; then
        holds "our verify accepts $1" ours verify "$2" --policy "$3" || true
    else
        waiting "our verify accepts $1"
    fi
}

both_refuse() { # WHAT TORCHWOODS_WORDS PROOF POLICY
    refuses "torchwood refuses $1" "^verifyproof: .*($2)" "$bin/verifyproof" "$3" "$4" || true
    if has verify --policy; then
        refuses "our verify refuses $1" . ours verify "$3" --policy "$4" || true
    else
        waiting "our verify refuses $1"
    fi
}

proofs() {
    local index=120 proof=$scratch/our.tlog-proof line what words
    has proof || {
        waiting "our proofs ('record proof' is not there)"
        return 0
    }
    holds "our proof of entry $index: made" ours proof --data "$data" $index --out "$proof" || return 0
    "$bin/makeproof" "$public" "$log_key" $index >"$scratch/their.tlog-proof"
    holds "torchwood's proof of our entry has the same bytes" cmp "$proof" "$scratch/their.tlog-proof" || true
    both_accept "our proof, no quorum asked" "$proof" "$scratch/none.policy"
    both_accept "torchwood's proof of our entry" "$scratch/their.tlog-proof" "$scratch/none.policy"
    ours policy --data "$data" >"$scratch/our.policy"
    both_accept "our proof under the policy we print" "$proof" "$scratch/our.policy"

    sed "s/^index $index\$/index $((index + 1))/" "$proof" >"$scratch/bad.tlog-proof"
    both_refuse "our proof with another index" 'inclusion proof' "$scratch/bad.tlog-proof" "$scratch/none.policy"
    "$bin/makeproof" "$public" "$log_key" $((index + 1)) | sed -n 2p >"$scratch/extra"
    sed -e "2r $scratch/extra" -e 2d "$proof" >"$scratch/bad.tlog-proof"
    both_refuse "our proof with another statement" 'inclusion proof' "$scratch/bad.tlog-proof" "$scratch/none.policy"
    while read -r line what words; do
        spoiled "$proof" "$line" >"$scratch/bad.tlog-proof"
        both_refuse "our proof with a character of the $what changed" "$words" "$scratch/bad.tlog-proof" "$scratch/none.policy"
    done <<END
2 statement envelope|inclusion proof
4 hash inclusion proof
$(line_of "$proof" 3) root invalid signature
$(line_of "$proof" 5) signature invalid signature
END
    sed 4d "$proof" >"$scratch/bad.tlog-proof"
    both_refuse "our proof without one hash" 'inclusion proof' "$scratch/bad.tlog-proof" "$scratch/none.policy"
    quorums "$proof"
}

# The number of a line of the checkpoint in a proof.
line_of() { # PROOF LINE
    echo $(($(grep -n -m 1 '^$' "$1" | cut -d: -f1) + $2))
}

quorums() { # PROOF
    local other
    other=$(stranger)
    printf 'log %s\nwitness s %s\nquorum s\n' "$log_key" "$other" >"$scratch/stranger.policy"
    both_refuse "our proof, the quorum a witness that did not cosign" 'policy components' "$1" "$scratch/stranger.policy"
    printf 'log %s\nquorum none\n' "$tessera_key" >"$scratch/other.policy"
    both_refuse "our proof under the policy of another log" 'no verifiable signatures' "$1" "$scratch/other.policy"
    [ -n "${lite_cosigned:-}" ] || {
        waiting "our proof with a quorum"
        return 0
    }
    printf 'log %s\nwitness w %s\nquorum w\n' "$log_key" "$lite_key" >"$scratch/lite.policy"
    both_accept "our proof, litewitness the quorum" "$1" "$scratch/lite.policy"
    {
        printf 'log %s\nwitness w %s\nwitness s %s\n' "$log_key" "$lite_key" "$other"
        printf 'group one any w s\nquorum one\n'
    } >"$scratch/any.policy"
    both_accept "our proof, one of two witnesses the quorum" "$1" "$scratch/any.policy"
    sed 's/any/all/' "$scratch/any.policy" >"$scratch/all.policy"
    both_refuse "our proof, both of two witnesses the quorum" 'policy components' "$1" "$scratch/all.policy"
    spoiled "$1" "$(grep -n '^— litewitness' "$1" | cut -d: -f1)" >"$scratch/bad.tlog-proof"
    both_refuse "our proof with a character of the cosignature changed" 'invalid signature' "$scratch/bad.tlog-proof" "$scratch/lite.policy"
}

# Our witness, for a Tessera log, under the rules litewitness was held to, and
# after it was stopped; then for our own log.
our_witness() {
    has witness serve || {
        waiting "our witness ('record witness serve' is not there)"
        return 0
    }
    serve_witness "$scratch/wdata" ours.example/w2 "$tessera_key" || return 0
    witness_rules "our witness" "$url" "$witness_key" 409
    stop_servers
    serve_witness "$scratch/wdata" ours.example/w2 "$tessera_key" || return 0
    holds "our witness: still knows after a restart what it cosigned" \
        "$bin/witnessclient" -expect 409 "$scratch/tessera-300" "$tessera_key" "$url" || true
    stop_servers
    [ -n "${public:-}" ] || return 0
    serve_witness "$scratch/wdata2" ours.example/w3 "$log_key" || return 0
    holds "our witness: cosigns our log for torchwood's client" \
        "$bin/witnessclient" "$public" "$log_key" "$url" "$witness_key" || true
    stop_servers
}

serve_witness() { # FOLDER NAME LOG_VKEY; sets url and witness_key
    local port log=$scratch/witness.log
    port=$(free_port)
    url=http://127.0.0.1:$port
    if ! serve "$log" "$2[+][0-9a-f]{8}[+]" "$ascertain" record witness serve --data "$1" --name "$2" \
        --listen "127.0.0.1:$port" --log "$3"; then
        failed "our witness: starts and prints its key"
        return 1
    fi
    witness_key=$(grep -oE "$2[+][0-9a-f]{8}[+][A-Za-z0-9+/=]+" "$log" | head -n 1)
    local _
    for _ in {1..100}; do
        ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 0
        sleep 0.05
    done
    failed "our witness: listens" <"$log"
}

# Logs and proofs of others, as far as what is in an entry is not asked.
others_by_ours() {
    local bad=$scratch/bad
    has fsck --structure || {
        waiting "our fsck of a Tessera log ('record fsck --structure' is not there)"
        return 0
    }
    holds "our fsck accepts the structure of a Tessera log" \
        ours fsck --structure --mirror "$tessera" --policy "$scratch/tessera.policy" || true
    rm -rf "$bad"
    cp -a "$tessera" "$bad"
    flip "$bad/tile/0/001"
    refuses "our fsck names the tile of a Tessera log that a byte was turned in" 'tile/0/001' \
        ours fsck --structure --mirror "$bad" --policy "$scratch/tessera.policy" || true
}

# --- all of it ------------------------------------------------------------

status=0
"$here/install.sh" || status=$?
if [ "$status" = 3 ]; then
    printf '\n*** INTEROP SKIPPED: nothing was held against the programs of others ***\n\n'
    exit 0
elif [ "$status" != 0 ]; then
    exit "$status"
fi
"$here/build.sh"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/interop.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
trap 'say "run.sh itself failed at line $LINENO"' ERR
[ -x "$ascertain" ] || say "no program at $ascertain; what needs it is waiting"

SECONDS=0
controls
golden
make_log || true
if cosigned_by_litewitness; then
    lite_cosigned=1
    forge
    holds "litewitness: cosigns our true log after all that, grown" grow_and_ask || true
fi
if [ -n "${public:-}" ]; then
    fsck_of_ours
    proofs
fi
our_witness
others_by_ours
say "$checks ok, $waits waiting, $failures failed, in $SECONDS s"
[ "$failures" = 0 ] || exit 1
