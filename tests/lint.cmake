# Static checks as tests: they fail with the tool's own findings. Sources are those that git would track.
function(heapgate_lint_test name script)
  add_test(NAME lint_${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/lint/${script}.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR} ${ARGN})
  set_tests_properties(lint_${name} PROPERTIES LABELS lint TIMEOUT 2400)
endfunction()

foreach(check format cppcheck layers)
  heapgate_lint_test(${check} ${check})
endforeach()
set_tests_properties(lint_cppcheck PROPERTIES COST 500)

# The longest of all tests, so it is split, and its shares start first.
set(shares 6)
foreach(share RANGE 1 ${shares})
  heapgate_lint_test(tidy_${share} tidy ${share} ${shares})
  set_tests_properties(lint_tidy_${share} PROPERTIES COST 1000)
endforeach()
