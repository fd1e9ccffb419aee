# Jobs in the background, two at a time: each has a log, which is printed when it fails.
# Sourced by .ci/run, which sets $work.

at_once=2
mkdir -p "$work/logs" "$work/done"
declare -A job_of=()

headline() { printf '\n== %s [%d s]\n' "$*" "$SECONDS"; }
fail() { printf '\nCI FAILED: %s\n' "$*" >&2; exit 1; }

# start NAME COMMAND...: run it in the background, waiting while there are as many as may run at once.
start() {
  local name=$1; shift
  while [ ${#job_of[@]} -ge "$at_once" ]; do reap; done
  (
    began=$SECONDS status=0
    # The explicit subshell keeps `set -e` in force: bash switches it off in the left side of || and in conditions.
    ( set -eu -o pipefail; "$@" ) >"$work/logs/$name" 2>&1 </dev/null & wait $! || status=$?
    echo "$status $((SECONDS - began))" >"$work/done/$name"
  ) &
  job_of[$!]=$name
}

# reap: wait for one job and say how it went.
reap() {
  local pid name status seconds
  wait -n -p pid "${!job_of[@]}" || true
  name=${job_of[$pid]}
  unset "job_of[$pid]"
  read -r status seconds <"$work/done/$name"
  if [ "$status" -eq 0 ]; then
    printf '   ok    %-11s %4d s   %s\n' "$name" "$seconds" "$(result "$work/logs/$name")"
  else
    printf '\n   FAILED %s (%d s, status %d); its log:\n\n' "$name" "$seconds" "$status"
    sed 's/^/   | /' "$work/logs/$name"
    echo
  fi
}

# result LOG: what its tools said last, in one line.
result() {
  sed -nE 's/^=* ?([0-9]+ passed.*) in [0-9.]+s.*/\1/p; s/^TOTAL.* ([0-9.]+%)$/coverage \1/p; s/^(Success|All checks).*/&/p' "$1" \
    | paste -sd';' | sed 's/;/; /g'
}

# finish: wait for the rest; fail when any job failed.
finish() {
  local name status rest failed=""
  while [ ${#job_of[@]} -gt 0 ]; do reap; done
  for name in "$work"/done/*; do
    [ -e "$name" ] || fail "no job of that name"
    read -r status rest <"$name"
    [ "$status" -eq 0 ] || failed="$failed ${name##*/}"
  done
  [ -z "$failed" ] || fail "$failed"
}

# passed: the names of the jobs, in one line.
passed() { ls "$work/done" | paste -sd, | sed 's/,/, /g'; }
