//===- Statements.cpp - PTX text, cut into statements ---------------------===//

#include "test/Emulator/Statements.h"
#include "test/Emulator/Fault.h"

#include <cctype>

using namespace emulator;

static std::string withoutComments(const std::string &text) {
  std::string result;
  for (size_t p = 0; p < text.size();) {
    if (text.compare(p, 2, "//") == 0) {
      p = std::min(text.find('\n', p), text.size());
    } else if (text.compare(p, 2, "/*") == 0) {
      size_t end = text.find("*/", p + 2);
      end = end == std::string::npos ? text.size() : end + 2;
      for (; p < end; ++p)
        if (text[p] == '\n')
          result += '\n';
    } else {
      result += text[p++];
    }
  }
  return result;
}

/// Directives that end with their line.
static bool endsWithLine(const std::string &text) {
  for (const char *directive :
       {".version", ".target", ".address_size", ".file", ".loc "})
    if (text.compare(0, std::string(directive).size(), directive) == 0)
      return true;
  return false;
}

static bool isHeader(const std::string &text) {
  return text.find(".entry") != std::string::npos ||
         text.find(".func") != std::string::npos;
}

namespace {
class Cutter {
public:
  explicit Cutter(const std::string &text) : text(withoutComments(text)) {}
  std::vector<Statement> cut();

private:
  void take(char c, char next);
  void emit(Statement::Kind kind) {
    while (!current.empty() && current.back() == ' ')
      current.pop_back();
    result.push_back({kind, current, begin});
    current.clear();
  }

  const std::string text;
  std::vector<Statement> result;
  std::string current;
  uint32_t line = 1, begin = 1;
  int braces = 0; // of the open statement
};
} // namespace

void Cutter::take(char c, char next) {
  if (std::isspace(static_cast<unsigned char>(c))) {
    if (c == '\n' && endsWithLine(current))
      emit(Statement::Plain);
    else if (!current.empty() && current.back() != ' ')
      current += ' ';
    return;
  }
  if (current.empty()) {
    begin = line;
    if (c == '{' || c == '}')
      return emit(c == '{' ? Statement::Open : Statement::Close);
  }
  if (c == '{' && isHeader(current))
    return emit(Statement::Header);
  if (c == '{')
    ++braces;
  if (c == '}')
    --braces;
  if (c == ';' && braces == 0)
    return emit(Statement::Plain);
  bool isName = current.find_first_of(" \t") == std::string::npos;
  if (c == ':' && next != ':' && isName && current.back() != ':')
    return emit(Statement::Label);
  current += c;
}

std::vector<Statement> Cutter::cut() {
  for (size_t p = 0; p < text.size(); ++p) {
    take(text[p], p + 1 < text.size() ? text[p + 1] : '\n');
    if (text[p] == '\n')
      ++line;
  }
  if (endsWithLine(current))
    emit(Statement::Plain);
  if (current.find_first_not_of(' ') != std::string::npos)
    throw Fault(Fault::InvalidText, "line " + std::to_string(begin) +
                                        ": the text ends within '" + current +
                                        "'");
  return std::move(result);
}

std::vector<Statement> emulator::statementsOf(const std::string &text) {
  return Cutter(text).cut();
}

static std::string trimmed(const std::string &text) {
  size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos)
    return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<std::string> emulator::split(const std::string &text, char at) {
  std::vector<std::string> pieces;
  std::string piece;
  int depth = 0;
  for (char c : text) {
    if (c == '{' || c == '[' || c == '(')
      ++depth;
    if (c == '}' || c == ']' || c == ')')
      --depth;
    if (c != at || depth) {
      piece += c;
      continue;
    }
    if (piece = trimmed(piece); !piece.empty() || at != ' ')
      pieces.push_back(piece);
    piece.clear();
  }
  if (piece = trimmed(piece); !piece.empty())
    pieces.push_back(piece);
  return pieces;
}
