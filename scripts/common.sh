# Shared by the scripts of ./run; sourced, with the repository's root as working directory.
set -euo pipefail
export LC_ALL=C.UTF-8

assume_yes=false
jobs=$(nproc 2>/dev/null || echo 2)

say() { printf '%s\n' "$*" >&2; }
fail() { # fail EXIT_CODE MESSAGE…
  local code=$1
  shift
  say "run: $*"
  exit "$code"
}
step() { printf '\n== %s\n' "$*" >&2; }

# The packages of a tier and of those it brings.
packages_of() { # packages_of TIER
  local tiers
  case $1 in
    build) tiers='build' ;;
    test) tiers='build|test' ;;
    check) tiers='build|test|check' ;;
    bench) tiers='build|bench' ;;
    *) fail 2 "no tier '$1'" ;;
  esac
  sed -nE "s/^([a-z0-9+.-]+) +($tiers)( +[a-z]+)?\$/\1/p" scripts/packages.txt
}

missing_packages() { # missing_packages TIER
  local package command
  for package in $(packages_of "$1"); do
    command=$(sed -nE "s/^$package +[a-z]+ +([a-z]+)\$/\1/p" scripts/packages.txt)
    [ -z "$command" ] || ! command -v "$command" >/dev/null || continue
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
      echo "$package"
  done
}

apt_install() { # apt_install [sudo] PACKAGE…: with one refresh of the lists when it fails
  local -a sudo=()
  if [ "$1" = sudo ]; then
    sudo=(sudo)
    shift
  fi
  local -a apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q
    -o DPkg::Lock::Timeout=600)
  "${apt[@]}" install -y --no-install-recommends "$@" >&2 || {
    "${apt[@]}" update >&2
    "${apt[@]}" install -y --no-install-recommends "$@" >&2
  }
}

# Makes sure that a tier's packages are there: root installs them, others are asked first.
need() { # need TIER
  command -v dpkg-query >/dev/null || {
    say "run: not a Debian system; scripts/packages.txt lists what must be there"
    return 0
  }
  local -a missing
  mapfile -t missing < <(missing_packages "$1")
  [ ${#missing[@]} -gt 0 ] || return 0
  local by_hand="apt-get install --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" -eq 0 ]; then
    step "installing ${#missing[@]} Debian packages"
    apt_install "${missing[@]}" || fail 4 "could not install; try: $by_hand"
    return 0
  fi
  command -v sudo >/dev/null || fail 4 "these packages are missing; as root: $by_hand"
  if ! $assume_yes; then
    [ -t 0 ] || fail 4 "packages are missing; say --yes, or: sudo $by_hand"
    local answer
    read -r -p "Missing: ${missing[*]}. Install with sudo? [y/N] " answer
    [[ $answer == [yY]* ]] || fail 4 "not installed; by hand: sudo $by_hand"
  fi
  apt_install sudo "${missing[@]}" || fail 4 "could not install; try: sudo $by_hand"
}

# Takes --yes out of the arguments and leaves the others in `arguments`.
arguments=()
take_yes() { # take_yes ARGUMENT…
  local argument
  for argument in "$@"; do
    case $argument in
      --yes | -y) assume_yes=true ;;
      *) arguments+=("$argument") ;;
    esac
  done
}

no_arguments() {
  [ ${#arguments[@]} -eq 0 ] || fail 2 "unexpected '${arguments[0]}'"
}

configure() { # configure PRESET [CMAKE_ARGUMENT…]; quiet unless it fails
  local preset=$1 log
  shift
  mkdir -p build
  log=build/configure-$preset.log
  cmake --preset "$preset" "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    fail 4 "could not configure the preset '$preset'"
  }
}

build() { # build PRESET [TARGET…]
  local preset=$1
  shift
  local -a targets=()
  [ $# -eq 0 ] || targets=(--target "$@")
  cmake --build "build/$preset" --parallel "$jobs" "${targets[@]}" >&2 ||
    fail 1 "the build '$preset' failed"
}

# Runs the tests of a build, which leave nothing in /tmp; the last line on stdout is
# "N passed, M failed".
run_tests() { # run_tests PRESET [CTEST_ARGUMENT…]
  local preset=$1 log code=0 total failed scratch
  shift
  log=build/$preset/tests.log
  scratch=$(mktemp -d)
  chmod 755 "$scratch"  # some tests go on as a user without rights
  TMPDIR=$scratch ctest --test-dir "build/$preset" --parallel "$jobs" --output-on-failure \
    "$@" 2>&1 | tee "$log" >&2 || code=$?
  chmod -R u+rwX "$scratch" && rm -rf "$scratch"  # some tests take rights away
  total=$(sed -nE 's/^.* tests failed out of ([0-9]+).*$/\1/p' "$log" | tail -n 1)
  failed=$(sed -nE 's/^.*, ([0-9]+) tests failed out of [0-9]+.*$/\1/p' "$log" | tail -n 1)
  [ -n "$total" ] || fail 1 "no tests ran"
  echo "$((total - failed)) passed, $failed failed"
  [ "$code" -eq 0 ] || return 1
}
