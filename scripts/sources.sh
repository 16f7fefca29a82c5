# Which sources a check looks at; sourced.

all_sources() {
  git ls-files --cached --others --exclude-standard -- '*.h' '*.cpp' | sort -u |
    while read -r file; do [ ! -f "$file" ] || echo "$file"; done
}

# Those that differ from where this branch left main, and those not yet committed.
changed_sources() {
  local base=
  for main in origin/main main; do
    base=$(git merge-base HEAD "$main" 2>/dev/null) && break
  done
  [ -n "$base" ] || fail 4 "no main branch to compare with; use --all"
  {
    git diff --name-only --diff-filter=d "$base" -- '*.h' '*.cpp'
    git ls-files --others --exclude-standard -- '*.h' '*.cpp'
  } | sort -u
}

# Sets `sources`; $1 is "--all" or empty.
choose_sources() {
  if [ "${1:-}" = --all ]; then
    mapfile -t sources < <(all_sources)
  else
    mapfile -t sources < <(changed_sources)
  fi
}
