#!/bin/sh
# Write the passwords of `.env` and the access rules where the broker reads them, then become the broker.
# Users that were added by hand stay in the file, so nodes survive a restart.
set -eu
umask 077

data=/mosquitto/data
passwords=$data/passwords

# Both go into URLs (mqtt://hub:PASSWORD@mosquitto:1883), where other characters would need escaping.
check() {
    case $2 in
    *[!A-Za-z0-9._~-]*)
        echo "$1 in .env: use letters, digits, '.', '_', '~' and '-' only." >&2
        exit 1
        ;;
    ????????????????*) ;;
    *)
        echo "$1 in .env is shorter than 16 characters: .env.example tells how to make a good one." >&2
        exit 1
        ;;
    esac
}

check LOOKOUT_MQTT_PASSWORD "${LOOKOUT_MQTT_PASSWORD:-}"
check LOOKOUT_DEMO_PASSWORD "${LOOKOUT_DEMO_PASSWORD:-}"

# Through a file, not an argument: no password shows in the list of processes.
new=$passwords.new
printf 'hub:%s\ndemo:%s\n' "$LOOKOUT_MQTT_PASSWORD" "$LOOKOUT_DEMO_PASSWORD" >"$new"
mosquitto_passwd -U "$new"
if [ -f "$passwords" ]; then
    grep -v -e '^hub:' -e '^demo:' "$passwords" >>"$new" || true # nobody else yet
fi
mv "$new" "$passwords"

# How the health check logs in: mosquitto_sub reads it, so that no password shows in the list of processes.
mkdir -p "${TMPDIR:-/tmp}/health"
printf -- '-u hub\n-P %s\n' "$LOOKOUT_MQTT_PASSWORD" >"${TMPDIR:-/tmp}/health/mosquitto_sub"

# A copy of our own: the broker warns of, and will one day refuse, rules that others can read or change.
rm -f "$data/acl"
cp /mosquitto/config/acl "$data/acl"

# A broker that is full saves a file which it cannot load within the same limit: a retained message of ten
# bytes has 98 in the file and, while it is loaded, 480 in memory (Mosquitto 2.0.11).
configuration=/mosquitto/config/mosquitto.conf
if [ -f "$data/mosquitto.db" ]; then
    needed=$(($(wc -c <"$data/mosquitto.db") * 8))
    limit=$(sed -n 's/^memory_limit //p' "$configuration")
    if [ -n "$limit" ] && [ "$needed" -gt "$limit" ]; then
        echo "The broker's own file needs more than memory_limit $limit to be read: it is $needed until the next start." >&2
        sed "s/^memory_limit .*/memory_limit $needed/" "$configuration" >"${TMPDIR:-/tmp}/mosquitto.conf"
        configuration=${TMPDIR:-/tmp}/mosquitto.conf
    fi
fi

exec mosquitto -c "$configuration"
