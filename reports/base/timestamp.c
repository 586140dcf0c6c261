#include "base/timestamp.h"

#include <stddef.h>
#include <time.h>

static int number_at(const char *text, size_t digits)
{
    int number = 0;

    for (size_t i = 0; i < digits; i++)
        number = 10 * number + (text[i] - '0');
    return number;
}

bool hg_timestamp_read(const char *text, int64_t *ret_seconds)
{
    static const char pattern[] = "0000-00-00T00:00:00Z";

    for (size_t i = 0; i < sizeof pattern; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == '0' ? !digit : text[i] != pattern[i])
            return false;
    }
    const struct tm given = {.tm_year = number_at(text, 4) - 1900,
                             .tm_mon = number_at(text + 5, 2) - 1,
                             .tm_mday = number_at(text + 8, 2),
                             .tm_hour = number_at(text + 11, 2),
                             .tm_min = number_at(text + 14, 2),
                             .tm_sec = number_at(text + 17, 2)};
    struct tm utc = given;
    time_t seconds = timegm(&utc); /* puts a 31st of June right, which is how it is found out */
    if (utc.tm_mon != given.tm_mon || utc.tm_mday != given.tm_mday || utc.tm_hour != given.tm_hour ||
        utc.tm_min != given.tm_min || utc.tm_sec != given.tm_sec)
        return false;
    *ret_seconds = seconds;
    return true;
}

void hg_timestamp_write(int64_t seconds, char ret_text[HG_TIMESTAMP_SIZE])
{
    time_t time = (time_t)seconds;
    struct tm utc = {0};

    gmtime_r(&time, &utc);
    strftime(ret_text, HG_TIMESTAMP_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
