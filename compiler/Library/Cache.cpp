//===- Cache.cpp - compiled code in a folder of the user ------------------===//

#include "compiler/Library/Cache.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SHA256.h"
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace keops {

static constexpr StringRef kMagic = "keopsc-kernel 1\n";
static constexpr size_t kHashDigits = 64;
static constexpr size_t kHeaderBytes = kMagic.size() + 2 * (kHashDigits + 1);
// No kernel is that large; a file that is was not written by us.
static constexpr off_t kLargestFile = off_t(1) << 30;

static std::string hashOf(ArrayRef<char> bytes) {
  SHA256 hash;
  hash.update(StringRef(bytes.data(), bytes.size()));
  return toHex(hash.final(), /*LowerCase=*/true);
}

std::string hashOf(StringRef text) {
  return hashOf(ArrayRef<char>(text.data(), text.size()));
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

namespace {
/// An open file or folder; nothing if opening failed.
class Descriptor {
public:
  explicit Descriptor(int number) : number(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;

  void close() {
    if (number >= 0)
      ::close(number);
    number = -1;
  }

  explicit operator bool() const { return number >= 0; }
  int get() const { return number; }

  /// Does it belong to this user, and can nobody else write it?
  bool isPrivate(mode_t kind, struct stat &status) const {
    return ::fstat(number, &status) == 0 && (status.st_mode & S_IFMT) == kind &&
           status.st_uid == ::geteuid() &&
           (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  }

private:
  int number;
};
} // namespace

namespace {
/// A folder of this user; nothing if it is not theirs alone. Opened without
/// following a link at its end; what is done in it afterwards concerns this
/// folder, whatever happens to its name.
class PrivateFolder : public Descriptor {
public:
  explicit PrivateFolder(const std::string &path)
      : Descriptor(::open(path.c_str(),
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {
    struct stat status;
    if (!isPrivate(S_IFDIR, status))
      close();
  }
};
} // namespace

/// Calls `step(file, bytes, size)`, ::read or ::write, until all bytes are
/// done.
template <typename Step, typename Bytes>
static bool transfer(Step step, int file, Bytes bytes) {
  while (!bytes.empty()) {
    ssize_t count = step(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    bytes = bytes.drop_front(count);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

static std::string header(StringRef key, ArrayRef<char> bytes) {
  return (kMagic + key + "\n" + hashOf(bytes) + "\n").str();
}

std::optional<SmallVector<char, 0>> Cache::find(StringRef key) const {
  if (folder.empty())
    return std::nullopt;
  PrivateFolder directory(folder);
  if (!directory)
    return std::nullopt;
  Descriptor file(::openat(directory.get(), key.str().c_str(),
                           O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat status;
  if (!file || !file.isPrivate(S_IFREG, status) ||
      status.st_size < off_t(kHeaderBytes) || status.st_size > kLargestFile)
    return std::nullopt;
  SmallVector<char, 0> content;
  content.resize_for_overwrite(status.st_size);
  if (!transfer(::read, file.get(), MutableArrayRef<char>(content)))
    return std::nullopt;
  ArrayRef<char> bytes = ArrayRef(content).drop_front(kHeaderBytes);
  if (StringRef(content.data(), kHeaderBytes) != header(key, bytes))
    return std::nullopt;
  return SmallVector<char, 0>(bytes);
}

void Cache::keep(StringRef key, ArrayRef<char> bytes) const {
  if (folder.empty())
    return;
  sys::fs::create_directories(folder, /*IgnoreExisting=*/true,
                              sys::fs::owner_all);
  PrivateFolder directory(folder);
  if (!directory)
    return;
  static std::atomic<unsigned> counter{0};
  std::string temporary =
      (key + "." + Twine(::getpid()) + "." + Twine(counter++) + ".new").str();
  bool written;
  {
    Descriptor file(
        ::openat(directory.get(), temporary.c_str(),
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                 S_IRUSR | S_IWUSR));
    if (!file)
      return;
    written = transfer(::write, file.get(), StringRef(header(key, bytes))) &&
              transfer(::write, file.get(), bytes);
  }
  if (!written || ::renameat(directory.get(), temporary.c_str(),
                             directory.get(), key.str().c_str()) != 0)
    ::unlinkat(directory.get(), temporary.c_str(), 0);
}

//===----------------------------------------------------------------------===//
// The folder
//===----------------------------------------------------------------------===//

/// A variable of the environment, unless this process has more rights than
/// whoever started it.
static std::optional<std::string> variable(const char *name) {
  const char *value = ::secure_getenv(name);
  if (!value)
    return std::nullopt;
  return value;
}

static std::string folderOfUser() {
  if (auto folder = variable("KEOPSC_CACHE_DIR"))
    return *folder;
  auto isAbsolute = [](const std::optional<std::string> &path) {
    return path && StringRef(*path).starts_with("/");
  };
  // The rules of XDG: a relative path is to be ignored.
  if (auto caches = variable("XDG_CACHE_HOME"); isAbsolute(caches))
    return *caches + "/keopsc";
  if (auto home = variable("HOME"); isAbsolute(home))
    return *home + "/.cache/keopsc";
  return "";
}

const Cache &Cache::ofUser() {
  static const Cache cache(folderOfUser());
  return cache;
}

} // namespace keops
