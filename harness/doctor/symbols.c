#include "doctor/doctor.h"

#include "symbols/symbols.h"
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hg_doctor_symbols(hg_checks *checks)
{
    static const char name[] = "lines of the C library";
    Dl_info info;
    struct link_map *object = NULL;
    void *code = dlsym(RTLD_DEFAULT, "qsort");
    hg_symbols *symbols = hg_symbols_new();
    size_t count = 0;
    const hg_symbol *found = NULL;
    if (symbols && code && dladdr1(code, &info, (void **)&object, RTLD_DL_LINKMAP)) {
        const hg_module_id module = {.path = object->l_name};
        /* a return address is one instruction after the call */
        found = hg_symbols_find(symbols, &module, (uint64_t)((uintptr_t)code - object->l_addr) + 1, &count);
    }
    if (found && count > 0 && found[0].file[0])
        hg_checks_add(checks, HG_CHECK_OK, name, "qsort is in %s:%d", found[0].file, found[0].line);
    else
        hg_check_advise(hg_checks_add(checks, HG_CHECK_MISSING, name, "%s",
                                      found && count > 0 && found[0].function[0] ? "functions without lines"
                                                                                 : "no functions"),
                        "apt install libc6-dbg");
    hg_symbols_free(symbols);
}
