// Writes each direction of each connection into a file of its own, as its bytes are in order: `--save DIR
// --save-streams`. The name of a file says connection, sender and receiver: 12-10.0.0.1.41000-10.0.0.2.80.
//
// Holes are never filled: NAME.holes beside a file has a line of JSON for each, with its place in the file.
// It says, too, where a file ends although its stream goes on (limits).
#pragma once

#include <functional>
#include <list>
#include <unordered_map>

#include "event/any_event.hpp"
#include "event/sink.hpp"
#include "event/tcp_detail_events.hpp"
#include "output/saved_files.hpp"

namespace weir::output {

class stream_saver final : public event::sink {
public:
    /// `remark` is called with what a person should know: a limit is reached, the disk is full.
    /// `open_at_once` bounds descriptors; a stream that goes on after its file was closed for them gets
    /// another file, NAME.2.
    stream_saver(saved_files& into, save_budget& budget, std::size_t open_at_once,
                 std::function<void(const std::string&)> remark);
    ~stream_saver() override;

    /// The events that it needs.
    [[nodiscard]] static event::mask needs();

    void on_event(const event::any_event& e) override;

    /// Writing has failed: what was saved is not whole. The remark has said why.
    [[nodiscard]] bool has_failed() const noexcept { return failed_; }

private:
    struct stream {
        std::string name;
        int data = -1;
        int holes = -1;
        std::uint64_t size = 0; ///< of the present file
        std::uint64_t next = 0; ///< offset in the stream behind it
        unsigned parts = 0;
        bool cut = false;                        ///< nothing more of it is saved
        bool reserved = false;                   ///< room for a last note is set aside
        std::list<std::uint64_t>::iterator open; ///< while data is open
    };

    void save(const event::tcp_data& d);
    bool reopen(std::uint64_t key, stream& s);
    void close(stream& s);
    void end_file(stream& s, std::string_view why);
    void cut(stream& s);
    void note(stream& s, const std::string& members);
    void tell_limit(std::string_view of);
    bool put(int fd, std::string_view bytes);
    bool fail(const std::string& what);
    [[nodiscard]] static std::uint64_t key_of(std::uint64_t conn, bool from_low) noexcept {
        return conn * 2 + from_low;
    }

    saved_files& into_;
    save_budget& budget_;
    const std::size_t open_at_once_;
    std::function<void(const std::string&)> remark_;
    std::unordered_map<std::uint64_t, stream> streams_; ///< of connections that are not over
    std::list<std::uint64_t> open_;                     ///< those with a descriptor, longest idle first
    bool limit_told_ = false;
    bool failed_ = false;
};

} // namespace weir::output
