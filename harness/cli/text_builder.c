#include "cli/text_builder.h"

#include <assert.h>

static ssize_t add(void *text, const char *bytes, size_t size)
{
    hg_buffer *buffer = text;
    hg_buffer_add(buffer, bytes, size);
    return buffer->failed ? 0 : (ssize_t)size;
}

FILE *hg_text_builder_open(hg_text_builder *builder)
{
    *builder = (hg_text_builder){0};
    builder->out = fopencookie(&builder->text, "w", (cookie_io_functions_t){.write = add});
    return builder->out;
}

char *hg_text_builder_finish(hg_text_builder *builder)
{
    assert(builder->out);
    bool closed = fclose(builder->out) == 0;
    hg_buffer_add(&builder->text, "", 1);
    if (closed && !builder->text.failed)
        return builder->text.bytes;
    hg_buffer_free(&builder->text);
    return NULL;
}
