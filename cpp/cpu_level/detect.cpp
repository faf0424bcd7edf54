#include <cstdio>

#include "cpu_level.hpp"

/// Prints the CPU levels of this machine, best first, for CMake.
int main() {
  latentia::for_each_supported_level([](const char* level) { std::puts(level); });
}
