//===- Replay.cpp - the corpus once more, without libFuzzer ---------------===//

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv) {
  for (int k = 1; k < argc; ++k) {
    std::ifstream file(argv[k], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "error: %s: cannot be read\n", argv[k]);
      return 1;
    }
    std::string text(std::istreambuf_iterator<char>(file), {});
    // In front of the crash that it may be.
    std::printf("%s\n", argv[k]);
    std::fflush(stdout);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(text.data()),
                           text.size());
  }
  std::printf("%d texts read\n", argc - 1);
  return 0;
}
