// weir --verify for one way of running, linked with mutation.cpp: `verify-mutant NAME`. For tests alone.
#include <cstdio>

#include "sandbox/sandbox.hpp"
#include "sandbox/verify.hpp"

int main(int argc, char** argv) {
    if (argc != 2 || weir::sandbox::leave_root(false).error) return 77;
    const bool held =
        weir::sandbox::verify([](const std::string& line) { std::puts(line.c_str()); }, argv[1]);
    return held ? 0 : 1;
}
