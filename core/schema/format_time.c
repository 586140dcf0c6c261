/* RFC 3339, section 5.6, with the restrictions of section 5.7. */
#include "format.h"

struct clock_reader {
    const char *at, *end;
};

static bool read_number(struct clock_reader *reader, int digits, int low, int high, int *ret_number)
{
    int number = 0;
    if (reader->end - reader->at < digits)
        return false;
    for (int i = 0; i < digits; i++) {
        char c = *reader->at++;
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    *ret_number = number;
    return number >= low && number <= high;
}

static bool skip_one_of(struct clock_reader *reader, char a, char b)
{
    if (reader->at == reader->end || (*reader->at != a && *reader->at != b))
        return false;
    reader->at++;
    return true;
}

static bool read_date(struct clock_reader *reader)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!read_number(reader, 4, 0, 9999, &year) || !skip_one_of(reader, '-', '-') ||
        !read_number(reader, 2, 1, 12, &month) || !skip_one_of(reader, '-', '-') ||
        !read_number(reader, 2, 1, 31, &day))
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= month_days[month - 1] + (month == 2 && leap);
}

static bool read_fraction(struct clock_reader *reader)
{
    if (!skip_one_of(reader, '.', '.'))
        return true;
    const char *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return reader->at > start;
}

static bool read_offset(struct clock_reader *reader, int *ret_minutes)
{
    *ret_minutes = 0;
    if (skip_one_of(reader, 'Z', 'z'))
        return true;
    bool west = reader->at < reader->end && *reader->at == '-';
    int hours, minutes;
    if (!skip_one_of(reader, '+', '-') || !read_number(reader, 2, 0, 23, &hours) ||
        !skip_one_of(reader, ':', ':') || !read_number(reader, 2, 0, 59, &minutes))
        return false;
    *ret_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
    return true;
}

static bool read_time(struct clock_reader *reader)
{
    enum { DAY_MINUTES = 24 * 60 };
    int hour, minute, second, offset;
    if (!read_number(reader, 2, 0, 23, &hour) || !skip_one_of(reader, ':', ':') ||
        !read_number(reader, 2, 0, 59, &minute) || !skip_one_of(reader, ':', ':') ||
        !read_number(reader, 2, 0, 60, &second) || !read_fraction(reader) || !read_offset(reader, &offset))
        return false;
    /* A leap second is the last of a day in UTC. */
    int utc = (hour * 60 + minute - offset + 2 * DAY_MINUTES) % DAY_MINUTES;
    return second < 60 || utc == DAY_MINUTES - 1;
}

bool format_is_date(struct format_text text)
{
    struct clock_reader reader = {text.bytes, text.bytes + text.size};
    return read_date(&reader) && reader.at == reader.end;
}

bool format_is_time(struct format_text text)
{
    struct clock_reader reader = {text.bytes, text.bytes + text.size};
    return read_time(&reader) && reader.at == reader.end;
}

bool format_is_date_time(struct format_text text)
{
    struct clock_reader reader = {text.bytes, text.bytes + text.size};
    return read_date(&reader) && skip_one_of(&reader, 'T', 't') && read_time(&reader) &&
           reader.at == reader.end;
}
