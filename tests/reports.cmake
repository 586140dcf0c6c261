# The run model and its reports.
function(heapgate_report_test name)
  heapgate_unit_test(report_${name} SOURCES unit/report_${name}.c unit/report_fixture.c LIBRARIES hg_reports ${ARGN}
                     LABELS reports)
endfunction()

heapgate_report_test(model)
heapgate_report_test(read)
heapgate_report_test(escape)
heapgate_report_test(text)
heapgate_report_test(html)
heapgate_report_test(golden)
heapgate_report_test(schema toka_after PkgConfig::JANSSON)

# Every allocation that the reader and the writers make goes through the test first.
heapgate_report_test(faults)
target_link_options(test_report_faults PRIVATE LINKER:--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup)

# The page in a real browser; skipped where none is installed.
add_executable(html_pages e2e/html_pages.c unit/report_fixture.c)
target_include_directories(html_pages PRIVATE unit)
target_link_libraries(html_pages PRIVATE hg_reports heapgate_warnings heapgate_sanitize)
set_target_properties(html_pages PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
add_test(NAME html_page COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/e2e/html_page.sh $<TARGET_FILE:html_pages>)
set_tests_properties(html_page PROPERTIES LABELS "reports;e2e" SKIP_RETURN_CODE 77 TIMEOUT 600)
