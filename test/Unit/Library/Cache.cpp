//===- Cache.cpp - compiled code in a folder of the user ------------------===//

#include "compiler/Library/Cache.h"
#include "compiler/Library/Identity.h"
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace keops;

namespace {

using Bytes = llvm::SmallVector<char, 0>;

std::string text(const std::optional<Bytes> &bytes) {
  return bytes ? std::string(bytes->begin(), bytes->end()) : "nothing";
}

class CacheTest : public testing::Test {
protected:
  CacheTest() {
    char name[] = "/tmp/keopsc-cache-XXXXXX";
    top = mkdtemp(name);
    folder = top + "/a/b";
  }
  ~CacheTest() override {
    EXPECT_EQ(std::system(("rm -rf " + top).c_str()), 0);
  }

  void keep(llvm::StringRef bytes) {
    Cache(folder).keep(key, {bytes.data(), bytes.size()});
  }
  std::string find() { return text(Cache(folder).find(key)); }
  std::string file() const { return folder + "/" + key; }
  std::string read() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string &bytes) const {
    std::ofstream(file(), std::ios::binary) << bytes;
  }
  mode_t mode(const std::string &path) const {
    struct stat status;
    return stat(path.c_str(), &status) ? 0 : status.st_mode & 0777;
  }

  std::string top, folder;
  const std::string key = hashOf("a formula");
};

} // namespace

TEST_F(CacheTest, HashIsSha256) {
  EXPECT_EQ(hashOf("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb41"
                           "0ff61f20015ad");
}

TEST_F(CacheTest, KeepsAndFinds) {
  EXPECT_EQ(find(), "nothing");
  keep("code");
  EXPECT_EQ(find(), "code");
  EXPECT_EQ(text(Cache(folder).find(hashOf("another"))), "nothing");
  keep("newer code");
  EXPECT_EQ(find(), "newer code");
}

TEST_F(CacheTest, EmptyCodeIsCode) {
  keep("");
  EXPECT_EQ(find(), "");
}

TEST_F(CacheTest, MakesItsFolderForThisUserAlone) {
  keep("code");
  EXPECT_EQ(mode(top + "/a"), 0700u);
  EXPECT_EQ(mode(folder), 0700u);
  EXPECT_EQ(mode(file()), 0600u);
}

TEST_F(CacheTest, NoFolderIsNoCache) {
  Cache none("");
  none.keep(key, {});
  EXPECT_FALSE(none.find(key));
}

TEST_F(CacheTest, FolderThatCannotBeMadeIsNoCache) {
  for (const char *impossible : {"/dev/null/keopsc", "/proc/keopsc"}) {
    Cache cache(impossible);
    cache.keep(key, {'x'});
    EXPECT_FALSE(cache.find(key));
  }
}

TEST_F(CacheTest, TruncatedFileIsNothing) {
  keep("some code");
  std::string whole = read();
  for (size_t size = 0; size < whole.size(); ++size) {
    write(whole.substr(0, size));
    EXPECT_EQ(find(), "nothing") << size;
  }
  write(whole + "x");
  EXPECT_EQ(find(), "nothing");
  keep("some code");
  EXPECT_EQ(find(), "some code");
}

TEST_F(CacheTest, ChangedByteIsNothing) {
  keep("some code");
  std::string whole = read();
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] ^= 1;
    write(changed);
    EXPECT_EQ(find(), "nothing") << at;
  }
}

TEST_F(CacheTest, FileOfAnotherKeyIsNothing) {
  keep("some code");
  std::string other = folder + "/" + hashOf("another");
  ASSERT_EQ(rename(file().c_str(), other.c_str()), 0);
  EXPECT_EQ(text(Cache(folder).find(hashOf("another"))), "nothing");
}

TEST_F(CacheTest, FileThatOthersMayWriteIsNothing) {
  keep("some code");
  for (mode_t open : {0620, 0602}) {
    ASSERT_EQ(chmod(file().c_str(), open), 0);
    EXPECT_EQ(find(), "nothing");
  }
}

TEST_F(CacheTest, FolderThatOthersMayWriteIsNotUsed) {
  keep("some code");
  for (mode_t open : {0770, 0707, 01777}) {
    ASSERT_EQ(chmod(folder.c_str(), open), 0);
    EXPECT_EQ(find(), "nothing");
    Cache(folder).keep(hashOf("another"), {'x'});
  }
  ASSERT_EQ(chmod(folder.c_str(), 0700), 0);
  EXPECT_EQ(find(), "some code");
  EXPECT_FALSE(Cache(folder).find(hashOf("another")));
}

TEST_F(CacheTest, LinksAreNotFollowed) {
  keep("some code");
  std::string elsewhere = top + "/elsewhere";
  ASSERT_EQ(rename(file().c_str(), elsewhere.c_str()), 0);
  ASSERT_EQ(symlink(elsewhere.c_str(), file().c_str()), 0);
  EXPECT_EQ(find(), "nothing");
  // What is kept takes the place of the link, not of what it points to.
  keep("newer code");
  EXPECT_EQ(find(), "newer code");
  std::string linked = top + "/linked";
  ASSERT_EQ(symlink(folder.c_str(), linked.c_str()), 0);
  EXPECT_EQ(text(Cache(linked).find(key)), "nothing");
}

TEST_F(CacheTest, FolderInPlaceOfAFileIsNothing) {
  keep("some code");
  ASSERT_EQ(unlink(file().c_str()), 0);
  ASSERT_EQ(mkdir(file().c_str(), 0700), 0);
  EXPECT_EQ(find(), "nothing");
  keep("code");
  EXPECT_EQ(find(), "nothing");
}

// Readers see one of the contents, whole, whatever writers do.
TEST_F(CacheTest, ProcessesDoNotDisturbEachOther) {
  std::string contents[8];
  for (int n = 0; n < 8; ++n)
    contents[n] = std::string(20000 + n, char('a' + n));
  keep(contents[0]);
  std::vector<pid_t> children;
  for (int n = 0; n < 8; ++n) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      bool good = true;
      for (int round = 0; round < 100; ++round) {
        keep(contents[n]);
        std::string found = find();
        good &= std::find(contents, contents + 8, found) != contents + 8;
      }
      _exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  // Nothing but the entry is left.
  EXPECT_EQ(std::system(("test $(ls -A " + folder + " | wc -l) = 1").c_str()),
            0);
}

TEST(Identity, NamesVersionsAndBuild) {
  llvm::StringRef identity = compilerIdentity();
  EXPECT_TRUE(identity.starts_with("keopsc " KEOPS_VERSION ", LLVM 22"));
  EXPECT_GE(identity.split("build ").second.size(), 40u);
}
