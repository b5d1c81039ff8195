//===- npy.h - reads arrays that NumPy has saved ----------------*- C++ -*-===//
//
// A .npy file is a magic word, a version, the length of a header, the header (a
// Python dictionary in ASCII) and then the plain numbers:
//
//   {'descr': '<f4', 'fortran_order': False, 'shape': (1797, 64), }
//
// A file is read only if it holds exactly what the program asks for: this type
// of number, rows first, this many dimensions, and neither more nor fewer bytes
// than its header announces. Anything else ends the program with a sentence.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_EXAMPLES_NPY_H
#define KEOPS_EXAMPLES_NPY_H

#include "example.h"

#include <cstring>
#include <fstream>
#include <iterator>

namespace npy {

template <typename Number> struct Array {
  std::vector<int64_t> shape;
  std::vector<Number> values;
};

/// NumPy's name for a type, little-endian.
template <typename Number> const char *typeName();
template <> inline const char *typeName<float>() { return "<f4"; }
template <> inline const char *typeName<double>() { return "<f8"; }
template <> inline const char *typeName<int64_t>() { return "<i8"; }

class Reader {
public:
  explicit Reader(const std::string &path) : path(path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
      bad("cannot be read");
    bytes.assign(std::istreambuf_iterator<char>(file), {});
    findHeader();
  }

  template <typename Number> Array<Number> read(size_t dimensions) {
    std::string type = field("descr");
    if (type != "'" + std::string(typeName<Number>()) + "'")
      bad("holds numbers of type " + type + ", expected '" +
          typeName<Number>() + "'");
    if (field("fortran_order") != "False")
      bad("is stored column by column, expected row by row");
    Array<Number> array;
    array.shape = parseShape(field("shape"));
    if (array.shape.size() != dimensions)
      bad("has " + std::to_string(array.shape.size()) +
          " dimensions, expected " + std::to_string(dimensions));
    array.values.resize(countNumbers(array.shape, sizeof(Number)));
    if (!array.values.empty())
      std::memcpy(array.values.data(), bytes.data() + start,
                  array.values.size() * sizeof(Number));
    return array;
  }

private:
  [[noreturn]] void bad(const std::string &reason) const {
    example::fail(path + ": " + reason);
  }

  /// Sets `header`, and `start` to where the numbers begin.
  void findHeader() {
    if (bytes.compare(0, 6, "\x93NUMPY") != 0 || bytes.size() < 8)
      bad("is not a .npy file");
    // Two bytes of length in version 1, four afterwards.
    size_t width = bytes[6] == 1 ? 2 : 4;
    size_t length = 0;
    for (size_t i = 0; i < width && 8 + i < bytes.size(); ++i)
      length |= size_t(static_cast<unsigned char>(bytes[8 + i])) << (8 * i);
    start = 8 + width + length;
    if (bytes[6] < 1 || bytes[6] > 3 || start > bytes.size())
      bad("has a header that is cut short or of an unknown version");
    header = bytes.substr(8 + width, length);
  }

  /// What stands behind a key, up to the comma that ends it.
  std::string field(const char *key) const {
    std::string quoted = "'" + std::string(key) + "':";
    size_t begin = header.find(quoted);
    if (begin == std::string::npos)
      bad("has no " + quoted + " in its header");
    begin = header.find_first_not_of(' ', begin + quoted.size());
    if (begin == std::string::npos)
      bad("has nothing behind " + quoted);
    bool tuple = header[begin] == '(';
    size_t end = header.find_first_of(tuple ? ")" : ",}", begin);
    if (end == std::string::npos)
      bad("has a header without an end");
    return header.substr(begin, end + tuple - begin);
  }

  /// "(1797, 64)", "(5,)" or "()".
  std::vector<int64_t> parseShape(const std::string &text) const {
    std::vector<int64_t> shape;
    if (text.find_first_not_of("(0123456789, )") != std::string::npos)
      bad("has the shape " + text + ", which is none");
    size_t at = text.find_first_of("0123456789");
    while (at != std::string::npos) {
      size_t end = text.find_first_not_of("0123456789", at);
      if (end - at > 15)
        bad("has the shape " + text + ", which is too large");
      shape.push_back(std::stoll(text.substr(at, end - at)));
      at = text.find_first_of("0123456789", end);
    }
    return shape;
  }

  size_t countNumbers(const std::vector<int64_t> &shape, size_t size) const {
    size_t available = (bytes.size() - start) / size;
    size_t count = 1;
    bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
    for (int64_t extent : shape) {
      // Each partial product stays below the number of bytes in the file.
      if (!empty && size_t(extent) > available / count)
        bad("is shorter than its header says");
      count *= empty ? 0 : size_t(extent);
      if (empty)
        break;
    }
    if (count * size != bytes.size() - start)
      bad("is longer than its header says");
    return count;
  }

  std::string path, bytes, header;
  size_t start = 0;
};

template <typename Number>
Array<Number> read(const std::string &path, size_t dimensions) {
  return Reader(path).read<Number>(dimensions);
}

} // namespace npy

#endif // KEOPS_EXAMPLES_NPY_H
