#include "cli/outlet_writers.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir::cli {

outlet_writers::outlet_writers(boost::asio::io_context& io, const options& o, opened_outputs& outputs,
                               listener to)
    : outputs_(outputs)
    , to_(std::move(to)) {
    const outlet_writer::listener each{[this](outlet_writer& w) { on_change(w); },
                                       [&o](const std::string& what) { remark(o, "warning: " + what); },
                                       [this](const std::string& why) {
                                           failed_ = true;
                                           complain(why);
                                       }};
    for (const auto& outlet : outputs.all.all())
        writers_.push_back(std::make_unique<outlet_writer>(io, *outlet, each));
}

void outlet_writers::begin() {
    outputs_.all.begin();
    for (const auto& w : writers_) w->watch();
    write(1); // what stands before the first event is there though none may come
}

void outlet_writers::write(std::size_t batch) {
    for (const auto& w : writers_)
        if (w->what().pending() >= batch) w->write();
}

void outlet_writers::finish() {
    outputs_.all.end();
    for (const auto& w : writers_) w->finish();
}

void outlet_writers::reopen() {
    for (const opened_outputs::log& log : outputs_.logs) {
        const auto writes = [&](const auto& w) { return &w->what() == log.of; };
        outlet_writer& w = **std::find_if(writers_.begin(), writers_.end(), writes);
        const int fd = log.file->open();
        if (fd >= 0)
            w.replace(fd);
        else
            complain("cannot open " + w.name() + " anew: " + std::strerror(errno) +
                     "; going on in the old file");
    }
}

bool outlet_writers::accuse_stopped_readers() {
    if (!hold_up()) return false;
    for (const auto& w : writers_)
        if (w->holds_up())
            complain("the reader of " + w->name() + " has stopped; " + std::to_string(w->what().pending()) +
                     " bytes could not be written");
    failed_ = true;
    return true;
}

bool outlet_writers::hold_up() const noexcept {
    return std::any_of(writers_.begin(), writers_.end(), [](const auto& w) { return w->holds_up(); });
}

bool outlet_writers::are_over() const noexcept {
    return std::all_of(writers_.begin(), writers_.end(), [](const auto& w) { return w->what().is_over(); });
}

bool outlet_writers::are_finished() const noexcept {
    return std::all_of(writers_.begin(), writers_.end(), [](const auto& w) { return w->is_finished(); });
}

void outlet_writers::on_change(const outlet_writer& w) {
    if (are_over()) return to_.on_over();
    if (w.held_up() && !hold_up()) to_.on_room();
}

} // namespace weir::cli
