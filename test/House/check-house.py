#!/usr/bin/env python3
"""Checks of the sources that no compiler makes.

    check-house.py [--repo DIR] [--bin DIR] [--update] [CHECK...]

    layers    a folder includes only what its layer may see
    sizes     a file is short (a warning), not very long (an error)
    words     no path of a developer's machine, no mark of a conflict
    format    C++ is as clang-format leaves it
    snippets  what a page shows is true

All of them by default. In a page (Markdown), a comment before a code fence
says where its text comes from:

    <!-- from: test/Run/gauss.keops -->   the text occurs in that file
    <!-- run: keopsc --version -->        the text is what the command prints

and before tables, which end at <!-- end -->, without a fence:

    <!-- table: keopsc --list-ops=markdown -->

Commands run in the root of the repository with the built tools on the PATH.
With --update, what commands print is written into the pages.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# What a folder may include, as prefixes of include paths. The C and C++
# standard libraries are free to all.
UPSTREAM = ("mlir/", "llvm/")
EIGEN = ("Eigen/",)
NANOBIND = ("nanobind/",)
OWN = ("dialects/", "compiler/", "runtime/", "tools/", "python/", "keops/")
LAYERS = {
    "runtime": ("runtime/", "keops/runtime.h", "POSIX"),
    "dialects/Keops": ("dialects/Keops/", "llvm/", "mlir/IR/", "mlir/Interfaces/",
                       "mlir/Support/", "mlir/Bytecode/", "mlir/Dialect/Arith/IR/",
                       "mlir/Dialect/Math/IR/", "mlir/Dialect/CommonFolders.h"),
    "dialects/Tile": ("dialects/", "llvm/", "mlir/IR/", "mlir/Interfaces/",
                      "mlir/Support/", "mlir/Bytecode/", "mlir/Dialect/Arith/IR/",
                      "mlir/Dialect/Math/IR/", "mlir/Dialect/MemRef/IR/"),
    "compiler/Frontend": ("compiler/Frontend/", "dialects/Keops/", *UPSTREAM),
    "compiler/Transforms": ("compiler/Transforms/", "dialects/Keops/", *UPSTREAM),
    "compiler/Conversion": ("compiler/Conversion/", "dialects/", "runtime/Card.h",
                            *UPSTREAM),
    "compiler/Codegen": ("compiler/Codegen/", *UPSTREAM),
    "compiler/Driver": ("compiler/", "dialects/", "runtime/Card.h", "keops/",
                        *UPSTREAM),
    "compiler/Library": ("compiler/", "dialects/", "runtime/Card.h", "keops/",
                         *UPSTREAM),
    "compiler/include": ("keops/", *EIGEN),
    "tools": ("tools/", "compiler/", "dialects/", "runtime/Card.h", "keops/",
              *UPSTREAM),
    "python": ("python/", "keops/", *NANOBIND),
    "examples": ("keops/",),
}
# Headers of the operating system that the runtime, the compiler's driver and
# the tools may use beside the standard library.
POSIX = re.compile(r"^(pthread|sched|unistd|dlfcn|fcntl|link|cpuid|immintrin|sys/\w+)\.h$")

SOURCE_SUFFIXES = {".cpp", ".h", ".td", ".py", ".c"}
LIMITS = {"warn": 400, "fail": 700}
# Tables, which may grow.
UNLIMITED = {"dialects/Keops/Pointwise.td"}

INCLUDE = re.compile(r'^\s*#?\s*include\s+(["<])([^">]+)[">]')
FENCE = re.compile(
    r"^<!-- (from|run): (.+?) -->\n+```[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
TABLE = re.compile(
    r"^<!-- (table): (.+?) -->\n\n(.*?)\n^<!-- end -->$", re.MULTILINE | re.DOTALL
)


class House:
    """The repository, and the faults found in it."""

    def __init__(self, repo, bin_dir, update=False):
        self.repo = pathlib.Path(repo).resolve()
        self.bin_dir = bin_dir
        self.update = update
        self.faults = []
        self.files = self.list_files()

    def list_files(self):
        """Files that git tracks or would track, else all but the builds."""
        names = []
        if (self.repo / ".git").exists():
            done = subprocess.run(
                ["git", "-c", f"safe.directory={self.repo}", "ls-files", "-z",
                 "--cached", "--others", "--exclude-standard"],
                cwd=self.repo, capture_output=True, text=True)
            names = [name for name in done.stdout.split("\0") if name]
        if not names:
            names = [str(path.relative_to(self.repo))
                     for path in self.repo.rglob("*")
                     if path.relative_to(self.repo).parts[0] not in ("build", ".git")]
        return sorted(name for name in set(names) if (self.repo / name).is_file())

    def fault(self, name, line, text):
        self.faults.append(f"{name}:{line}: {text}")

    def text(self, name):
        return (self.repo / name).read_text(encoding="utf-8", errors="replace")


def layer_of(name):
    return next((layer for layer in LAYERS if name.startswith(layer + "/")), None)


def include_is_allowed(name, quote, path, allowed):
    if path.startswith(OWN + UPSTREAM + EIGEN + NANOBIND):
        return path.startswith(tuple(allowed))
    if "/" not in path and "." not in path:
        return True  # the C++ standard library
    if quote == "<":
        return bool(POSIX.match(path)) or re.match(r"^[a-z0-9_]+\.h$", path)
    # A bare "Sibling.h": allowed in the examples, which stand alone.
    return name.startswith("examples/")


def check_layers(house):
    for name in house.files:
        layer = layer_of(name)
        if not layer or pathlib.Path(name).suffix not in {".cpp", ".h", ".td", ".c"}:
            continue
        for number, line in enumerate(house.text(name).splitlines(), 1):
            found = INCLUDE.match(line)
            if found and not include_is_allowed(name, *found.groups(), LAYERS[layer]):
                house.fault(name, number, f"{layer} may not include {found[2]}")


def check_sizes(house):
    for name in house.files:
        if pathlib.Path(name).suffix not in SOURCE_SUFFIXES or name in UNLIMITED:
            continue
        lines = house.text(name).count("\n")
        if lines > LIMITS["fail"]:
            house.fault(name, lines, f"longer than {LIMITS['fail']} lines")
        elif lines > LIMITS["warn"]:
            print(f"{name}:{lines}: warning: longer than {LIMITS['warn']} lines")


def check_words(house):
    # Put together here so that this file does not hold them itself.
    words = ["/".join(["", "work", "main"]), "/".join(["", "work", "shared"]),
             "." + "library", "/".join(["", "tmp", "build"]),
             "/".join(["", "tmp", "team"]), "bash" + "_jobs",
             "/".join(["", "home", ""]), "/".join(["", "root", ""]),
             "<" * 7 + " ", ">" * 7 + " "]
    for name in house.files:
        if pathlib.Path(name).suffix in {".npy", ".png"}:
            continue
        for number, line in enumerate(house.text(name).splitlines(), 1):
            for word in words:
                if word in line:
                    house.fault(name, number, f"names {word}")


def check_format(house):
    tool = next(filter(None, map(shutil.which, ["clang-format-22"])), None)
    if not tool:
        house.fault(".clang-format", 1, "clang-format-22 is not installed")
        return
    sources = [n for n in house.files if pathlib.Path(n).suffix in {".cpp", ".h", ".c"}]
    done = subprocess.run([tool, "--dry-run", "-Werror", *sources], cwd=house.repo,
                          capture_output=True, text=True)
    for name, number in sorted(set(re.findall(
            r"^(\S+?):(\d+):\d+: error:", done.stderr, re.MULTILINE))):
        house.fault(name, number, "not as clang-format leaves it")
    if done.returncode != 0 and not house.faults:
        house.fault(".clang-format", 1, done.stderr.strip())


def run_command(house, command):
    environment = dict(os.environ, NO_COLOR="1", TMPDIR=tempfile.gettempdir())
    environment["PATH"] = f"{house.bin_dir}:{environment['PATH']}"
    return subprocess.run(["bash", "-c", command], cwd=house.repo,
                          env=environment, capture_output=True, text=True)


def snippet_fault(house, kind, source, shown):
    """What is wrong with one fence, or None."""
    if kind == "from":
        path = house.repo / source
        if not path.is_file():
            return f"{source} is not there"
        return None if shown in path.read_text() else f"not in {source}"
    done = run_command(house, source)
    if done.stdout == shown:
        return None
    return (f"'{source}' prints something else (status {done.returncode}):\n"
            f"{done.stdout}{done.stderr}")


def update_snippets(house, name):
    """Writes what commands print into a page."""
    def refreshed(found):
        kind, source, shown = found.groups()
        if kind == "from":
            return found[0]
        before, after = found.start(3) - found.start(), found.end(3) - found.start()
        printed = run_command(house, source).stdout
        return found[0][:before] + printed + found[0][after:]

    text = house.text(name)
    changed = TABLE.sub(refreshed, FENCE.sub(refreshed, text))
    if changed != text:
        (house.repo / name).write_text(changed, encoding="utf-8")


def check_snippets(house):
    for name in house.files:
        if not name.endswith(".md"):
            continue
        if house.update:
            update_snippets(house, name)
        text = house.text(name)
        for found in [*FENCE.finditer(text), *TABLE.finditer(text)]:
            kind, source, shown = found.groups()
            if kind != "from" and not house.bin_dir:
                continue
            wrong = snippet_fault(house, kind, source, shown)
            if wrong:
                house.fault(name, text.count("\n", 0, found.start()) + 1, wrong)


CHECKS = {"layers": check_layers, "sizes": check_sizes, "words": check_words,
          "format": check_format, "snippets": check_snippets}


def main():
    parser = argparse.ArgumentParser(description="Checks of the sources")
    parser.add_argument("--repo", default=pathlib.Path(__file__).parents[2])
    parser.add_argument("--bin", help="folder of the built tools")
    parser.add_argument("--update", action="store_true",
                        help="write what commands print into the pages")
    parser.add_argument("checks", nargs="*", metavar="CHECK",
                        help=" ".join(CHECKS))
    options = parser.parse_args()
    unknown = [check for check in options.checks if check not in CHECKS]
    if unknown:
        parser.error(f"unknown check '{unknown[0]}'; there are {', '.join(CHECKS)}")
    if options.update and not options.bin:
        parser.error("--update runs the tools: say where they are with --bin")
    house = House(options.repo, options.bin, options.update)
    for check in options.checks or CHECKS:
        CHECKS[check](house)
    print("\n".join(house.faults), end="\n" if house.faults else "")
    return 1 if house.faults else 0


if __name__ == "__main__":
    sys.exit(main())
