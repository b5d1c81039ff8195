//===- Identity.cpp - which compiler this is ------------------------------===//

#include "compiler/Library/Identity.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/MathExtras.h"
#include <link.h>

using namespace llvm;

namespace keops {

static bool contains(const dl_phdr_info &file, uintptr_t address) {
  return any_of(ArrayRef(file.dlpi_phdr, file.dlpi_phnum), [&](auto &part) {
    uintptr_t start = file.dlpi_addr + part.p_vaddr;
    return part.p_type == PT_LOAD && address >= start &&
           address - start < part.p_memsz;
  });
}

/// The build ID among the notes of a segment, empty if there is none.
static ArrayRef<uint8_t> buildIdIn(ArrayRef<uint8_t> notes) {
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    auto *note = reinterpret_cast<const ElfW(Nhdr) *>(notes.data());
    size_t name = alignTo(note->n_namesz, 4);
    size_t content = alignTo(note->n_descsz, 4);
    notes = notes.drop_front(sizeof(*note));
    if (name + content > notes.size())
      return {};
    StringRef owner(reinterpret_cast<const char *>(notes.data()),
                    note->n_namesz);
    if (note->n_type == NT_GNU_BUILD_ID && owner == StringRef("GNU\0", 4))
      return notes.slice(name, note->n_descsz);
    notes = notes.drop_front(name + content);
  }
  return {};
}

static int findBuildId(dl_phdr_info *file, size_t, void *result) {
  if (!contains(*file, reinterpret_cast<uintptr_t>(&findBuildId)))
    return 0;
  for (auto &part : ArrayRef(file->dlpi_phdr, file->dlpi_phnum)) {
    if (part.p_type != PT_NOTE)
      continue;
    auto *start =
        reinterpret_cast<const uint8_t *>(file->dlpi_addr + part.p_vaddr);
    ArrayRef<uint8_t> id = buildIdIn(ArrayRef(start, part.p_memsz));
    if (!id.empty())
      *static_cast<std::string *>(result) = toHex(id, /*LowerCase=*/true);
  }
  return 1;
}

static std::string makeIdentity() {
  std::string id;
  dl_iterate_phdr(findBuildId, &id);
  if (id.empty())
    return "";
  return "keopsc " KEOPS_VERSION ", LLVM " LLVM_VERSION_STRING ", build " + id;
}

const std::string &compilerIdentity() {
  static const std::string identity = makeIdentity();
  return identity;
}

} // namespace keops
