// docs/anomalies.md holds the codes of this layer, each with its sentence.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "session/http/anomalies.hpp"

namespace weir::session::test {
namespace {

TEST(anomalies, codes_are_distinct_and_of_this_layer) {
    std::set<std::string_view> seen;
    for (const anomaly_row& r : http::anomaly_table) {
        EXPECT_TRUE(r.code.starts_with("http.")) << r.code;
        EXPECT_FALSE(r.sentence.empty()) << r.code;
        EXPECT_TRUE(seen.insert(r.code).second) << r.code;
    }
}

TEST(anomalies, are_documented) {
    std::ifstream file(std::string(WEIR_SOURCE_DIR) + "/docs/anomalies.md");
    ASSERT_TRUE(file);
    std::stringstream text;
    text << file.rdbuf();
    std::size_t rows = 0;
    for (std::string line; std::getline(text, line);)
        rows += static_cast<std::size_t>(line.starts_with("| `http."));
    EXPECT_EQ(rows, http::anomaly_count);
    for (const anomaly_row& r : http::anomaly_table) {
        const std::string row = "| `" + std::string(r.code) + "` | http | " + std::string(r.sentence) + " |";
        EXPECT_NE(text.str().find(row), std::string::npos) << "missing from docs/anomalies.md: " << row;
    }
}

} // namespace
} // namespace weir::session::test
