# What scripts/setup, scripts/test and scripts/demo share. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
if [[ ! -t 2 || -n ${NO_COLOR:-} ]]; then
  say() { printf '==> %s\n' "$*" >&2; }
fi

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# What a build and the tests need, as packages of Debian 12.
packages=(
  # LLVM and MLIR, the compiler and the linker that we build with
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools
  clang-22 lld-22 libclang-rt-22-dev clang-format-22
  # what LLVM's CMake files look for
  libzstd-dev zlib1g-dev libz3-dev libedit-dev libcurl4-openssl-dev
  libxml2-dev libffi-dev
  # build and tests
  cmake ninja-build ccache libgtest-dev libeigen3-dev python3 git xz-utils
  # the Python package
  python3-venv python3-dev
)

# Python packages for the tests of ours, in an environment of their own.
python_env="$root/build/python-env"
python_lists="$root/test/Python"

is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    is_installed "$package" || printf '%s\n' "$package"
  done
}

# Installs what is missing. Needs no root if nothing is.
install_missing() {
  if ! command -v dpkg-query >/dev/null; then
    say "no dpkg here, so I take it that these are installed: ${packages[*]}"
    return
  fi
  local missing as_root=()
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "run as root, or install these packages: ${missing[*]}"
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends "${missing[@]}"
}

# An option for pip, if it can be used: PyTorch for CPUs has a tenth of the size of
# the other one. pip itself would ask for it again and again.
pytorch_index() {
  local url=https://download.pytorch.org/whl/cpu
  /usr/bin/python3 -c \
    "from urllib.request import urlopen; urlopen('$url/torch/', timeout=10)" \
    2>/dev/null && echo "--extra-index-url=$url" || true
}

# Makes the environment, or makes it anew when its list has changed. PyTorch is in
# it if it is asked for, install_python_env torch, or has been there before.
install_python_env() {
  local lists=("$python_lists/requirements.txt")
  if [[ ${1:-} == torch ]] ||
    grep -qs '^torch==' "$python_env/installed.txt"; then
    lists+=("$python_lists/requirements-torch.txt")
  fi
  cat "${lists[@]}" | cmp -s - "$python_env/installed.txt" && return
  say "installing Python packages in build/python-env"
  mkdir -p "$root/build"
  /usr/bin/python3 -m venv --clear "$python_env" &&
    "$python_env/bin/python" -m pip install --quiet $(pytorch_index) \
      "${lists[@]/#/--requirement=}" ||
    die "pip could not install what is in ${lists[*]}; \
scripts/test --no-python leaves the Python package out"
  cat "${lists[@]}" >"$python_env/installed.txt"
}

# As many compilers at once as there are cores, and 2 GB of memory for each.
parallel_jobs() {
  local cores memory_gb
  cores=$(nproc)
  memory_gb=$(awk '/^MemTotal/ {print int($2 / 1048576)}' /proc/meminfo)
  local fitting=$((memory_gb / 2 > 0 ? memory_gb / 2 : 1))
  echo $((cores < fitting ? cores : fitting))
}

# More options for cmake.
cmake_options=()

# build PRESET [TARGET...]: configures once, then builds with progress shown.
build() {
  local preset=$1
  shift
  local log="$root/build/$preset/configure.log"
  mkdir -p "$root/build/$preset"
  say "configuring build/$preset"
  (cd "$root" && cmake --preset "$preset" "${cmake_options[@]}" \
    >"$log" 2>&1) || {
    cat "$log" >&2
    die "cmake could not configure build/$preset"
  }
  say "building build/$preset"
  ninja -C "$root/build/$preset" -j "$(parallel_jobs)" "$@" ||
    die "the build of build/$preset failed"
}
