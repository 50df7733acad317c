// The lines that a pipeline writes, read back as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "event/json.hpp"
#include "event/sink.hpp"

namespace weir::pipeline::test {

class json_sink final : public event::sink {
public:
    event::json_writer writer;
    void on_event(const event::any_event& e) override { writer.append(e); }
    [[nodiscard]] std::vector<nlohmann::json> lines() const {
        std::vector<nlohmann::json> all;
        std::string_view rest = writer.lines();
        while (!rest.empty()) {
            const std::size_t end = rest.find('\n');
            all.push_back(nlohmann::json::parse(rest.substr(0, end)));
            rest.remove_prefix(end + 1);
        }
        return all;
    }
    [[nodiscard]] nlohmann::json one(std::string_view name) const {
        nlohmann::json found;
        for (const nlohmann::json& line : lines())
            if (line["event"] == name) found = line;
        return found;
    }
};

} // namespace weir::pipeline::test
