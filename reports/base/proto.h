/*
 * The part of the protocol buffers wire format that a profile needs: varints and length-delimited fields
 * (protobuf.dev, "Encoding"). Numbers that are 0 are left out, as in proto3. The buffer remembers failures.
 */
#ifndef HG_BASE_PROTO_H
#define HG_BASE_PROTO_H

#include "base/buffer.h"

#include <stdint.h>

/* Without a field number: an element of a packed list. */
void hg_proto_varint(hg_buffer *buffer, uint64_t value);

void hg_proto_number(hg_buffer *buffer, uint32_t field, uint64_t value);
/* Writes the part (a message, a string or a packed list) as a field, even when it is empty, and empties
 * it. */
void hg_proto_part(hg_buffer *buffer, uint32_t field, hg_buffer *part);

#endif
