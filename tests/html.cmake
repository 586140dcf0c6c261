# What the page is made of, and figures as a person reads them.
heapgate_report_test(flame)
heapgate_report_test(audit)
heapgate_report_test(humanise)

# The page in a real browser; its tests are skipped where none is installed.
heapgate_unit_test(html_page SOURCES e2e/html_page.c e2e/html_browser.c
  LIBRARIES hg_report_fixture hg_test_command LABELS "reports;e2e")
if(TARGET test_html_page)
  target_include_directories(test_html_page PRIVATE unit)
  target_compile_definitions(test_html_page PRIVATE _GNU_SOURCE)
endif()
