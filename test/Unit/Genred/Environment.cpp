//===- Environment.cpp - a cache of its own for each test program ---------===//

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>

namespace {

class OwnCache : public testing::Environment {
public:
  void SetUp() override {
    char name[] = "/tmp/keopsc-genred-XXXXXX";
    folder = mkdtemp(name);
    setenv("KEOPSC_CACHE_DIR", (folder + "/cache").c_str(), 1);
  }
  void TearDown() override {
    EXPECT_EQ(std::system(("rm -rf " + folder).c_str()), 0);
  }

private:
  std::string folder;
};

[[maybe_unused]] const auto *const added =
    testing::AddGlobalTestEnvironment(new OwnCache);

} // namespace
