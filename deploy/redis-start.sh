#!/bin/sh
# Start Redis, after a look at its append-only file: a power cut on a memory card leaves zeros or old bytes
# at its end, with which Redis does not start (`aof-load-truncated` is for files that end too early only).
# What is damaged within the last 64 MiB is cut, and kept in /data/damaged; the nodes' spools send again what
# was not confirmed. Damage before that is no power cut: a person decides. With `--middle` that is cut too.
set -eu

data=/data
end_bytes=67108864

middle=no
if [ "${1:-}" = --middle ]; then
    middle=yes
    shift
fi

# The last file of commands that the manifest names.
file=
for manifest in "$data"/appendonlydir/*.manifest; do
    [ -f "$manifest" ] || continue
    name=$(sed -n 's/^file \([^ ]*\.incr\.aof\) .*type i.*/\1/p' "$manifest" | tail -n 1)
    if [ -n "$name" ]; then file=$data/appendonlydir/$name; fi
done

keep() {
    mkdir -p "$data/damaged" && tail -c "$bad" "$file" >"$1" && { sync "$1" 2>/dev/null || sync; } && return
    rm -f "$1"
    return 1
}

cut() {
    size=$(wc -c <"$file")
    good=$(printf '%s\n' "$1" | sed -n 's/.*ok_up_to=\([0-9]*\).*/\1/p' | tail -n 1)
    if [ -z "$good" ]; then
        printf '%s\n' "$1" >&2
        return
    fi
    bad=$((size - good))
    if [ "$bad" -gt "$end_bytes" ] && [ "$middle" = no ]; then
        cat >&2 <<TEXT
Redis' append-only file is damaged in the middle: $file, from byte $good of $size.
A power cut damages only its end, so look after the disk. Nothing has been changed.
To start without what follows the damage, with a copy of all as it is:
    docker compose run --rm --no-deps --entrypoint 'cp -a /data/appendonlydir /data/appendonlydir.before' redis
    docker compose run --rm --no-deps --entrypoint 'sh /redis-start.sh --middle true' redis
    docker compose up -d
TEXT
        exit 1
    fi
    copy=$data/damaged/$(basename "$file").$(date +%s)
    if keep "$copy"; then
        truncate -s "$good" "$file"
    else # the disk is full: what is cut makes room for its own copy
        held=$(mktemp -p /dev/shm)
        tail -c "$bad" "$file" >"$held"
        truncate -s "$good" "$file"
        cp "$held" "$copy" || { rm -f "$copy" && copy="$held, for the disk is full"; }
    fi
    echo "$bad damaged bytes were cut from the end of $(basename "$file"), as a power cut leaves them; they are kept in $copy." >&2
}

if [ -n "$file" ] && [ -s "$file" ] && ! said=$(redis-check-aof "$file" 2>&1); then
    cut "$said"
fi

# Not by exec: a bit that has flipped in the name of a command is nothing to redis-check-aof, and Redis
# ends over it with a line that helps nobody.
"$@" &
redis=$!
trap 'kill -TERM "$redis" 2>/dev/null || true' TERM INT
while :; do
    code=0
    wait "$redis" || code=$?
    kill -0 "$redis" 2>/dev/null || break # else it was a signal that ended the waiting
done
if [ "$code" -eq 1 ] && [ -n "$file" ]; then
    cat >&2 <<TEXT
Redis ended by itself. Where it says above "unknown command" of its append-only file, that file has a
flipped bit, which redis-check-aof does not see: look after the disk. Nothing has been changed. To start
without the damaged command, with a copy of all as it is:
    docker compose run --rm --no-deps --entrypoint 'cp -a /data/appendonlydir /data/appendonlydir.before' redis
    docker compose run --rm --no-deps --user 999:999 --volume lookout_redis-data:/redis --entrypoint 'python -m lookout.embedded.mending --middle /redis' ingest
    docker compose up -d
TEXT
fi
exit "$code"
