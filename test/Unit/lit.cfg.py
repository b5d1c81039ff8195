# Every executable *Test in the build's test/Unit is a GoogleTest program; lit
# counts the tests in it one by one.

import os

import lit.formats

config.name = "keops-unit"
config.test_source_root = config.test_exec_root
config.test_format = lit.formats.GoogleTest(".", "Test")
config.environment["HOME"] = os.environ.get("HOME", "/")
for variable in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if variable in os.environ:
        config.environment[variable] = os.environ[variable]
