#include "words.h"

static const char *const plain[] = {
    "account",  "address",  "amount",   "author",  "balance",  "batch",     "branch",   "build",
    "category", "channel",  "city",     "client",  "code",     "colour",    "comment",  "config",
    "contact",  "content",  "country",  "created", "currency", "customer",  "date",     "depth",
    "device",   "discount", "domain",   "email",   "enabled",  "end",       "event",    "expiry",
    "field",    "file",     "filter",   "flags",   "format",   "group",     "handle",   "height",
    "history",  "host",     "image",    "index",   "input",    "invoice",   "item",     "kind",
    "label",    "language", "latitude", "length",  "level",    "limit",     "link",     "locale",
    "location", "mask",     "maximum",  "member",  "message",  "method",    "metric",   "minimum",
    "mode",     "model",    "month",    "name",    "network",  "note",      "number",   "object",
    "option",   "order",    "origin",   "output",  "owner",    "parent",    "password", "path",
    "payment",  "period",   "phone",    "policy",  "port",     "price",     "priority", "product",
    "profile",  "project",  "quantity", "query",   "range",    "rate",      "reason",   "record",
    "region",   "release",  "report",   "request", "result",   "role",      "route",    "rule",
    "schedule", "scope",    "score",    "section", "sender",   "service",   "session",  "shape",
    "size",     "source",   "start",    "state",   "status",   "street",    "subject",  "summary",
    "table",    "target",   "team",     "tenant",  "theme",    "threshold", "title",    "token",
    "total",    "type",     "unit",     "updated", "user",     "value",     "vendor",   "version",
    "volume",   "weight",   "width",    "window",  "worker",   "year",      "zone",     "zoom",
};

static const char *const unusual[] = {
    "Gr\xc3\xb6\xc3\x9f"
    "e",
    "pr\xc3\xa9"
    "cision",
    "\xe4\xbe\xa1\xe6\xa0\xbc",
    "\xd1\x86\xd0\xb5\xd0\xbd\xd0\xb0",
    "\\u00e9t\\u00e9",
    "\\\"quoted\\\"",
    "line\\nbreak",
    "\xf0\x9f\x93\xa6",
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *word_plain(size_t index)
{
    return plain[index % COUNT(plain)];
}

size_t word_plain_count(void)
{
    return COUNT(plain);
}

const char *word_prose(struct random *random)
{
    if (random_percent(random, 1))
        return unusual[random_below(random, COUNT(unusual))];
    return plain[random_below(random, COUNT(plain))];
}
