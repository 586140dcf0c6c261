#include "base/proto.h"

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

void hg_proto_varint(hg_buffer *buffer, uint64_t value)
{
    unsigned char bytes[10];
    size_t size = 0;

    do {
        bytes[size++] = (unsigned char)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
        value >>= 7;
    } while (value > 0);
    hg_buffer_add(buffer, bytes, size);
}

void hg_proto_number(hg_buffer *buffer, uint32_t field, uint64_t value)
{
    if (value == 0)
        return;
    hg_proto_varint(buffer, (uint64_t)field << 3 | WIRE_VARINT);
    hg_proto_varint(buffer, value);
}

void hg_proto_part(hg_buffer *buffer, uint32_t field, hg_buffer *part)
{
    hg_proto_varint(buffer, (uint64_t)field << 3 | WIRE_BYTES);
    hg_proto_varint(buffer, part->size);
    hg_buffer_add(buffer, part->bytes, part->size);
    buffer->failed |= part->failed;
    hg_buffer_empty(part);
}
