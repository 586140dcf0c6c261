# The run model and its reports.
heapgate_test_parts(hg_report_fixture SOURCES unit/report_fixture.c LIBRARIES hg_reports)
function(heapgate_report_test name)
  heapgate_unit_test(report_${name} SOURCES unit/report_${name}.c LIBRARIES hg_report_fixture ${ARGN}
                     LABELS reports)
endfunction()

heapgate_report_test(model)
heapgate_report_test(read)
heapgate_report_test(escape)
heapgate_report_test(text)
heapgate_report_test(html)
heapgate_report_test(tried)
heapgate_report_test(golden)
heapgate_report_test(schema toka_after PkgConfig::JANSSON)

# Every allocation that the reader and the writers make goes through the test first.
heapgate_report_test(faults)
target_link_options(test_report_faults PRIVATE LINKER:--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup)
