# What continuous-integration engines read: the action's, the workflow's and the template's steps done here, and their files
# checked against the published schemas.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND AND NOT HEAPGATE_SANITIZE)
  add_test(NAME ci_dry_run
           COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/ci/dry_run.py ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_tests_properties(ci_dry_run PROPERTIES LABELS "harness;e2e" SKIP_RETURN_CODE 77 TIMEOUT 600)
endif()
add_test(NAME ci_files_valid COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/ci/valid.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
set_tests_properties(ci_files_valid PROPERTIES LABELS "lint" SKIP_RETURN_CODE 77 TIMEOUT 120)
add_test(NAME ci_cdash COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/ci/cdash.sh $<TARGET_FILE:heapgate>)
set_tests_properties(ci_cdash PROPERTIES LABELS "harness;e2e" TIMEOUT 120)
