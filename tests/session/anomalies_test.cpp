// docs/anomalies.md holds the codes of these layers, each with its sentence.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <span>
#include <sstream>

#include "session/dns/anomalies.hpp"
#include "session/http/anomalies.hpp"
#include "session/redis/anomalies.hpp"
#include "session/websocket/anomalies.hpp"

namespace weir::session::test {
namespace {

/// The rows of one protocol.
struct table {
    std::string_view layer;
    std::span<const anomaly_row> rows;
};

const std::array tables{table{"http", http::anomaly_table}, table{"dns", dns::anomaly_table},
                        table{"redis", redis::anomaly_table}, table{"websocket", websocket::anomaly_table}};

TEST(anomalies, codes_are_distinct_and_of_their_layer) {
    for (const table& t : tables) {
        std::set<std::string_view> seen;
        for (const anomaly_row& r : t.rows) {
            EXPECT_TRUE(r.code.starts_with(std::string(t.layer) + '.')) << r.code;
            EXPECT_FALSE(r.sentence.empty()) << r.code;
            EXPECT_TRUE(seen.insert(r.code).second) << r.code;
        }
    }
}

TEST(anomalies, are_documented) {
    std::ifstream file(std::string(WEIR_SOURCE_DIR) + "/docs/anomalies.md");
    ASSERT_TRUE(file);
    std::stringstream text;
    text << file.rdbuf();
    for (const table& t : tables) {
        const std::string layer(t.layer);
        text.clear();
        text.seekg(0);
        std::size_t rows = 0;
        for (std::string line; std::getline(text, line);)
            rows += static_cast<std::size_t>(line.starts_with("| `" + layer + '.'));
        EXPECT_EQ(rows, t.rows.size()) << layer;
        for (const anomaly_row& r : t.rows) {
            const std::string row =
                "| `" + std::string(r.code) + "` | " + layer + " | " + std::string(r.sentence) + " |";
            EXPECT_NE(text.str().find(row), std::string::npos) << "missing from docs/anomalies.md: " << row;
        }
    }
}

} // namespace
} // namespace weir::session::test
