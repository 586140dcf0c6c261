#include "ecma_reader.h"

#include <stdio.h>
#include <string.h>

#include "json_utf8.h"

/* White space and line ends of ECMA-262 (sections 12.2 and 12.3), and all but them, as the inside of a
   class. */
static const char space_set[] =
    "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}"
    "\\x{205f}\\x{3000}\\x{feff}";
static const char not_space_set[] =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}"
    "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}";

/* General categories have long names in ECMA-262; PCRE2 knows the short ones. */
static const struct {
    const char *name, *category;
} categories[] = {
    {"Cased_Letter", "L&"},
    {"Close_Punctuation", "Pe"},
    {"Combining_Mark", "M"},
    {"Connector_Punctuation", "Pc"},
    {"Control", "Cc"},
    {"Currency_Symbol", "Sc"},
    {"Dash_Punctuation", "Pd"},
    {"Decimal_Number", "Nd"},
    {"Enclosing_Mark", "Me"},
    {"Final_Punctuation", "Pf"},
    {"Format", "Cf"},
    {"Initial_Punctuation", "Pi"},
    {"LC", "L&"},
    {"Letter", "L"},
    {"Letter_Number", "Nl"},
    {"Line_Separator", "Zl"},
    {"Lowercase_Letter", "Ll"},
    {"Mark", "M"},
    {"Math_Symbol", "Sm"},
    {"Modifier_Letter", "Lm"},
    {"Modifier_Symbol", "Sk"},
    {"Nonspacing_Mark", "Mn"},
    {"Number", "N"},
    {"Open_Punctuation", "Ps"},
    {"Other", "C"},
    {"Other_Letter", "Lo"},
    {"Other_Number", "No"},
    {"Other_Punctuation", "Po"},
    {"Other_Symbol", "So"},
    {"Paragraph_Separator", "Zp"},
    {"Private_Use", "Co"},
    {"Punctuation", "P"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Spacing_Mark", "Mc"},
    {"Surrogate", "Cs"},
    {"Symbol", "S"},
    {"Titlecase_Letter", "Lt"},
    {"Unassigned", "Cn"},
    {"Uppercase_Letter", "Lu"},
    {"cntrl", "Cc"},
    {"digit", "Nd"},
    {"punct", "P"},
};

void ecma_write(struct ecma *ecma, const char *bytes, size_t size)
{
    if (ecma->output)
        memcpy(ecma->output + ecma->size, bytes, size);
    ecma->size += size;
}

void ecma_write_text(struct ecma *ecma, const char *text)
{
    ecma_write(ecma, text, strlen(text));
}

static bool is_surrogate(uint32_t code_point)
{
    return code_point >= 0xD800 && code_point < 0xE000;
}

static void write_code_point(struct ecma *ecma, uint32_t code_point)
{
    char text[16];
    size_t size;
    bool word = (code_point >= '0' && code_point <= '9') || (code_point >= 'a' && code_point <= 'z') ||
                (code_point >= 'A' && code_point <= 'Z') || code_point == '_';
    if (word || code_point >= 0xA0)
        size = utf8_encode(code_point, text);
    else if (code_point >= 0x20 && code_point < 0x7F)
        size = (size_t)snprintf(text, sizeof text, "\\%c", (char)code_point);
    else
        size = (size_t)snprintf(text, sizeof text, "\\x{%x}", (unsigned)code_point);
    ecma_write(ecma, text, size);
}

void ecma_write_literal(struct ecma *ecma, uint32_t code_point)
{
    if (is_surrogate(code_point))
        ecma_write_text(ecma, "[]");
    else
        write_code_point(ecma, code_point);
}

void ecma_write_range(struct ecma *ecma, uint32_t low, uint32_t high)
{
    if (is_surrogate(low))
        low = 0xE000;
    if (is_surrogate(high))
        high = 0xD7FF;
    if (low > high)
        return;
    write_code_point(ecma, low);
    if (low < high) {
        ecma_write(ecma, "-", 1);
        write_code_point(ecma, high);
    }
}

static bool name_is(const char *name, size_t size, const char *text)
{
    return strlen(text) == size && memcmp(name, text, size) == 0;
}

static void write_category(struct ecma *ecma, char set, const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof categories / sizeof categories[0]; i++) {
        if (name_is(name, size, categories[i].name)) {
            name = categories[i].category;
            size = strlen(name);
            break;
        }
    }
    ecma_write(ecma, (char[]){'\\', set, '{'}, 3);
    ecma_write(ecma, name, size);
    ecma_write(ecma, "}", 1);
}

static void write_property(struct ecma *ecma, const struct ecma_atom *atom)
{
    const char *name = atom->property;
    const char *equals = memchr(name, '=', atom->property_size);
    if (!equals) {
        bool assigned = name_is(name, atom->property_size, "Assigned");
        if (assigned)
            write_category(ecma, atom->set == 'p' ? 'P' : 'p', "Cn", 2);
        else
            write_category(ecma, atom->set, name, atom->property_size);
        return;
    }
    size_t size = (size_t)(equals - name);
    size_t value_size = atom->property_size - size - 1;
    if (name_is(name, size, "General_Category") || name_is(name, size, "gc")) {
        write_category(ecma, atom->set, equals + 1, value_size);
        return;
    }
    ecma_write(ecma, (char[]){'\\', atom->set, '{'}, 3);
    ecma_write_text(ecma, name_is(name, size, "Script") || name_is(name, size, "sc") ? "sc:" : "scx:");
    ecma_write(ecma, equals + 1, value_size);
    ecma_write(ecma, "}", 1);
}

void ecma_write_set(struct ecma *ecma, const struct ecma_atom *atom, bool in_class)
{
    if (atom->set == 'p' || atom->set == 'P') {
        write_property(ecma, atom);
    } else if (atom->set == 's' || atom->set == 'S') {
        ecma_write_text(ecma, in_class ? "" : "[");
        ecma_write_text(ecma, atom->set == 's' ? space_set : not_space_set);
        ecma_write_text(ecma, in_class ? "" : "]");
    } else {
        ecma_write(ecma, (char[]){'\\', atom->set}, 2);
    }
}
