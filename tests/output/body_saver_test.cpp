// A file of --save-bodies ends as a fixed table says, whatever a Content-Type holds.
#include "output/body_saver.hpp"

#include <gtest/gtest.h>

namespace weir::output {
namespace {

TEST(FileEnding, IsOfTheTableAlone) {
    for (const auto& [type, ending] : {std::pair<const char*, const char*>{"text/html", ".html"},
                                       {"Text/HTML; charset=utf-8", ".html"},
                                       {" image/png ", ".png"},
                                       {"application/vnd.api+json", ".json"},
                                       {"application/atom+XML;q=1", ".xml"},
                                       {"image/svg+xml", ".svg"},
                                       {"", ".bin"},
                                       {"text/html/../../x", ".bin"},
                                       {"../../../etc/passwd", ".bin"},
                                       {"application/x-sh", ".bin"},
                                       {"application/x-msdownload", ".bin"},
                                       {"multipart/form-data; boundary=x", ".bin"}})
        EXPECT_EQ(file_ending(type), ending) << type;
}

} // namespace
} // namespace weir::output
