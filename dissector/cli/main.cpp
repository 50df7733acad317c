// weir: reads a capture stream and prints what it says. Holds no privilege and needs none.
#include "cli/options.hpp"
#include "cli/run.hpp"

int main(int argc, char** argv) {
    const weir::cli::parsed p = weir::cli::parse(argc, argv);
    return weir::common::to_int(p.end ? *p.end : weir::cli::run(p.asked));
}
