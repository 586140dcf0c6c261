/*
 * The protocol buffers wire format, as far as a profile needs it: varints and length-delimited fields
 * (protobuf.dev, "Encoding"). Fields that are 0 or empty are left out, as proto3 has it. Failures are left
 * on the buffer.
 */
#ifndef HG_BASE_PROTO_H
#define HG_BASE_PROTO_H

#include "base/buffer.h"

#include <stdint.h>

/* Without a field number: an element of a packed list. */
void hg_proto_varint(hg_buffer *buffer, uint64_t value);

void hg_proto_number(hg_buffer *buffer, uint32_t field, uint64_t value);
/* A message, a string or a packed list; written even when empty. */
void hg_proto_bytes(hg_buffer *buffer, uint32_t field, const void *bytes, size_t size);
/* Writes the part as a field and empties it. */
void hg_proto_part(hg_buffer *buffer, uint32_t field, hg_buffer *part);

#endif
