# How the tests under test/ are run. A test is a .mlir, .keops or .test file
# with RUN lines; the path of a test is the path of its source.

import os
import shutil
import subprocess

import lit.formats

config.name = "keops"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".keops", ".test"]
config.excludes = ["Unit", "Device", "Inputs", "downstream", "corpus"]
config.test_source_root = os.path.join(config.source_root, "test")

bin_dir = os.path.join(config.build_root, "bin")
config.environment["PATH"] = os.pathsep.join(
    [bin_dir, config.llvm_tools_dir, os.environ["PATH"]]
)
for variable in ("HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LD_PRELOAD"):
    if variable in os.environ:
        config.environment[variable] = os.environ[variable]

python_with_package = (
    f"env PYTHONPATH={config.build_root}/python PYTHONDONTWRITEBYTECODE=1"
    f" KEOPSC_CACHE_DIR=%t.cache {config.keops_python}"
)
sanitize = f" -fsanitize={config.sanitizers}" if config.sanitizers else ""
config.substitutions += [
    ("%clangxx", config.cxx_compiler + sanitize),
    ("%clang", config.c_compiler + sanitize),
    ("%sanitize", sanitize.strip()),
    ("%cxx", config.cxx_compiler),
    ("%cc", config.c_compiler),
    ("%cmake", config.cmake),
    ("%pytest", "%keopsc-python -m pytest -q -p no:cacheprovider"),
    ("%ruff", f"{config.keops_python} -m ruff"),
    ("%keopsc-python", python_with_package),
    ("%python", config.python),
    ("%runtime", os.path.join(config.build_root, "lib", "libkeops_runtime.a")),
    ("%include", os.path.join(config.source_root, "runtime", "include")),
    ("%repo", config.source_root),
    ("%build", config.build_root),
    ("%bin", bin_dir),
    # Columns, fewer where an emulator counts them.
    (r"%\{many\}", "50000"),
    (r"%\{most\}", "131073"),
    # The folder of the stand-in for the CUDA driver.
    ("%emulator", os.path.join(config.build_root, "test", "Emulator", "lib")),
]


def cpu_flags():
    try:
        with open("/proc/cpuinfo") as cpuinfo:
            for line in cpuinfo:
                if line.startswith("flags"):
                    return set(line.split(":", 1)[1].split())
    except OSError:
        pass
    return set()


# Tests that run code for an instruction set ask whether the machine has it;
# tests that need a part of the CUDA toolkit ask for that.
flags = cpu_flags()
if {"avx2", "fma", "bmi2"} <= flags:
    config.available_features.add("x86-64-v3")
if {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= flags:
    config.available_features.add("x86-64-v4")
if shutil.which("ptxas"):
    config.available_features.add("ptxas")
if os.path.exists(os.path.join(config.build_root, "bench", "gpu", "by-hand.ptx")):
    config.available_features.add("nvcc")
if config.sanitizers:
    config.available_features.add("sanitizers")
if config.keops_python:
    config.available_features.add("python")
    for package in ("torch", "pykeops"):
        has = f"from importlib.util import find_spec as f; exit(not f('{package}'))"
        if subprocess.run([config.keops_python, "-c", has]).returncode == 0:
            config.available_features.add(package)
config.available_features.add(config.llvm_link + "-llvm")
