# Every command in the guides and in the README. docs/README.md is their index, and docs/verdicts.md has no commands of its
# own: those that it shows are run by suppressing.md; ci.md is run by ci/dry_run.py.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
file(GLOB guides CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/*.md)
list(FILTER guides EXCLUDE REGEX "/(README|verdicts|ci)\\.md$")
if(HEAPGATE_SANITIZE) # these measure libtoka, which the probe cannot be loaded before then
  list(FILTER guides EXCLUDE REGEX "/(profile|replay|soak)\\.md$")
endif()
foreach(guide ${guides})
  get_filename_component(name ${guide} NAME_WE)
  add_test(NAME guide_${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/guides/guide.py
    ${guide} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_tests_properties(guide_${name} PROPERTIES LABELS "harness;e2e" TIMEOUT 600)
endforeach()
add_test(NAME guide_README COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/guides/readme.py
  ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_BINARY_DIR})
set_tests_properties(guide_README PROPERTIES LABELS "harness;e2e" TIMEOUT 600)
