//===- Diagnostics.cpp - errors on the user's own text --------------------===//

#include "compiler/Frontend/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using llvm::SourceMgr;

namespace keops {

namespace {
/// A place in a text, and the line that it is on.
struct Place {
  StringRef buffer, line;
  unsigned lineNumber = 0, column = 0;
  bool sameLine(const Place &other) const {
    return line.data() == other.line.data() && line.data();
  }
};

class Printer {
public:
  Printer(const SourceMgr &sources, llvm::raw_ostream &os, bool colors)
      : sources(sources), os(os), colors(colors) {}
  void print(Diagnostic &diagnostic);

private:
  Place find(Location location) const;
  void printSeverity(DiagnosticSeverity severity);
  void printLine(const Place &place);

  const SourceMgr &sources;
  llvm::raw_ostream &os;
  bool colors;
  Place shown;
};
} // namespace

static StringRef lineAt(StringRef text, unsigned lineNumber) {
  for (; lineNumber > 1 && !text.empty(); --lineNumber)
    text = text.split('\n').second;
  StringRef line = text.split('\n').first;
  line.consume_back("\r");
  return line;
}

Place Printer::find(Location location) const {
  Place place;
  auto file = location->findInstanceOf<FileLineColLoc>();
  if (!file)
    return place;
  place.buffer = file.getFilename();
  place.lineNumber = file.getLine();
  place.column = std::max(1u, file.getColumn());
  // The last text of a name is the one that is being compiled.
  for (unsigned id = sources.getNumBuffers(); id > 0; --id) {
    const llvm::MemoryBuffer *buffer = sources.getMemoryBuffer(id);
    if (buffer->getBufferIdentifier() != place.buffer)
      continue;
    place.line = lineAt(buffer->getBuffer(), place.lineNumber);
    break;
  }
  return place;
}

void Printer::printSeverity(DiagnosticSeverity severity) {
  static constexpr struct {
    const char *name;
    llvm::raw_ostream::Colors color;
  } styles[] = {{"note", llvm::raw_ostream::BLACK},
                {"warning", llvm::raw_ostream::MAGENTA},
                {"error", llvm::raw_ostream::RED},
                {"remark", llvm::raw_ostream::BLUE}};
  auto &style = styles[static_cast<unsigned>(severity)];
  if (colors)
    os.changeColor(style.color, /*Bold=*/true);
  os << style.name << ": ";
  if (colors)
    os.resetColor();
}

// Bytes that continue a character of several bytes take no room.
static bool startsCharacter(char c) { return (c & 0xc0) != 0x80; }

void Printer::printLine(const Place &place) {
  constexpr unsigned before = 60, length = 120;
  unsigned caret = std::min<size_t>(place.column - 1, place.line.size());
  unsigned start =
      place.line.size() > length && caret > before ? caret - before : 0;
  while (start > 0 && !startsCharacter(place.line[start]))
    --start;
  StringRef part = place.line.substr(start, length);
  while (start + part.size() < place.line.size() && !part.empty() &&
         !startsCharacter(place.line[start + part.size()]))
    part = part.drop_back();
  StringRef head = start ? "..." : "";
  os << head;
  for (char c : part) // a stray control character must not reach a terminal
    os << (llvm::isPrint(c) || c == '\t' || !llvm::isASCII(c) ? c : '?');
  os << (start + part.size() < place.line.size() ? "..." : "") << "\n";
  os.indent(head.size());
  for (char c : part.take_front(caret - start))
    if (startsCharacter(c))
      os << (c == '\t' ? '\t' : ' ');
  os << "^\n";
}

void Printer::print(Diagnostic &diagnostic) {
  Place place = find(diagnostic.getLocation());
  if (place.lineNumber)
    os << place.buffer << ":" << place.lineNumber << ":" << place.column
       << ": ";
  printSeverity(diagnostic.getSeverity());
  os << diagnostic << "\n";
  if (place.line.data() && !place.sameLine(shown))
    printLine(place);
  shown = place;
  for (Diagnostic &note : diagnostic.getNotes())
    print(note);
}

void printDiagnostic(const SourceMgr &sources, Diagnostic &diagnostic,
                     llvm::raw_ostream &os, bool colors) {
  Printer(sources, os, colors).print(diagnostic);
}

FormulaDiagnostics::FormulaDiagnostics(const SourceMgr &sources,
                                       MLIRContext *context,
                                       llvm::raw_ostream &os, bool colors)
    : ScopedDiagnosticHandler(context) {
  setHandler([this, &sources, &os, colors](Diagnostic &diagnostic) {
    errors |= diagnostic.getSeverity() == DiagnosticSeverity::Error;
    printDiagnostic(sources, diagnostic, os, colors);
    return success();
  });
}

} // namespace keops
