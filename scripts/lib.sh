# What the scripts share. They source it: it changes to the repository's root, and defines functions.
# shellcheck shell=sh
set -eu
# shellcheck disable=SC2034 # scripts/demo goes back there, for paths on its command line
CALLER=$PWD
cd "$(dirname "$0")/.."

VENV=$PWD/.venv
# Debian keeps servers where an ordinary user's PATH does not look; Homebrew likewise on a Mac.
PATH=$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/bin:/opt/homebrew/sbin
export PATH
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# Images of containers often set it; then each of our processes would compile all of its code anew,
# which is half of the time that the tests need to be collected.
unset PYTHONDONTWRITEBYTECODE

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# quietly WHAT COMMAND...: say WHAT, run COMMAND in silence, and show its output if it fails.
quietly() {
  say "$1 ..."
  shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1 </dev/null; then
    rm -f "$log"
  else
    tail -n 20 "$log" >&2
    rm -f "$log"
    return 1
  fi
}

# -- packages of the system ------------------------------------------------------------------------

# may_install: whether packages can be installed without asking anybody for a password.
may_install() {
  if have apt-get; then
    [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2>/dev/null; }
  else
    have brew
  fi
}

# install_line PACKAGE...: what a person would type.
install_line() {
  if have apt-get; then
    echo "sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
  elif have brew; then
    echo "brew install $*"
  else
    echo "install these with your system's package manager: $*"
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

apt_install() {
  as_root apt-get update -qq || say "apt-get update failed; trying with the lists that are there"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# try_install PACKAGE...: install them where we may; 1 where we may not, or when it fails.
try_install() {
  may_install || return 1
  if have apt-get; then
    quietly "Installing $* (a minute)" apt_install "$@"
  else
    quietly "Installing $* (a minute)" brew install "$@"
  fi
}

# need_packages [PACKAGE...]: install them, or end with the line to type.
need_packages() {
  [ $# -gt 0 ] || return 0
  try_install "$@" || die "Missing: $*. Type this line, then start again:
  $(install_line "$@")"
}

# missing COMMAND PACKAGE: the package, if there is no such command.
missing() { have "$1" || echo "$2"; }

# -- Python ----------------------------------------------------------------------------------------

find_python() {
  for candidate in python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

venv_works() { "$VENV/bin/python" -m pip --version >/dev/null 2>&1; }

# missing_python: the packages without which there can be no .venv.
missing_python() {
  if venv_works; then return 0; fi
  if ! python=$(find_python); then
    if have apt-get; then echo python3 python3-venv; else echo python@3.13; fi
  elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
  fi
}

# make_venv: a working .venv, with the newest Python that is here.
make_venv() {
  if venv_works; then return 0; fi
  python=$(find_python) || die "Lookout needs Python 3.11 or newer; this system has none."
  quietly "Making .venv" "$python" -m venv --clear "$VENV" ||
    die "Could not make .venv with $python; see above."
}

# stamp NAME: what an installation of this lock depends on.
stamp() { echo "$1 $(cat "locks/$1.txt" pyproject.toml scripts/lib.sh | cksum)"; }

# is_installed NAME: whether .venv holds a lock as it is now; the packages of `fuzz` include those of
# `dev`, and its and those of `bench` include those of `demo`.
is_installed() {
  grep -qxF "$(stamp "$1")" "$VENV/lookout-lock" 2>/dev/null && return 0
  case $1 in
    demo) is_installed dev || is_installed bench ;;
    dev) is_installed fuzz ;;
    *) return 1 ;;
  esac
}

# install_lock NAME: make .venv hold what locks/NAME.txt says and Lookout itself, if it does not yet.
install_lock() {
  make_venv
  if is_installed "$1"; then return 0; fi
  is_installed dev || is_installed demo || is_installed bench || rm -f "$VENV/lookout-lock"
  quietly "Installing Lookout's packages (a minute)" pip_install --require-hashes -r "locks/$1.txt" ||
    die "Could not install the packages; see above."
  # The build tools are in the lock too, so that nothing unlocked is fetched.
  quietly "Installing Lookout" pip_install --no-deps --no-build-isolation -e . ||
    die "Could not install Lookout; see above."
  stamp "$1" >>"$VENV/lookout-lock" # they share one version of each package: none replaces another
}

pip_install() { "$VENV/bin/python" -m pip install --quiet "$@"; }
