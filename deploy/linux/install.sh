#!/bin/sh
# Installs sims-sync, or a newer version of it, on a Linux server; nothing is fetched when wheels/ lies beside it.
# Everything is built beside what runs; only when that has worked is the old version replaced. If anything fails before,
# what ran runs again, also where the same version is built anew.
set -eu
umask 022

PROGRAM=/usr/local/lib/sims-sync
COMMAND=/usr/local/bin/sims-sync
DATA=/srv/sims-sync
ACCOUNT=sims-sync
UNIT=sims-sync.service
PYTHON=${PYTHON:-python3}
DRY=no

usage() {
    cat <<'TEXT'
./install.sh [--dry-run] [--data FOLDER] [--python COMMAND]

  --dry-run          say what would be done, and do nothing
  --data FOLDER      where config.toml and the data are to be (else /srv/sims-sync)
  --python COMMAND   which Python (else python3); 3.11, 3.12 or 3.13 without the internet
TEXT
}

refuse() { echo "install.sh: $*" >&2; exit 2; }
say() { echo "$*"; }
act() { if [ "$DRY" = yes ]; then echo "would run: $*"; else "$@"; fi; }

# As the account and, where the service is installed, with the secrets that systemd hands to it.
as_service() {
    if [ -f "/etc/systemd/system/$UNIT" ] && [ -d /run/systemd/system ]; then
        secrets=$(sed -n 's/^\(LoadCredential=\|EnvironmentFile=\)/--property=&/p' "/etc/systemd/system/$UNIT")
        # Unquoted on purpose: each line is one word, names and a fixed path.
        # shellcheck disable=SC2086
        act systemd-run --quiet --pipe --wait --property=User="$ACCOUNT" $secrets "$@"
    else
        act runuser -u "$ACCOUNT" -- "$@"
    fi
}

while [ $# -gt 0 ]; do
    case $1 in
        --dry-run) DRY=yes ;;
        --data) [ $# -gt 1 ] || refuse "--data needs a folder."; DATA=$2; shift ;;
        --python) [ $# -gt 1 ] || refuse "--python needs a command."; PYTHON=$2; shift ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done

HERE=$(cd "$(dirname "$0")" && pwd)
case $DATA in /*) ;; *) refuse "--data must begin with /." ;; esac
case $DATA in /home/*|/root/*) refuse "--data must not be in a home directory: the service cannot see those." ;; esac

# 1. Is this machine one it can be installed on?
[ "$(id -u)" = 0 ] || [ "$DRY" = yes ] || refuse "needs root's rights: run it as root, or with sudo in front."
command -v "$PYTHON" >/dev/null || refuse "$PYTHON is not there. On Debian and Ubuntu: apt-get install python3 python3-venv"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    refuse "$PYTHON is $("$PYTHON" --version). Python 3.11 or newer is needed; say --python COMMAND."
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || refuse "Python has no venv. On Debian and Ubuntu: apt-get install python3-venv"

if [ -d "$HERE/wheels" ]; then
    FROM=bundle
    [ "$(uname -m)" = x86_64 ] || refuse "this bundle is for x86_64 and this machine is $(uname -m). Install from the repository."
    "$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
        refuse "this bundle is for Python 3.11, 3.12 and 3.13, and $PYTHON is $("$PYTHON" --version). Say --python COMMAND."
    (cd "$HERE" && sha256sum --check --quiet --strict SHA256SUMS) || refuse "a file is not as it was packed: get the bundle again."
    VERSION=$(sed -n 's/^sims-sync\[.*\]==\([^ ]*\) .*/\1/p' "$HERE/requirements.txt")
else
    FROM=repository
    TREE=$(cd "$HERE/../.." && pwd)
    [ -f "$TREE/pyproject.toml" ] || refuse "neither wheels/ nor the repository is where it belongs: unpack the bundle again."
    VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' "$TREE/pyproject.toml" | head -n 1)
fi
[ -n "$VERSION" ] || refuse "it cannot be told which version this is: get it again."

NEW=$PROGRAM/$VERSION
say "sims-sync $VERSION goes to $NEW, its configuration and data to $DATA."

# 2. The account and its folder.
if ! id "$ACCOUNT" >/dev/null 2>&1; then
    act useradd --system --user-group --home-dir "$DATA" --no-create-home --shell /usr/sbin/nologin "$ACCOUNT"
fi
[ -d "$DATA" ] || act install -d -m 0750 -o "$ACCOUNT" -g "$ACCOUNT" "$DATA"

# 3. The new version, beside the old one. Installing the same version again builds it anew.
RUNS=no
# Also one that is just being started again after a failure: only a stopped one stays stopped.
case $(systemctl show --property=ActiveState --value "$UNIT" 2>/dev/null || true) in active|activating|reloading) RUNS=yes ;; esac
if [ -e "$NEW" ] && [ "$RUNS" = yes ] && [ "$(readlink "$COMMAND" 2>/dev/null)" = "$NEW/bin/sims-sync" ]; then
    act systemctl stop "$UNIT"
fi
act install -d -m 0755 "$PROGRAM"
REPLACED=no
as_before() {
    code=$?
    if [ "$DRY" = yes ] || [ "$REPLACED" = yes ]; then return; fi
    if [ -e "$NEW.before" ]; then rm -rf "$NEW"; mv "$NEW.before" "$NEW"; fi
    if [ "$RUNS" = yes ]; then systemctl start "$UNIT"; fi
    echo "install.sh: nothing was replaced: what was there before is there." >&2
    exit "$code"
}
trap as_before EXIT
trap 'exit 130' HUP INT TERM
# One that a power cut left aside is the whole one.
if [ -e "$NEW.before" ]; then act rm -rf "$NEW"; elif [ -e "$NEW" ]; then act mv "$NEW" "$NEW.before"; fi
act "$PYTHON" -m venv "$NEW"
if [ "$FROM" = bundle ]; then
    act "$NEW/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$HERE/wheels" \
        --require-hashes --requirement "$HERE/requirements.txt"
else
    act "$NEW/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        --requirement "$TREE/deploy/requirements.txt"
    act "$NEW/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$TREE"
fi
act "$NEW/bin/python" -m compileall -q "$NEW/lib" || true  # a dependency may carry a file for another Python
act "$NEW/bin/sims-sync" --version

# 4. The old version ends, the database follows, the new one takes its name.
if [ "$RUNS" = yes ]; then act systemctl stop "$UNIT"; fi
if [ -f "$DATA/config.toml" ]; then
    if ! as_service "$NEW/bin/sims-sync" db upgrade --config "$DATA/config.toml"; then
        refuse "the database was not brought up to date: the old version stays. Do what stands above, then run this again."
    fi
fi
act ln -sfn "$NEW/bin/sims-sync" "$COMMAND"
REPLACED=yes
act rm -rf "$NEW.before"
if [ "$RUNS" = yes ]; then
    act systemctl start "$UNIT"
    say "The service runs on $VERSION."
elif [ -f "$DATA/config.toml" ]; then
    say "Next: sims-sync service install --config $DATA/config.toml"
else
    say "Next: runuser -u $ACCOUNT -- sims-sync init $DATA"
fi
