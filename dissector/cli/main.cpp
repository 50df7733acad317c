// weir: reads a capture stream and prints what it says. Holds no privilege and needs none.
#include <exception>

#include "cli/check_policy.hpp"
#include "cli/options.hpp"
#include "cli/run.hpp"

int main(int argc, char** argv) {
    try {
        const weir::cli::parsed p = weir::cli::parse(argc, argv);
        if (p.end) return weir::common::to_int(*p.end);
        const weir::cli::options& o = p.wanted;
        if (o.question == weir::cli::enquiry::policy)
            return weir::common::to_int(weir::cli::check_policy(o.file, o.user));
        const bool runs = o.question == weir::cli::enquiry::none;
        return weir::common::to_int(runs ? weir::cli::run(o) : weir::cli::answer(o.question, o.allow_root));
    } catch (const std::exception& e) { // the edge alone throws: no memory, no descriptors left
        weir::cli::complain(e.what());
        return weir::common::to_int(weir::common::exit_status::failed);
    }
}
