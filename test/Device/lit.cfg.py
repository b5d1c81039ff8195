# The formulas of test/Run once more, on a GPU: the emulator's, or a real one
# with KEOPS_TEST_DRIVER=FOLDER, where FOLDER holds libcuda.so.1.
#
# Their commands are the same, without those for one instruction set or so many
# threads of the CPU.

import os

import lit.formats

config.name = "keops-device"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".keops"]
# What is too much for an emulator is for CPUs alone: %if !gpu.
config.excludes = ["Inputs"]
config.available_features.add("gpu")
config.test_source_root = os.path.join(config.source_root, "test", "Run")

bin_dir = os.path.join(config.build_root, "bin")
config.environment["PATH"] = os.pathsep.join(
    [bin_dir, config.llvm_tools_dir, os.environ["PATH"]]
)
for variable in ("HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if variable in os.environ:
        config.environment[variable] = os.environ[variable]

emulator = os.path.join(config.build_root, "test", "Emulator", "lib")
config.environment["LD_LIBRARY_PATH"] = os.environ.get("KEOPS_TEST_DRIVER", emulator)
config.substitutions += [
    ("%python", config.python),
    (r"%\{many\}", "1500"),
    (r"%\{most\}", "4099"),
    (r"\bkeops-run\b.* --(cpu|threads) .*$", "true"),
    (r"\bkeops-run\b", "keops-run --backend gpu"),
]
