# Static checks as tests: they fail with the tool's own findings. Sources are those that git would track.
foreach(check format cppcheck tidy)
  add_test(NAME lint_${check} COMMAND ${CMAKE_SOURCE_DIR}/tests/lint/${check}.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_tests_properties(lint_${check} PROPERTIES LABELS lint TIMEOUT 2400)
endforeach()
