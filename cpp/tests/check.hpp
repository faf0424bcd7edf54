#pragma once

#include <cstdio>
#include <source_location>
#include <string>

/// The whole test framework: `check` takes note of what does not hold and goes on,
/// main.cpp calls `run` and fails if there was anything.
namespace latentia::testing {

inline int failures = 0;

inline void check(bool holds, const std::string& what,
                  std::source_location where = std::source_location::current()) {
  if (holds) return;
  ++failures;
  std::fprintf(stderr, "%s:%u: %s\n", where.file_name(),
               static_cast<unsigned>(where.line()), what.c_str());
}

/// The checks of one file; each test file defines it.
void run();

}  // namespace latentia::testing
