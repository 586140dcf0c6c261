/* Reads the text of a manifest, YAML or JSON, into a JSON tree. It does not know the fields of a manifest. */
#ifndef TOKA_MANIFEST_TEXT_H
#define TOKA_MANIFEST_TEXT_H

#include <jansson.h>
#include <toka/manifest.h>

/*
 * The caller drops *ret_document. The tree may share values where the text has aliases; it has no cycles.
 * TOKA_E_SYNTAX, TOKA_E_TOO_DEEP, TOKA_E_TOO_LARGE, TOKA_E_NO_MEMORY.
 */
toka_status toka_manifest_read(toka_text text, json_t **ret_document, toka_error *err);

#endif
