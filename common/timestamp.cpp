#include "common/timestamp.hpp"

#include <algorithm>
#include <chrono>

namespace weir::common {

namespace {

void digits(char* out, int width, std::uint64_t value) noexcept {
    for (int i = width; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

} // namespace

void write_rfc3339(timestamp t, std::span<char, rfc3339_size> out) noexcept {
    using namespace std::chrono;
    const std::int64_t rest = t.since_epoch % nanoseconds_per_second;
    const std::int64_t down = t.since_epoch / nanoseconds_per_second - (rest < 0 ? 1 : 0);
    const auto fraction = static_cast<std::uint64_t>(rest < 0 ? rest + nanoseconds_per_second : rest);
    const sys_days day = floor<days>(sys_seconds{seconds{down}});
    const year_month_day date{day};
    const auto of_day = static_cast<std::uint64_t>(down - sys_seconds{day}.time_since_epoch().count());
    char* p = out.data();
    digits(p, 4, static_cast<std::uint64_t>(std::clamp(static_cast<int>(date.year()), 1, 9999)));
    p[4] = '-';
    digits(p + 5, 2, static_cast<unsigned>(date.month()));
    p[7] = '-';
    digits(p + 8, 2, static_cast<unsigned>(date.day()));
    p[10] = 'T';
    digits(p + 11, 2, of_day / 3600);
    p[13] = ':';
    digits(p + 14, 2, of_day / 60 % 60);
    p[16] = ':';
    digits(p + 17, 2, of_day % 60);
    p[19] = '.';
    digits(p + 20, 9, fraction);
    p[29] = 'Z';
}

} // namespace weir::common
