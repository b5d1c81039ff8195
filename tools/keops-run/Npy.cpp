//===- Npy.cpp - arrays in .npy files -------------------------------------===//

#include "tools/keops-run/Npy.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace keops::run {

StringRef nameOf(Scalar scalar) {
  static constexpr const char *names[] = {"float32", "float64", "int64"};
  return names[static_cast<int>(scalar)];
}

std::optional<int64_t> byteCount(ArrayRef<int64_t> shape, Scalar scalar) {
  int64_t bytes = sizeOf(scalar);
  if (is_contained(shape, 0))
    return 0;
  for (int64_t extent : shape)
    if (MulOverflow(bytes, extent, bytes))
      return std::nullopt;
  return bytes;
}

//===----------------------------------------------------------------------===//
// The header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
//===----------------------------------------------------------------------===//

namespace {
/// Reads the Python dictionary of a header. Every method skips blanks first
/// and returns false where the text is something else.
class HeaderReader {
public:
  explicit HeaderReader(StringRef text) : text(text) {}

  bool read(NpyHeader &header);

  /// For messages: nothing from a file may play with the terminal.
  std::string printableType() const {
    std::string text;
    raw_string_ostream os(text);
    printEscapedString(type, os);
    return text;
  }

  std::string type;
  bool columnOrder = false;

private:
  bool eat(StringRef word) {
    text = text.ltrim();
    return text.consume_front(word);
  }
  bool readString(StringRef &value);
  bool readShape(SmallVectorImpl<int64_t> &shape);
  bool readItem(StringRef key, NpyHeader &header);

  StringRef text;
  bool seen[3] = {};
};
} // namespace

bool HeaderReader::readString(StringRef &value) {
  text = text.ltrim();
  if (!text.starts_with("'") && !text.starts_with("\""))
    return false;
  size_t end = text.find(text[0], 1);
  if (end == StringRef::npos)
    return false;
  value = text.slice(1, end);
  text = text.drop_front(end + 1);
  return true;
}

bool HeaderReader::readShape(SmallVectorImpl<int64_t> &shape) {
  if (!eat("("))
    return false;
  while (!eat(")")) {
    text = text.ltrim();
    int64_t extent;
    if (text.consumeInteger(10, extent) || extent < 0)
      return false;
    shape.push_back(extent);
    if (!eat(",") && !text.ltrim().starts_with(")"))
      return false;
  }
  return true;
}

bool HeaderReader::readItem(StringRef key, NpyHeader &header) {
  int index = key == "descr" ? 0 : key == "fortran_order" ? 1 : 2;
  if (seen[index] || (index == 2 && key != "shape"))
    return false;
  seen[index] = true;
  if (index == 2)
    return readShape(header.shape);
  if (index == 1) {
    columnOrder = eat("True");
    return columnOrder || eat("False");
  }
  if (text.ltrim().starts_with("[")) {
    type = "a record";
    text = text.drop_front(text.rfind(']') + 1);
    return true;
  }
  StringRef value;
  if (!readString(value))
    return false;
  type = value.str();
  return true;
}

bool HeaderReader::read(NpyHeader &header) {
  if (!eat("{"))
    return false;
  while (!eat("}")) {
    StringRef key;
    if (!readString(key) || !eat(":") || !readItem(key, header))
      return false;
    if (!eat(",") && !text.ltrim().starts_with("}"))
      return false;
  }
  return seen[0] && seen[1] && seen[2] && text.trim().empty();
}

static Error notNpy() {
  return createStringError("is not a .npy file of version 1 or 2");
}

/// Splits the dictionary off the start of a file; `bytes` is what comes before
/// the numbers.
static Expected<StringRef> dictionaryOf(StringRef head, int64_t &bytes) {
  if (head.size() < 10 || !head.starts_with("\x93NUMPY"))
    return notNpy();
  int version = head[6];
  if ((version != 1 && version != 2) || head[7] != 0 ||
      (version == 2 && head.size() < 12))
    return notNpy();
  int64_t prefix = version == 1 ? 10 : 12;
  int64_t length = version == 1
                       ? int64_t(support::endian::read16le(head.data() + 8))
                       : int64_t(support::endian::read32le(head.data() + 8));
  bytes = prefix + length;
  if (bytes > static_cast<int64_t>(head.size()))
    return createStringError("is shorter than its header says");
  return head.substr(prefix, length);
}

