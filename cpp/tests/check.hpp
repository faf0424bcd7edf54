#pragma once

#include <cstdio>
#include <source_location>
#include <string>

/// The test framework: `check` prints and counts failures and continues; main.cpp calls
/// `run`, and the test fails if the count is not zero.
namespace latentia::testing {

inline int failures = 0;

inline void check(bool holds, const std::string& what,
                  std::source_location where = std::source_location::current()) {
  if (holds) return;
  ++failures;
  std::fprintf(stderr, "%s:%u: %s\n", where.file_name(),
               static_cast<unsigned>(where.line()), what.c_str());
}

/// All checks of one test file, which defines this function.
void run();

}  // namespace latentia::testing
