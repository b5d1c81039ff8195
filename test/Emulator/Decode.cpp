//===- Decode.cpp - opcodes and their modifiers ---------------------------===//

#include "test/Emulator/Decode.h"

#include <algorithm>

using namespace emulator;

Opcode::Opcode(const std::string &text) {
  size_t begin = 0;
  for (size_t end; (end = text.find('.', begin)) != std::string::npos;
       begin = end + 1)
    parts.push_back(text.substr(begin, end - begin));
  parts.push_back(text.substr(begin));
}

bool Opcode::take(const std::string &modifier) {
  auto found = std::find(parts.begin() + 1, parts.end(), modifier);
  if (found == parts.end())
    return false;
  parts.erase(found);
  return true;
}

std::string Opcode::takeOne(std::initializer_list<const char *> modifiers) {
  for (const char *modifier : modifiers)
    if (take(modifier))
      return modifier;
  return "";
}

std::string Opcode::takeLast() {
  if (empty())
    return "";
  std::string last = parts.back();
  parts.pop_back();
  return last;
}
