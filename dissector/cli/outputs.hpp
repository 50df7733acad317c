// Opens the outputs that were asked for: files, standard output, files of --append. All of it before the
// walls; must never empty a file that is the input, nor follow a link that --append does not.
#pragma once

#include "cli/options.hpp"
#include "output/body_saver.hpp"
#include "output/log_file.hpp"
#include "output/outlets.hpp"
#include "output/stream_saver.hpp"

namespace weir::cli {

/// What was opened, and what is opened anew on SIGHUP.
struct opened_outputs {
    output::outlets all;
    output::saved_files stream_files, body_files;
    output::save_budget save_budget;
    std::unique_ptr<output::stream_saver> streams; ///< of --save-streams
    std::unique_ptr<output::body_saver> bodies;    ///< of --save-bodies
    struct log {
        std::unique_ptr<output::log_file> file;
        const output::outlet* of = nullptr;
    };
    std::vector<log> logs; ///< of --append; all in one folder
    int har = -1;          ///< the file of --har; an outlet owns it
    bool has_stdout = false;
    bool has_json = false;

    /// What events are given to.
    [[nodiscard]] event::sink& sink() noexcept {
        if (bodies) return *bodies;
        return all;
    }
    [[nodiscard]] event::mask selection() const noexcept {
        return all.selection() | (bodies ? output::body_saver::needs() : event::mask{});
    }
    /// What was to be saved is not.
    [[nodiscard]] bool has_failed_to_save() const noexcept {
        return (streams && streams->has_failed()) || (bodies && bodies->has_failed());
    }

    /// The one folder in which files are opened anew; -1: none.
    [[nodiscard]] int folder() const noexcept { return logs.empty() ? -1 : logs.front().file->folder(); }
};

/// Opens them, beside an input of which `in` is the descriptor (-1: none yet); otherwise one line on standard
/// error, and the status to end with.
[[nodiscard]] std::optional<common::exit_status> open_outputs(const options& o, int in, opened_outputs& out);

} // namespace weir::cli