Expected<NpyHeader> parseNpyHeader(StringRef head, int64_t fileBytes) {
  NpyHeader header;
  Expected<StringRef> dictionary = dictionaryOf(head, header.bytes);
  if (!dictionary)
    return dictionary.takeError();
  HeaderReader reader(*dictionary);
  if (!reader.read(header))
    return createStringError("has a header that is no description of an array");

  if (reader.type == "<f4" || reader.type == "<f8")
    header.scalar = reader.type == "<f4" ? Scalar::Float32 : Scalar::Float64;
  else if (reader.type == "<i8")
    header.scalar = Scalar::Int64;
  else
    return createStringError("holds numbers of type '" +
                             reader.printableType() +
                             "'; '<f4', '<f8' and '<i8' can be read");
  if (reader.columnOrder && header.shape.size() > 1)
    return createStringError("is stored column by column; save it row by row, "
                             "with numpy.ascontiguousarray");

  std::optional<int64_t> bytes = byteCount(header.shape, header.scalar);
  if (!bytes || *bytes > fileBytes - header.bytes)
    return createStringError("is shorter than its header says");
  if (*bytes < fileBytes - header.bytes)
    return createStringError("is longer than its header says");
  header.count = *bytes / sizeOf(header.scalar);
  return header;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

/// Fills `buffer` from the file; false if there is less.
static bool readFully(sys::fs::file_t file, char *buffer, int64_t bytes,
                      int64_t offset) {
  while (bytes > 0) {
    Expected<size_t> read = sys::fs::readNativeFileSlice(
        file, MutableArrayRef<char>(buffer, bytes), offset);
    if (!read) {
      consumeError(read.takeError());
      return false;
    }
    if (*read == 0)
      return false;
    buffer += *read;
    offset += *read;
    bytes -= *read;
  }
  return true;
}

static Expected<Array> readOpenNpy(sys::fs::file_t file) {
  sys::fs::file_status status;
  if (sys::fs::status(file, status) ||
      status.type() != sys::fs::file_type::regular_file)
    return createStringError("is not a regular file");
  int64_t fileBytes = status.getSize();
  // Headers are a line or two; what needs more is none.
  std::string head(std::min<int64_t>(fileBytes, 65536), '\0');
  if (!readFully(file, head.data(), head.size(), 0))
    return createStringError("cannot be read");
  Expected<NpyHeader> header = parseNpyHeader(head, fileBytes);
  if (!header)
    return header.takeError();
  Array array;
  array.scalar = header->scalar;
  array.shape = header->shape;
  int64_t bytes = header->count * sizeOf(header->scalar);
  array.memory = Memory(bytes);
  if (!array.memory.data())
    return createStringError("does not fit in memory");
  if (!readFully(file, array.memory.data(), bytes, header->bytes))
    return createStringError("cannot be read");
  return array;
}

Expected<Array> readNpy(StringRef path) {
  Expected<sys::fs::file_t> file = sys::fs::openNativeFileForRead(path);
  if (!file) {
    std::error_code code = errorToErrorCode(file.takeError());
    return createStringError(path + ": cannot be read: " + code.message());
  }
  Expected<Array> array = readOpenNpy(*file);
  sys::fs::closeFile(*file);
  if (!array)
    return createStringError(path + ": " + toString(array.takeError()));
  return array;
}

void writeNpy(raw_ostream &os, Scalar scalar, ArrayRef<int64_t> shape,
              const char *data) {
  static constexpr const char *types[] = {"<f4", "<f8", "<i8"};
  std::string header;
  raw_string_ostream text(header);
  text << "{'descr': '" << types[static_cast<int>(scalar)]
       << "', 'fortran_order': False, 'shape': (";
  interleaveComma(shape, text);
  text << (shape.size() == 1 ? ",), }" : "), }");
  // The numbers start at a multiple of 64 bytes, after a line break.
  constexpr size_t prefix = 10;
  header.append(63 - (prefix + header.size()) % 64, ' ');
  header += '\n';
  os << StringRef("\x93NUMPY\x01\x00", 8)
     << static_cast<char>(header.size() & 255)
     << static_cast<char>(header.size() >> 8) << header;
  os.write(data, *byteCount(shape, scalar));
}

} // namespace keops::run
