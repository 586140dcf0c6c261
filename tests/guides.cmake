# Every command in the guides and in the README. docs/README.md is the index. docs/verdicts.md has no commands of its own:
# suppressing.md runs those that it shows. ci/dry_run.py runs ci.md, and guide_README checks commands.md. measured.md
# and performance.md name benchmarks.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
file(GLOB guides CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/*.md)
list(FILTER guides EXCLUDE REGEX "/(README|ci|commands|measured|performance|verdicts)\\.md$")
if(HEAPGATE_SANITIZE) # these measure libtoka, and the probe cannot be preloaded into a sanitized build of it
  list(FILTER guides EXCLUDE REGEX "/(profile|replay|soak|toka)\\.md$")
endif()
foreach(guide ${guides})
  get_filename_component(name ${guide} NAME_WE)
  add_test(NAME guide_${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/guides/guide.py
    ${guide} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_tests_properties(guide_${name} PROPERTIES LABELS "harness;e2e" SKIP_RETURN_CODE 77 TIMEOUT 600)
endforeach()
add_test(NAME guide_README COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/guides/readme.py
  ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/docs/commands.md)
set_tests_properties(guide_README PROPERTIES LABELS "harness;e2e" TIMEOUT 600)
